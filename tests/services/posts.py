"""Calls any rpc over HTTP/1.1 as a program would that has nothing but a library for HTTP."""

import base64
import http.client
import json
from collections.abc import Mapping
from typing import NamedTuple

import grpc
from google.protobuf import json_format
from google.rpc.status_pb2 import Status

from coi_client.contract import METHODS
from tests.support.wire import AnyMessage

JSON = "application/json"
PROTO = "application/proto"


class Told(NamedTuple):
    """What came back: HTTP's code, headers by lower-case name, and the body."""

    code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> AnyMessage:
        """The body as JSON."""
        assert self.headers["content-type"] == JSON
        return json.loads(self.body)


def send(address: str, verb: str, path: str, body: bytes | str | None = None, **headers: str) -> Told:
    """Sends one request on a connection of its own; header names are given with underscores."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(verb, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Told(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Poster:
    """Calls rpcs at one address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def post(self, rpc: str, data: object, **headers: str) -> Told:
        """Sends JSON to an rpc."""
        return self.raw(rpc, json.dumps(data), **{"content_type": JSON, **headers})

    def raw(self, rpc: str, body: bytes | str, **headers: str) -> Told:
        """Sends anything to an rpc."""
        return send(self.address, "POST", METHODS[rpc].path, body, **headers)

    def call(self, rpc: str, request: AnyMessage, media_type: str = JSON) -> AnyMessage:
        """Calls an rpc with a message; its answer comes back as a message, or as the status that it ended with."""
        octets = request.SerializeToString() if media_type == PROTO else json_format.MessageToJson(request).encode()
        told = self.raw(rpc, octets, content_type=media_type, connect_protocol_version="1")
        if told.code != 200:
            return status(told)
        assert told.headers["content-type"] == media_type
        kind = METHODS[rpc].response
        return kind.FromString(told.body) if media_type == PROTO else json_format.Parse(told.body, kind())


def status(told: Told) -> Status:
    """The status that an error in Connect's JSON stands for."""
    error = told.json()
    assert set(error) == {"code", "message", "details"}
    found = Status(code=grpc.StatusCode[error["code"].upper()].value[0], message=error["message"])
    for detail in error["details"]:
        octets = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
        found.details.add(type_url=f"type.googleapis.com/{detail['type']}", value=octets)
    return found
