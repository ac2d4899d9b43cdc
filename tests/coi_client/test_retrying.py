"""When the client tries again, without a network: the conversations are told what came of each step."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client import ClientError, LedgerUnavailable, Retrying
from coi_client.conversations import Call, Conversation, Conversations, Pause, Save, Settle
from coi_client.errors import Failure
from tests.support import samples

KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")
DOWN = Failure(grpc.StatusCode.UNAVAILABLE, "down")
LATE = Failure(grpc.StatusCode.DEADLINE_EXCEEDED, "late")
FULL = Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "too large a message")
BUSY = Failure(
    grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", {"google.rpc.RetryInfo": RetryInfo(retry_delay=Duration(seconds=2))}
)


def talk(conversation: Conversation[Any], *answers: object) -> tuple[list[object], object]:
    """Holds a conversation, giving these answers to its calls; its steps and what it came to."""
    steps: list[object] = []
    waiting = list(answers)
    told: object = None
    try:
        while True:
            step = conversation.send(told)
            steps.append(step)
            told = waiting.pop(0) if isinstance(step, Call) else None
    except StopIteration as end:
        return steps, end.value
    except ClientError as error:
        return steps, error


def patient(chance: Callable[[], float] = lambda: 1.0, attempts: int = 5) -> Conversations:
    """Conversations of a client of known patience."""
    retrying = Retrying(attempts=attempts, first_pause=1.0, longest_pause=4.0, chance=chance)
    return Conversations(retrying, new_key=lambda: KEY)


def recording(conversations: Conversations) -> Conversation[Receipt]:
    """A conversation that records a fact."""
    sent = samples.request("DonorIdentified")
    return conversations.record(sent.fact, sent.envelope, (), None)


def pauses(steps: list[object]) -> list[float]:
    """How long was waited."""
    return [step.seconds for step in steps if isinstance(step, Pause)]


def test_the_order_is_save_send_settle() -> None:
    steps, receipt = talk(recording(patient()), Receipt(position=7))
    assert [type(step) for step in steps] == [Save, Call, Settle]
    assert receipt == Receipt(position=7)


def test_every_attempt_sends_the_very_same_request() -> None:
    steps, _ = talk(recording(patient()), DOWN, LATE, BUSY, Receipt(position=7))
    requests = [step.request for step in steps if isinstance(step, Call)]
    assert len(requests) == 4
    assert len({request.SerializeToString(deterministic=True) for request in requests}) == 1


def test_pauses_grow_and_stop_growing() -> None:
    steps, _ = talk(recording(patient()), DOWN, DOWN, DOWN, DOWN, Receipt())
    assert pauses(steps) == [1.0, 2.0, 4.0, 4.0]


def test_chance_shortens_pauses_to_the_half_at_most() -> None:
    steps, _ = talk(recording(patient(chance=lambda: 0.0)), DOWN, DOWN, Receipt())
    assert pauses(steps) == [0.5, 1.0]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 2.0), (1.0, 3.0)])
def test_a_busy_ledger_is_not_asked_before_the_time_that_it_named(chance: float, pause: float) -> None:
    steps, _ = talk(recording(patient(chance=lambda: chance)), BUSY, Receipt())
    assert pauses(steps) == [pause]


@pytest.mark.parametrize(
    "code",
    [code for code in grpc.StatusCode if code.name not in {"OK", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}],
    ids=lambda code: code.name,
)
def test_nothing_else_is_tried_again(code: grpc.StatusCode) -> None:
    steps, error = talk(recording(patient()), Failure(code, "no"))
    assert isinstance(error, ClientError)
    assert pauses(steps) == []


def test_exhaustion_that_names_no_time_is_not_overload() -> None:
    steps, error = talk(recording(patient()), FULL)
    assert isinstance(error, ClientError)
    assert pauses(steps) == []


def test_patience_has_an_end_and_leaves_the_key_in_the_journal() -> None:
    steps, error = talk(recording(patient(attempts=3)), DOWN, LATE, LATE)
    assert isinstance(error, LedgerUnavailable)
    assert [type(step) for step in steps] == [Save, Call, Pause, Call, Pause, Call]


def test_a_story_without_its_summary_was_cut_off_and_is_asked_for_again() -> None:
    cut = [wire.ReplayResponse(fact=wire.StoredFact(position=1))]
    whole = [*cut, wire.ReplayResponse(summary=wire.ReplaySummary(facts=1))]
    steps, story = talk(patient().replay("coi:a:b", None, with_record=False), cut, [], whole)
    assert len(pauses(steps)) == 2
    assert story.summary.facts == 1  # type: ignore[attr-defined]


def test_a_story_that_is_always_cut_off_is_an_error() -> None:
    _, error = talk(patient(attempts=2).replay("coi:a:b", None, with_record=False), [], [])
    assert isinstance(error, LedgerUnavailable)


def test_judging_saves_no_key_and_sends_that_of_the_real_call() -> None:
    sent = samples.request("DonorIdentified")
    steps, judged = talk(patient().judge(sent.fact, sent.envelope, (), None), Receipt(content_hash=b"h"))
    (call,) = steps
    assert isinstance(call, Call)
    assert call.request.validate_only  # type: ignore[attr-defined]
    assert not judged.request.validate_only  # type: ignore[attr-defined]
    assert judged.request.request_id == str(KEY)  # type: ignore[attr-defined]
