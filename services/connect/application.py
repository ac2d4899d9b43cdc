"""The methods of the contract as an ASGI application: finds what is called, brings it through the gate, answers.

Methods that answer with a stream are not served here; whoever calls one is told to use gRPC.
"""

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

import grpc
import structlog
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2

from ledger.domain.facts.birth import Malformed
from services import status
from services.connect import answers, requests
from services.connect.answers import Answer, NotServed
from services.interceptors.gate import Failed, Gate
from services.outline import outline
from services.servicers.handlers import Bound

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Health = Callable[[str], int | None]
"""Tells the health of a service, as gRPC's health service names it; None for a service that is not there."""

HEALTH: Final = "/health"
"""Where load balancers look; code 200 when it serves, 503 when not."""
HEALTH_CHECK: Final = "/grpc.health.v1.Health/Check"
"""The same for one service, in Connect's form."""

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING


class Application:
    """All unary methods, and the health of the services."""

    def __init__(self, methods: Iterable[Bound], gate: Gate, health: Health, *, largest: int, loopback: bool) -> None:
        """Makes the application.

        Args:
            methods: The methods with what answers them.
            gate: What every call passes.
            health: Tells the health of a service.
            largest: Most bytes of a request.
            loopback: It listens on loopback only, so that no other name than that may be called.
        """
        self._methods = {one.method.path: one for one in methods}
        self._gate = gate
        self._health = health
        self._largest = largest
        self._loopback = loopback
        self._log = structlog.get_logger("coi.server")

    async def __call__(self, scope: requests.Scope, receive: requests.Receive, send: Send) -> None:
        """Answers one request."""
        try:
            answer = await self._answer(scope, requests.headers(scope), receive)
        except NotServed as error:
            answer = error.answer
        except requests.CallerLeft:
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours outside the gate: told like one inside
            self._log.error("failed", error=outline(error))
            answer = answers.failure(status.of(error), None)
        headers = {"content-type": answer.media_type, "content-length": str(len(answer.body)), **answer.headers}
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.code, "headers": named})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: requests.Scope, sent: Mapping[str, str], receive: requests.Receive) -> Answer:
        arrived = asyncio.get_running_loop().time()
        path, verb = scope["path"], scope["method"]
        self._check_name(sent)
        if path == HEALTH:
            _check_verb(verb, "GET", "HEAD")
            return self._alive()
        one = self._methods.get(path)
        if one is None and path != HEALTH_CHECK:
            raise NotServed(grpc.StatusCode.UNIMPLEMENTED, "there is no such method", 404)
        _check_verb(verb, "POST")
        if one is not None and one.method.streams:
            return _streams(one, requests.media_type(sent))
        codec, waits = requests.codec(sent), requests.seconds(sent)
        octets = await requests.body(sent, receive, self._largest)
        if one is None:
            return self._checked(codec, octets)
        remaining = None if waits is None else waits - (asyncio.get_running_loop().time() - arrived)
        return await self._call(one, codec, octets, remaining)

    async def _call(self, one: Bound, codec: requests.Codec, octets: bytes, remaining: float | None) -> Answer:
        """Calls a method; what cannot be read is told by the gate like anything else that is malformed."""
        request: Message | None = None
        wrong: Malformed | None = None
        try:
            request = codec.read(octets, one.method.request)
        except Malformed as error:
            wrong = error

        async def work() -> bytes:
            if wrong is not None:
                raise wrong
            return codec.write(await one.behaviour(request))

        try:
            written = await self._gate.call(one.method.path, request, work, remaining=remaining)
        except Failed as failed:
            return answers.failure(failed.status, failed.retry_after)
        return Answer(200, written, codec.media_type)

    def _check_name(self, sent: Mapping[str, str]) -> None:
        """Keeps out pages that a browser on this machine was led to under a name of somebody's own.

        Raises:
            NotServed: It is called by another name than its own.
        """
        if self._loopback and "host" in sent and not _is_loopback(sent["host"]):
            sentence = "this server listens on loopback only: call it as localhost or by its address"
            raise NotServed(grpc.StatusCode.PERMISSION_DENIED, sentence)

    def _alive(self) -> Answer:
        serving = self._health("") == _SERVING
        told = {"status": "SERVING" if serving else "NOT_SERVING"}
        return Answer(200 if serving else 503, f"{json.dumps(told)}\n".encode(), headers={"cache-control": "no-store"})

    def _checked(self, codec: requests.Codec, octets: bytes) -> Answer:
        """Tells the health of one service. It passes no gate, so that it answers under overload too."""
        try:
            asked = codec.read(octets, health_pb2.HealthCheckRequest)
        except Malformed as error:
            return answers.failure(status.of(error), None)
        found = self._health(asked.service)  # type: ignore[attr-defined]  # what it was read as
        if found is None:
            raise NotServed(grpc.StatusCode.NOT_FOUND, "there is no such service")
        return Answer(200, codec.write(health_pb2.HealthCheckResponse(status=found)), codec.media_type)


def _check_verb(verb: str, *known: str) -> None:
    if verb not in known:
        allowed = ", ".join(known)
        raise NotServed(grpc.StatusCode.UNIMPLEMENTED, f"only {allowed} is answered here", 405, allow=allowed)


def _streams(one: Bound, media_type: str) -> Answer:
    """Says that a method needs gRPC, where the caller looks for it."""
    sentence = f"{one.method.name} answers with a stream, which HTTP/1.1 does not carry here: call it over gRPC"
    told = Status(code=grpc.StatusCode.UNIMPLEMENTED.value[0], message=sentence)
    if media_type.startswith(requests.STREAMED):
        return answers.ended_stream(told, media_type)
    return answers.failure(told, None)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
