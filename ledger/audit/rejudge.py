"""Re-judge: every verdict again, from the log alone, with the same pure rules and what was known then.

The log is played from its first position into an empty memory twin; each fact is decided with its own recorded time and
compared with the verdict that is stored. Nothing of the stored index is used: no tag row, no edge; and no inherited tag
is filed, since none may ever be state. `judged_again` does the same over any stretch of a log, by its index.
"""

from collections.abc import Callable, Iterable, Mapping
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
from ledger.store.log import Appending, Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import FactRow, Head, KeyRow, Stored
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import SubjectsCache

_ROUNDS: Final = 48


class Difference(Struct, frozen=True, kw_only=True):
    """A verdict that does not come out as it is stored."""

    position: int
    type: str
    stored: Verdict
    now: Verdict
    apart: tuple[str, ...]


def difference(record: Record, now: Verdict) -> Difference | None:
    """Compares the verdict that comes out with the one that is stored, and says what differs; None for nothing.

    Compared is all that makes the verdict, and that later facts are judged over: outcome, findings and cures, the
    rulebook that judged, the tags under which the fact is known, what it makes of another fact. Not compared: words,
    what was looked up, the clearance, and inherited tags, which are an index.
    """
    stored = record.verdict
    apart = tuple(name for name, of in _COMPARED.items() if of(stored) != of(now))
    if not apart:
        return None
    return Difference(position=record.stamp.position, type=record.content.type, stored=stored, now=now, apart=apart)


def essence(verdict: Verdict) -> tuple[object, ...]:
    """What two verdicts are compared by: the outcome, and the sorted set of (rule, tag, weight)."""
    return (verdict.outcome, _findings(verdict), _cures(verdict))


def _findings(verdict: Verdict) -> list[tuple[str, str, str]]:
    return sorted({(finding.rule, finding.tag, finding.weight.value) for finding in verdict.findings})


def _cures(verdict: Verdict) -> list[tuple[int, str]]:
    return sorted((cure.deviation, cure.rule) for cure in verdict.cures)


_COMPARED: Final[Mapping[str, Callable[[Verdict], object]]] = {
    "outcome": lambda verdict: verdict.outcome,
    "findings": _findings,
    "cures": _cures,
    "rulebook": lambda verdict: verdict.rulebook,
    "tags": lambda verdict: verdict.tags,
    "effect": lambda verdict: verdict.effect,
    "names": lambda verdict: verdict.renamed,
}


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
            if among_unrecorded(record):
                decided = Decision(verdict=record.verdict, stated=None)
            else:
                command = command_of(record, rulebook.number, rulebook.parameters)
                decided = decide(command, cache, block, record.stamp.position - 1)
            if (found := difference(record, decided.verdict)) is not None:
                return found
            block.append(*_appended(block, record, decided, row))
            _advance(cache, record, decided)
            rulebook.take([record])
        cache.settle()
    return None


def among_unrecorded(record: Record) -> bool:
    """A refused item of a batch that was judged after others, of which nothing was recorded, is taken as it stands."""
    refused = record.verdict.outcome is Outcome.REFUSED
    return refused and any(item.name == filing.UNRECORDED for item in record.verdict.resolved)


def command_of(record: Record, rulebook: int, parameters: Mapping[str, str]) -> Command:
    """Returns what a stored fact was judged from, with a rulebook."""
    return Command(
        content=record.content,
        recorder=record.stamp.recorder,
        recorded_at=record.stamp.recorded_at,
        position=record.stamp.position,
        rulebook=rulebook,
        parameters=parameters,
    )


def decide(command: Command, cache: SubjectsCache, reading: Reading, through: int) -> Decision:
    """Decides a stored fact again.

    Args:
        command: What it was judged from.
        cache: The subjects at hand.
        reading: Gets what is not at hand.
        through: Up to this position; the cache knows what came after it.

    Raises:
        RuntimeError: The context could not be completed: a bug.
    """
    for _ in range(_ROUNDS):
        missing = Missing()
        decided = decision.decide(command, cache, missing)
        if decided is not None:
            return decided
        cache.fetch(missing, reading, through)
    message = f"the context of fact {command.position} could not be completed"
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
