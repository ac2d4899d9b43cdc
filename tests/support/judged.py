"""Given, when, then: what the ledger makes of a fact, on the in-memory ledger with a clock that the test sets.

    given(*until("apheresis", consent=None)).when(apheresis()).then_refused(bar("I4", tag("patient", PATIENT)))

Findings are compared as the whole set of (rule, tag, weight): an unexpected note fails a test as a bar would.
A bare rule id stands for any tag. Each fact is recorded a minute after it happened, or later when the clock is later;
what comes more than a day late says why (rule E9), unless the test is about that (`excused=False`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import pytest

from ledger.api import Ledger, in_memory
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Record
from ledger.domain.finding import Finding, Outcome, Weight
from ledger.domain.receipt import Draft, Receipt, Refused, State
from ledger.store.rows import Stored
from tests.support.world import excused, time

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)


class Expected(NamedTuple):
    """A finding to come; no tag stands for any."""

    rule: str
    tag: str | None
    weight: Weight


def bar(rule: str, tag: str | None = None) -> Expected:
    """A finding that refuses."""
    return Expected(rule, tag, Weight.BAR)


def note(rule: str, tag: str | None = None) -> Expected:
    """A finding that is only listed."""
    return Expected(rule, tag, Weight.NOTE)


def overridden(rule: str, tag: str | None = None) -> Expected:
    """A finding that the owner of the risk took on."""
    return Expected(rule, tag, Weight.OVERRIDDEN)


def essence(findings: Sequence[Finding]) -> set[Expected]:
    """What findings are compared by."""
    return {Expected(finding.rule, finding.tag, finding.weight) for finding in findings}


_OPEN: Final[list["Asked"]] = []


@pytest.fixture(autouse=True)
def _closed_ledgers() -> Iterator[None]:
    """Closes every ledger that a test opened. Rooms that use this module name it in their conftest."""
    yield
    while _OPEN:
        _OPEN[-1].close()


class Asked:
    """A ledger, its clock, and the answer to the last fact."""

    def __init__(self) -> None:
        """Start an empty ledger on the first day of 2026."""
        self.now = EPOCH
        self.cached = True
        self.excused = True
        self.ledger: Ledger = in_memory(clock=lambda: self.now, entropy=bytes)
        self.answers: list[Receipt | Refused] = []
        _OPEN.append(self)

    def close(self) -> None:
        """Stop the ledger's writer."""
        self.ledger.close()
        _OPEN.remove(self)

    def clock(self, text: str) -> "Asked":
        """Set the clock."""
        self.now = time(text)
        return self

    def tell(self, draft: Draft, recorded: str | None = None) -> Receipt | Refused:
        """Send one fact and keep its answer."""
        if not self.cached:
            self.ledger._sequencer._forget()
        self.now = time(recorded) if recorded else max(self.now, _soon(draft))
        sent = excused(draft) if self.excused and self.now - draft.content.envelope.occurred_at.time > DAY else draft
        try:
            self.answers.append(self.ledger.submit(sent).result(30))
        except Refused as refused:
            self.answers.append(refused)
        return self.answers[-1]

    def tell_at_once(self, drafts: Sequence[Draft]) -> list[Receipt]:
        """Send facts that are all recorded, without waiting for one another: the writer takes them in few commits."""
        self.now = max(self.now, *map(_soon, drafts))
        receipts = [sent.result(60) for sent in [self.ledger.submit(draft) for draft in drafts]]
        self.answers += receipts
        return receipts

    def given(self, *drafts: Draft) -> "Asked":
        """Send facts that must all be recorded without any finding."""
        for draft in drafts:
            answer = self.tell(draft)
            assert isinstance(answer, Receipt), f"{draft.content.type}: {answer}"
            assert answer.findings == (), f"{draft.content.type}: {answer.findings}"
        return self

    def when(self, draft: Draft, recorded: str | None = None) -> "Asked":
        """Send the fact that the test is about; `recorded` sets the clock."""
        self.tell(draft, recorded)
        return self

    @property
    def answer(self) -> Receipt | Refused:
        """The last answer."""
        return self.answers[-1]

    @property
    def position(self) -> int:
        """Position of the last fact."""
        return self.answer.position

    @property
    def receipt(self) -> Receipt:
        """The last answer, which is a receipt."""
        assert isinstance(self.answer, Receipt), self.answer
        return self.answer

    @property
    def record(self) -> Record:
        """What is stored of the last fact."""
        found = self.ledger.fact(self.position).record
        assert found is not None
        return found

    def ledger_content(self, position: int) -> Content:
        """What was said at a position."""
        found = self.ledger.fact(position).record
        assert found is not None
        return found.content

    def rows(self) -> list[Stored]:
        """Everything stored, in order."""
        with self.ledger._log.reading() as reading:
            return reading.scan(0, reading.head().size, 1_000_000)

    def position_of(self, fact_type: str) -> int:
        """Position of the newest answer to a fact of a type."""
        return next(answer.position for answer in reversed(self.answers) if answer.type == fact_type)

    def resolved(self) -> dict[str, str]:
        """What the ledger found out about the last fact."""
        return {item.name: item.value for item in self.receipt.resolved}

    def then_recorded(self, *notes: Expected | str) -> "Asked":
        """It was recorded, with exactly these notes (none by default)."""
        return self._then(Outcome.RECORDED, Weight.NOTE, notes)

    def then_noted(self, first: Expected | str, *notes: Expected | str) -> "Asked":
        """It was recorded, with exactly these notes."""
        return self._then(Outcome.RECORDED, Weight.NOTE, (first, *notes))

    def then_refused(self, first: Expected | str, *bars: Expected | str) -> "Asked":
        """It was refused, with exactly these findings: bars, or notes where the test says so."""
        return self._then(Outcome.REFUSED, Weight.BAR, (first, *bars))

    def then_deviation(self, first: Expected | str, *bars: Expected | str) -> "Asked":
        """It was recorded as a deviation, with exactly these findings."""
        return self._then(Outcome.RECORDED_AS_DEVIATION, Weight.BAR, (first, *bars))

    def _then(self, outcome: Outcome, weight: Weight, expected: Sequence[Expected | str]) -> "Asked":
        found = essence(self.answer.findings)
        wanted: set[Expected] = set()
        for item in expected:
            one = Expected(item, None, weight) if isinstance(item, str) else item
            same = {real for real in found if one.tag is None and (real.rule, real.weight) == (one.rule, one.weight)}
            wanted |= same or {one}
        assert (_outcome(self.answer), found) == (outcome, wanted), self.answer.findings
        return self


def _soon(draft: Draft) -> datetime:
    return max(EPOCH, draft.content.envelope.occurred_at.time + timedelta(minutes=1))


def _outcome(answer: Receipt | Refused) -> Outcome:
    if isinstance(answer, Refused):
        return Outcome.REFUSED
    return Outcome.RECORDED_AS_DEVIATION if answer.state is State.RECORDED_AS_DEVIATION else Outcome.RECORDED


def given(*drafts: Draft) -> Asked:
    """Start with facts that must all be recorded without any finding."""
    return Asked().given(*drafts)
