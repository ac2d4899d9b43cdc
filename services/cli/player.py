"""Plays a story through the API, step by step, and holds each answer against the one that the story expects."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from msgspec import Struct

from coi.ledger.v1 import receipt_pb2
from coi.ledger.v1.values_pb2 import Identifier, Signature
from coi_client import Client, ClientError, FactRefused, NotFound, clearance
from services.cli.failing import Failure
from services.cli.remote import PATIENCE
from services.cli.staging import Stage
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
        recorded_at: When it was recorded; a refusal does not say.
        may_follow: Whether the next step may follow; None where nobody waits for that.
        cleared: The same in one sentence.
    """

    step: StoryStep
    position: int
    state: str
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    recorded_at: datetime | None = None
    may_follow: bool | None = None
    cleared: str = ""

    @property
    def surprise(self) -> str:
        """How it differs from what the story expects; empty if it does not."""
        expected = self.step.expect
        parts = [
            ("state", expected.state or "", self.state),
            ("refused", " ".join(expected.refused), " ".join(self.refused)),
            ("notes", " ".join(expected.notes), " ".join(self.notes)),
            ("cures", " ".join(expected.cures), " ".join(self.cures)),
        ]
        if expected.may_follow is not None:
            parts.append(("may_follow", _yes(expected.may_follow), _yes(self.may_follow)))
        return "; ".join(
            f"{name}: expected {want or 'none'}, got {got or 'none'}" for name, want, got in parts if want != got
        )


def _yes(answer: object) -> str:
    return "" if answer is None else "yes" if answer else "no"


def play(story: StoryFile, target: str, stage: Stage) -> Iterator[Answer]:
    """Sends every step in order and yields its answer; a step that this run sent before is not sent again.

    Args:
        story: The story.
        target: Address of the server.
        stage: How its times and ids are to be taken there.

    Raises:
        Failure: The server answered with anything but a receipt or a refusal, or a step cannot be sent.
    """
    _checked(story)
    positions: dict[str, int] = {}
    with Client(target, retrying=PATIENCE) as client:
        stage.begin(_clock(client))
        for step in story.steps:
            answer = _before(client, step, stage) if stage.resumes else None
            if answer is None:
                stage.reach(step)
                answer = _send(client, step, _request(step, stage, positions), stage)
            stage.answered(step, answer.recorded_at)
            positions[step.name] = answer.position
            yield answer


def _clock(client: Client) -> Callable[[], datetime]:
    """Reads the ledger's clock once, and goes on from there: behind it by as long as the answer took, never ahead."""
    try:
        ahead = client.get_ledger().server_time.ToDatetime(UTC) - datetime.now(UTC)
    except ClientError as error:
        raise Failure(f"no ledger answers there: {error}") from error
    return lambda: datetime.now(UTC) + ahead


def _checked(story: StoryFile) -> None:
    """Refuses a story in which a step cannot be sent, before anything is.

    Raises:
        Failure: It names the step.
    """
    positions: dict[str, int] = {}
    for step in story.steps:
        with _named(step):
            UUID(_message(step, with_positions(step.request, positions)).request_id)
        positions[step.name] = 1


@contextmanager
def _named(step: StoryStep) -> Iterator[None]:
    """Names the step whose request is none."""
    try:
        yield
    except KeyError as error:
        raise Failure(f"step {step.name!r} ({step.rpc}) names {error}, which is no earlier step and no rpc") from error
    except (json_format.ParseError, ValueError, TypeError) as error:
        raise Failure(f"step {step.name!r} ({step.rpc}) is no request with a request_id: {error}") from error


def _request(step: StoryStep, stage: Stage, positions: dict[str, int]) -> Any:  # noqa: ANN401 - the request of any rpc
    with _named(step):
        return _message(step, with_positions(stage.request(step), positions))


def _before(client: Client, step: StoryStep, stage: Stage) -> Answer | None:
    """What an earlier call of this run was answered; None when there was none."""
    whose = step.request.get("envelope", {}).get("organisation")
    if whose is None:
        return None
    try:
        return _recorded(step, client.get_receipt(stage.key(step), json_format.ParseDict(whose, Identifier())))
    except NotFound:
        return None
    except FactRefused as refusal:
        return _refused(step, refusal)
    except ClientError as error:
        raise Failure(f"step {step.name!r} ({step.rpc}) was not answered: {error}") from error


def _send(client: Client, step: StoryStep, asked: Any, stage: Stage) -> Answer:  # noqa: ANN401 - the request of any rpc
    key = UUID(asked.request_id)
    try:
        if step.sign:
            asked.envelope.signatures.extend(_signatures(client, step, asked, stage))
        return _recorded(step, client.record(asked.fact, asked.envelope, exceptions=asked.exceptions, key=key))
    except FactRefused as refusal:
        return _refused(step, refusal)
    except ClientError as error:
        raise Failure(f"step {step.name!r} ({step.rpc}) was not answered: {error}") from error


def _message(step: StoryStep, request: dict[str, Any]) -> Any:  # noqa: ANN401 - the request message of any rpc
    name = f"{PACKAGE}.Record{step.type}Request"
    make: type[Message] = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))
    return json_format.ParseDict(request, make())


def _signatures(client: Client, step: StoryStep, asked: Any, stage: Stage) -> Iterator[Signature]:  # noqa: ANN401 - as above
    """Asks what is to be signed, and signs that. Where only the signature is missing, the refusal tells it too."""
    key = UUID(asked.request_id)
    try:
        digest = client.judge(asked.fact, asked.envelope, exceptions=asked.exceptions, key=key).content_hash
    except FactRefused as refusal:
        digest = refusal.content_hash
    for who in step.sign:
        signature = Signature(printed_name=who.printed_name, content_hash=digest, method="smartcard")
        json_format.ParseDict({"person": who.person, "meaning": who.meaning}, signature)
        signature.signed_at.FromDatetime(stage.signed_at(step))
        yield signature


def _recorded(step: StoryStep, receipt: receipt_pb2.Receipt) -> Answer:
    noted = [found for found in receipt.findings if found.weight == receipt_pb2.WEIGHT_NOTE]
    told = clearance(receipt)
    return Answer(
        step=step,
        position=receipt.position,
        state=receipt_pb2.ReceiptState.Name(receipt.state).removeprefix("RECEIPT_STATE_"),
        notes=_once(found.rule for found in noted),
        cures=_once(cure.rule for cure in receipt.cures),
        said=tuple(f"{found.rule}: {found.found}" for found in receipt.findings),
        recorded_at=receipt.recorded_at.ToDatetime(UTC),
        may_follow=None if told is None else told.may_follow,
        cleared="" if told is None else told.sentence,
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
