"""Plays a story through the API, step by step, and holds each answer against the one that the story expects."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from msgspec import Struct

from coi.ledger.v1 import receipt_pb2
from coi.ledger.v1.values_pb2 import Signature
from coi_client import Client, ClientError, FactRefused
from services.cli.failing import Failure
from services.cli.story import StoryFile, StoryStep, with_positions

PACKAGE: Final = "coi.ledger.v1"


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
    with Client(target) as client:
        for step in story.steps:
            set_clock(step.recorded_at)
            answer = _send(client, step, with_positions(step.request, positions))
            positions[step.name] = answer.position
            yield answer


def _send(client: Client, step: StoryStep, request: dict[str, Any]) -> Answer:
    asked = _message(step, request)
    key = UUID(asked.request_id)
    try:
        if step.sign:
            asked.envelope.signatures.extend(_signatures(client, step, asked, key))
        return _recorded(step, client.record(asked.fact, asked.envelope, exceptions=asked.exceptions, key=key))
    except FactRefused as refusal:
        return _refused(step, refusal)
    except ClientError as error:
        raise Failure(f"step {step.name!r} ({step.rpc}) was not answered: {error}") from error


def _message(step: StoryStep, request: dict[str, Any]) -> Any:  # noqa: ANN401 - the request message of any rpc
    name = f"{PACKAGE}.Record{step.type}Request"
    make: type[Message] = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))
    return json_format.ParseDict(request, make())


def _signatures(client: Client, step: StoryStep, asked: Any, key: UUID) -> Iterator[Signature]:  # noqa: ANN401 - as above
    """Asks what is to be signed, and signs that. Where only the signature is missing, the refusal tells it too."""
    try:
        digest = client.judge(asked.fact, asked.envelope, exceptions=asked.exceptions, key=key).content_hash
    except FactRefused as refusal:
        digest = refusal.content_hash
    for who in step.sign:
        signature = Signature(printed_name=who.printed_name, content_hash=digest, method="smartcard")
        json_format.ParseDict({"person": who.person, "meaning": who.meaning}, signature)
        signature.signed_at.FromDatetime(step.recorded_at)
        yield signature


def _recorded(step: StoryStep, receipt: receipt_pb2.Receipt) -> Answer:
    noted = [found for found in receipt.findings if found.weight == receipt_pb2.WEIGHT_NOTE]
    return Answer(
        step=step,
        position=receipt.position,
        state=receipt_pb2.ReceiptState.Name(receipt.state).removeprefix("RECEIPT_STATE_"),
        notes=_once(found.rule for found in noted),
        cures=_once(cure.rule for cure in receipt.cures),
        said=tuple(f"{found.rule}: {found.found}" for found in receipt.findings),
    )


def _refused(step: StoryStep, refusal: FactRefused) -> Answer:
    return Answer(
        step=step,
        position=refusal.position,
        state="",
        refused=_once(broken.rule for broken in refusal.findings),
        said=tuple(f"{broken.rule}: {broken.description}" for broken in refusal.findings),
    )


def _once(rules: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(rules)))
