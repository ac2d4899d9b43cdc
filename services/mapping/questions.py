"""From a question on the wire to a question for the ledger, or to every violation with its path."""

from collections.abc import Callable
from typing import Final, TypeVar

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.receipt_pb2 import (
    OUTCOME_RECORDED,
    OUTCOME_RECORDED_AS_DEVIATION,
    OUTCOME_REFUSED,
)
from coi.ledger.v1.receipt_pb2 import Outcome as OutcomeMessage
from ledger.api import DEFAULT_FACTS, MOST_FACTS, MOST_SCANS, AsOf, Question, Scanned, Span, rejudging
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.catalogue import RULES
from services.mapping import incoming, reading

MOST_TAGS: Final = 16
MOST_TYPES: Final = 64
"""Most tags and types of one search."""

_OUTCOMES: Final = {
    OUTCOME_RECORDED: Outcome.RECORDED,
    OUTCOME_RECORDED_AS_DEVIATION: Outcome.RECORDED_AS_DEVIATION,
    OUTCOME_REFUSED: Outcome.REFUSED,
}

T = TypeVar("T")


def look_up(request: wire.LookUpRequest) -> list[Scanned] | str:
    """Reads what is to be looked up.

    Raises:
        Malformed: It is both or neither of scans and a text, or too much. Nothing of it is repeated.
    """
    if request.HasField("text") == bool(request.scans):
        raise Malformed([Violation("text", "send scans or a text, one of the two")])
    if len(request.scans) > MOST_SCANS:
        raise Malformed([Violation("scans", f"at most {MOST_SCANS} at once; given: {len(request.scans)}")])
    if request.HasField("text"):
        if not request.text:
            raise Malformed([Violation("text", "must not be empty")])
        return str(request.text)
    wrong = [
        Violation(f"scans[{i}].content", "must not be empty") for i, one in enumerate(request.scans) if not one.content
    ]
    if wrong:
        raise Malformed(wrong)
    return [Scanned(content=one.content, symbology=one.symbology) for one in request.scans]


def search(request: wire.SearchFactsRequest) -> tuple[Question, int, str]:
    """Reads a search: the question, the size of a page, and the token of the page.

    Raises:
        Malformed: With every violation and its path.
    """
    wrong: list[Violation] = []
    question = Question(
        tags=_try(lambda: _tags(request), (), wrong),
        types=tuple(request.types),
        occurred=_try(lambda: span(request.occurred, "occurred"), Span(), wrong),
        recorded=_try(lambda: span(request.recorded, "recorded"), Span(), wrong),
        organisation=_try(lambda: _organisation(request.organisation), "", wrong),
        outcome=_try(lambda: _outcome(request), None, wrong),
        rule=request.rule,
        sender_reference=request.sender_reference,
        newest_first=request.newest_first,
        as_of=_try(lambda: incoming.as_of(request.as_of), AsOf(), wrong),
    )
    wrong += _bounds(request)
    if wrong:
        raise Malformed(wrong)
    return question, request.page_size or DEFAULT_FACTS, request.page_token


def rejudge(request: wire.RejudgeRequest) -> tuple[rejudging.Again, int, int, int]:
    """Returns what is to be judged again, behind which position, up to which end, and how many facts at most.

    Raises:
        Malformed: With every violation and its path.
    """
    wrong: list[Violation] = []
    subject = _try(lambda: incoming.label(request.subject, "subject"), "", wrong) if request.subject else ""
    if request.under not in rejudging.KNOWN:
        told = f"{request.under!r} is no rulebook of this server: give one of {', '.join(rejudging.KNOWN[1:])}"
        wrong.append(Violation("under", incoming.told(told)))
    if request.page_size > rejudging.MOST_JUDGED:
        wrong.append(Violation("page_size", f"at most {rejudging.MOST_JUDGED}; given: {request.page_size}"))
    if wrong:
        raise Malformed(wrong)
    question = rejudging.Again(subject=subject, under=request.under)
    return question, request.after_position, request.end_position, request.page_size or rejudging.MOST_JUDGED


def _try(read: Callable[[], T], otherwise: T, wrong: list[Violation]) -> T:
    try:
        return read()
    except Malformed as error:
        wrong += error.violations
        return otherwise


def _tags(request: wire.SearchFactsRequest) -> tuple[str, ...]:
    wrong: list[Violation] = []
    tags: list[str] = []
    for number, tag in enumerate(request.tags[:MOST_TAGS]):
        try:
            tags.append(incoming.label(tag, f"tags[{number}]"))
        except Malformed as error:
            wrong += error.violations
    if wrong:
        raise Malformed(wrong)
    return tuple(tags)


def span(message: wire.Span, path: str) -> Span:
    """Reads a span of time.

    Raises:
        Malformed: It holds a time that no fact can have, or nothing at all.
    """
    data = reading.data(message)
    if wrong := list(reading.unplain(data, path)):
        raise Malformed(wrong)
    found = Span(start=data.get("start"), end=data.get("end"))
    if found.start is not None and found.end is not None and found.start >= found.end:
        raise Malformed([Violation(path, "must end after it starts: its end is not in it")])
    return found


def _organisation(text: str) -> str:
    if not text:
        return ""
    tag = incoming.label(text, "organisation")
    if kind_of(tag) != "organisation":
        raise Malformed([Violation("organisation", "must be the tag of an organisation, organisation:ods:RR8")])
    return tag


def _outcome(request: wire.SearchFactsRequest) -> Outcome | None:
    if not request.HasField("outcome"):
        return None
    if request.outcome not in _OUTCOMES:
        choices = ", ".join(OutcomeMessage.Name(number) for number in _OUTCOMES)
        raise Malformed([Violation("outcome", f"{request.outcome} is no outcome: choose one of {choices}")])
    return _OUTCOMES[request.outcome]


def _bounds(request: wire.SearchFactsRequest) -> list[Violation]:
    wrong = []
    if len(request.tags) > MOST_TAGS:
        wrong.append(Violation("tags", f"at most {MOST_TAGS}; given: {len(request.tags)}"))
    if len(request.types) > MOST_TYPES:
        wrong.append(Violation("types", f"at most {MOST_TYPES}; given: {len(request.types)}"))
    wrong += [
        Violation(f"types[{i}]", incoming.told(f"{name!r} is no fact type that this server knows: see ListFactTypes"))
        for i, name in enumerate(request.types[:MOST_TYPES])
        if name not in TYPES
    ]
    if request.rule and request.rule not in RULES:
        wrong.append(Violation("rule", incoming.told(f"{request.rule!r} is no rule: see ListRules")))
    if request.page_size > MOST_FACTS:
        wrong.append(Violation("page_size", f"at most {MOST_FACTS}; given: {request.page_size}"))
    return wrong
