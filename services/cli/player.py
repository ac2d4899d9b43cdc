"""Plays a story through the API, step by step, and holds each answer against the one that the story expects."""

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from msgspec import Struct

from coi.ledger.v1 import receipt_pb2
from services.cli.failing import Failure
from services.cli.story import Signing, StoryFile, StoryStep, with_positions

PACKAGE: Final = "coi.ledger.v1"
SECONDS: Final = 20


class Answer(Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        step: The step.
        position: Position of the fact or of the refusal.
        state: RECORDED, RECORDED_AS_DEVIATION, or empty for a refusal.
        refused: Rules that bar it.
        notes: Rules that left a note.
        cures: Rules that it cured.
        said: What was found, in words.
    """

    step: StoryStep
    position: int
    state: str
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def surprise(self) -> str:
        """How it differs from what the story expects; empty if it does not."""
        expected = self.step.expect
        parts = (
            ("state", expected.state or "", self.state),
            ("refused", " ".join(expected.refused), " ".join(self.refused)),
            ("notes", " ".join(expected.notes), " ".join(self.notes)),
            ("cures", " ".join(expected.cures), " ".join(self.cures)),
        )
        return "; ".join(
            f"{name}: expected {want or 'none'}, got {got or 'none'}" for name, want, got in parts if want != got
        )


def play(story: StoryFile, target: str, set_clock: Callable[[datetime], None]) -> Iterator[Answer]:
    """Sends every step in order and yields its answer.

    Args:
        story: The story.
        target: Address of the server.
        set_clock: Called before each step with the time at which it arrives.

    Raises:
        Failure: The server answered with anything but a receipt or a refusal.
    """
    positions: dict[str, int] = {}
    with grpc.insecure_channel(target) as channel:
        for step in story.steps:
            set_clock(step.recorded_at)
            answer = _send(channel, step, with_positions(step.request, positions))
            positions[step.name] = answer.position
            yield answer


def _send(channel: grpc.Channel, step: StoryStep, request: dict[str, Any]) -> Answer:
    try:
        if step.sign:
            request = _signed(channel, step, request)
        return _recorded(step, _call(channel, step.rpc, request))
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise Failure(f"step {step.name!r} ({step.rpc}): {error.code().name}: {error.details()}") from error
        return _refused(step, error)


def _call(channel: grpc.Channel, rpc: str, request: dict[str, Any]) -> Message:
    service, _, method = rpc.partition("/")
    name = f"{PACKAGE}.{method}Request"
    make = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))
    call = channel.unary_unary(
        f"/{PACKAGE}.{service}/{method}",
        request_serializer=make.SerializeToString,
        response_deserializer=receipt_pb2.Receipt.FromString,
    )
    receipt: Message = call(json_format.ParseDict(request, make()), timeout=SECONDS)
    return receipt


def _recorded(step: StoryStep, receipt: Any) -> Answer:  # noqa: ANN401 - a generated message
    findings, note = receipt.findings, receipt_pb2.WEIGHT_NOTE
    return Answer(
        step=step,
        position=receipt.position,
        state=receipt_pb2.ReceiptState.Name(receipt.state).removeprefix("RECEIPT_STATE_"),
        notes=_once(found.rule for found in findings if found.weight == note),
        cures=_once(cure.rule for cure in receipt.cures),
        said=tuple(f"{found.rule}: {found.found}" for found in findings),
    )


def _refused(step: StoryStep, error: grpc.RpcError) -> Answer:
    told, broken = _details(error)
    return Answer(
        step=step,
        position=int(told.metadata.get("position", "0")),
        state="",
        refused=_once(violation.type for violation in broken.violations),
        said=tuple(f"{violation.type}: {violation.description}" for violation in broken.violations),
    )


def _details(error: grpc.RpcError) -> tuple[Any, Any]:
    told, broken = error_details_pb2.ErrorInfo(), error_details_pb2.PreconditionFailure()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    for detail in () if status is None else status.details:
        for known in (told, broken):
            if detail.Is(known.DESCRIPTOR):
                detail.Unpack(known)
    return told, broken


def _signed(channel: grpc.Channel, step: StoryStep, request: dict[str, Any]) -> dict[str, Any]:
    """Asks what is to be signed, and puts the signatures over that into the request."""
    try:
        asked: Any = _call(channel, step.rpc, {**request, "validate_only": True})
        digest = asked.content_hash
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        digest = bytes.fromhex(_details(error)[0].metadata.get("content_hash", ""))
    signatures = [_signature(who, step, base64.b64encode(digest).decode()) for who in step.sign]
    return {**request, "envelope": {**request["envelope"], "signatures": signatures}}


def _signature(who: Signing, step: StoryStep, digest: str) -> dict[str, Any]:
    return {
        "person": who.person,
        "printed_name": who.printed_name,
        "meaning": who.meaning,
        "signed_at": step.recorded_at.isoformat().replace("+00:00", "Z"),
        "content_hash": digest,
        "method": "smartcard",
    }


def _once(rules: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(rules)))
