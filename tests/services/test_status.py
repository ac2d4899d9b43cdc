"""Every error that a caller can meet has its status, small enough to arrive whole, and no other text leaves."""

from uuid import UUID

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo

from ledger import api
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import KeyReused, LedgerError, NotFound, Overloaded, Refused, Unavailable
from services import status
from tests.support.wire import AnyMessage

KEY = UUID("019d6b00-0045-7000-8000-000000000001")
LONG = "µ–" * 2000


def finding(number: int, text: str = "found", weight: Weight = Weight.BAR) -> Finding:
    """One finding."""
    return Finding(rule=f"I{number}", tag=f"patient:pseudonym:{number}", weight=weight, found=text, must="right")


def refused(*findings: Finding, **more: AnyMessage) -> Refused:
    """A refusal of these findings."""
    parts = {"position": 28, "fact_type": "AdministrationStarted", "rulebook": 2, "unresolved": True}
    return Refused(**{**parts, "findings": findings, **more})


def detail(told: AnyMessage, kind: AnyMessage) -> AnyMessage:
    """The one detail of this kind."""
    (packed,) = [part for part in told.details if part.Is(kind.DESCRIPTOR)]
    message = kind()
    packed.Unpack(message)
    return message


def subclasses(kind: type[LedgerError]) -> set[type[LedgerError]]:
    """All kinds of an error, however deep."""
    return {kind, *(deeper for one in kind.__subclasses__() for deeper in subclasses(one))}


def test_every_error_of_the_ledger_has_a_status_of_its_own() -> None:
    assert api.Ledger is not None, "importing the door loads every error behind it"
    kinds = subclasses(LedgerError) - {LedgerError}
    assert {kind.__name__ for kind in kinds if not issubclass(kind, status.foreseen())} == set()


EXAMPLES = {
    grpc.StatusCode.INVALID_ARGUMENT: Malformed([Violation("fact.coi", "is required")]),
    grpc.StatusCode.FAILED_PRECONDITION: refused(finding(1)),
    grpc.StatusCode.ALREADY_EXISTS: KeyReused(KEY, 12),
    grpc.StatusCode.NOT_FOUND: NotFound("no fact has position 9"),
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded(1.5),
    grpc.StatusCode.UNAVAILABLE: Unavailable("connection to /tmp/.s.PGSQL.5432 failed"),
    grpc.StatusCode.DEADLINE_EXCEEDED: status.DeadlinePassed(),
}


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.name)
def test_an_error_gets_its_code_and_a_stable_reason(code: grpc.StatusCode) -> None:
    told = status.of(EXAMPLES[code])
    assert status.code(told) is code
    info = detail(told, ErrorInfo)
    assert info.domain == "coi.ledger.v1"
    assert info.reason == info.reason.upper() != ""


def test_an_error_that_nobody_foresaw_says_nothing() -> None:
    told = status.of(ValueError("SELECT * FROM fact -- 943 476 5919"))
    assert status.code(told) is grpc.StatusCode.INTERNAL
    assert b"SELECT" not in told.SerializeToString()


def test_what_the_driver_says_stays_inside() -> None:
    assert b"PGSQL" not in status.of(EXAMPLES[grpc.StatusCode.UNAVAILABLE]).SerializeToString()


def test_a_refusal_names_its_position_and_each_bar() -> None:
    told = status.of(refused(finding(1), finding(8), finding(3, weight=Weight.NOTE)))
    assert dict(detail(told, ErrorInfo).metadata) == {
        "position": "28",
        "type": "AdministrationStarted",
        "rulebook": "2",
        "unresolved": "true",
        "total": "2",
    }
    violations = detail(told, PreconditionFailure).violations
    assert [(one.type, one.subject, one.description) for one in violations] == [
        ("I1", "patient:pseudonym:1", "found; needed: right"),
        ("I8", "patient:pseudonym:8", "found; needed: right"),
    ]


def test_a_refusal_that_was_only_asked_brings_the_hash_to_sign() -> None:
    told = status.of(refused(finding(1), position=0, content=b"{}", content_hash=b"\x01" * 32))
    assert detail(told, ErrorInfo).metadata["content_hash"] == "01" * 32


@pytest.mark.parametrize("text", ["short", "x" * 400, LONG])
@pytest.mark.parametrize("count", [1, 12, 13, 40])
def test_a_refusal_fits_into_the_trailers_whatever_it_says(count: int, text: str) -> None:
    told = status.of(refused(*(finding(number, text) for number in range(count))))
    assert told.ByteSize() <= status.LARGEST
    assert detail(told, ErrorInfo).metadata["total"] == str(count)
    violations = detail(told, PreconditionFailure).violations
    assert 1 <= len(violations) <= status.MOST_BARS
    assert all(len(one.description.encode()) <= status.LONGEST_DESCRIPTION for one in violations)


def test_twelve_bars_of_short_sentences_are_all_told() -> None:
    told = status.of(refused(*(finding(number) for number in range(12))))
    assert len(detail(told, PreconditionFailure).violations) == 12


@pytest.mark.parametrize("text", ["is required", LONG])
@pytest.mark.parametrize("count", [1, 50, 400])
def test_violations_fit_into_the_trailers_and_are_counted(count: int, text: str) -> None:
    wrong = [Violation(f"fact.bags[{number}].contents[0].value", text) for number in range(count)]
    told = status.of(Malformed(wrong))
    assert told.ByteSize() <= status.LARGEST
    assert detail(told, ErrorInfo).metadata["total"] == str(count)
    assert 1 <= len(detail(told, BadRequest).field_violations) <= status.MOST_VIOLATIONS


def test_fifty_short_violations_are_all_told() -> None:
    told = status.of(Malformed([Violation(f"fact.bags[{number}]", "is required") for number in range(50)]))
    assert len(detail(told, BadRequest).field_violations) == 50


def test_overload_says_when_to_come_back() -> None:
    told = status.of(Overloaded(1.5))
    assert detail(told, RetryInfo).retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize("most", [4, 5, 6, 7, 8, 9, 10])
def test_cutting_never_splits_a_character(most: int) -> None:
    cut = status.cut("a€µ\U0001d518b", most)
    assert len(cut.encode()) <= most
    assert cut.rstrip("…") == "a€µ\U0001d518b"[: len(cut.rstrip("…"))]


def test_a_text_that_fits_is_not_cut() -> None:
    assert status.cut("a€", 4) == "a€"


def test_the_messages_are_cut_too() -> None:
    told = status.of(NotFound(LONG))
    assert len(told.message.encode()) <= 300
