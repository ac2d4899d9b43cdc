"""Re-judge: every verdict again, from the log alone, with the same pure rules and what was known then.

The log is played from its first position into an empty memory twin; each fact is decided with its own recorded time and
compared with the verdict that is stored. Nothing of the stored index is used: no tag row, no edge; and no inherited tag
is filed, since none may ever be state.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ledger.domain import decision
from ledger.domain.decision import Command, Decision
from ledger.domain.facts import record as records
from ledger.domain.facts.record import Record, Verdict
from ledger.domain.finding import Outcome
from ledger.domain.rules.context import Missing
from ledger.evidence.leaf import SALT_SIZE
from ledger.store import filing
from ledger.store.filing import UNJUDGED
from ledger.store.log import Appending
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import FactRow, Head, KeyRow, Stored
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import SubjectsCache

_ROUNDS: Final = 48


class Difference(Struct, frozen=True, kw_only=True):
    """A verdict that does not come out as it is stored."""

    position: int
    stored: Verdict
    now: Verdict


def essence(verdict: Verdict) -> tuple[object, ...]:
    """What two verdicts are compared by: the outcome, and the sorted set of (rule, tag, weight)."""
    findings = sorted({(finding.rule, finding.tag, finding.weight) for finding in verdict.findings})
    return (verdict.outcome, findings, sorted((cure.deviation, cure.rule) for cure in verdict.cures))


def rejudge(rows: Iterable[Stored], cache: SubjectsCache | None = None) -> Difference | None:
    """Judges a whole log again; returns the first verdict that differs, or None.

    Args:
        rows: All facts in order, from position 1.
        cache: Where subjects are kept from one fact to the next.
    """
    log = MemoryLog("re-judge")
    cache, rulebook = cache or SubjectsCache(), Rulebook()
    for row in rows:
        with log.appending() as block:
            if row.type.startswith(UNJUDGED):
                block.append(*_appended(block, None, None, row))
                continue
            record = records.decode(row.record)
            if _among_unrecorded(record):
                decided = Decision(verdict=record.verdict, stated=None)
            else:
                decided = _decide(record, cache, rulebook, block)
            if essence(decided.verdict) != essence(record.verdict):
                return Difference(position=row.position, stored=record.verdict, now=decided.verdict)
            block.append(*_appended(block, record, decided, row))
            _advance(cache, record, decided)
            rulebook.take([record])
        cache.settle()
    return None


def _among_unrecorded(record: Record) -> bool:
    """A refused item of a batch that was judged after others, of which nothing was recorded, is taken as it stands."""
    refused = record.verdict.outcome is Outcome.REFUSED
    return refused and any(item.name == filing.UNRECORDED for item in record.verdict.resolved)


def _decide(record: Record, cache: SubjectsCache, rulebook: Rulebook, block: Appending) -> Decision:
    command = Command(
        content=record.content,
        recorder=record.stamp.recorder,
        recorded_at=record.stamp.recorded_at,
        position=record.stamp.position,
        rulebook=rulebook.number,
        parameters=rulebook.parameters,
    )
    for _ in range(_ROUNDS):
        missing = Missing()
        decided = decision.decide(command, cache, missing)
        if decided is not None:
            return decided
        cache.fetch(missing, block, record.stamp.position - 1)
    message = f"the context of fact {record.stamp.position} could not be completed"
    raise RuntimeError(message)


def _advance(cache: SubjectsCache, record: Record, decided: Decision) -> None:
    target = decided.target
    cache.advance(record, decided.stated, filing.edge_rows(record, target), filing.heard_before(target))


def _appended(
    block: Appending, record: Record | None, decided: Decision | None, row: Stored
) -> tuple[list[FactRow], list[KeyRow], Head]:
    target = decided.target if decided is not None else None
    head = block.head()
    new = FactRow(
        position=row.position,
        type=row.type,
        organisation=row.organisation,
        recorded_at=max(row.recorded_at, head.recorded_at + 1),
        record=row.record,
        salt=bytes(SALT_SIZE),
        leaf=row.leaf,
        tags=tuple(tag for tag in filing.tag_rows(record, target) if tag.own) if record is not None else (),
        edges=filing.edge_rows(record, target) if record is not None else (),
    )
    after = Head(
        size=row.position, frontier=head.frontier.append(row.leaf), recorded_at=new.recorded_at, epoch=head.epoch
    )
    return [new], [], after
