"""Deviations: those that are open, and all of them by rule, person, site and period."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.record import Record
from ledger.domain.facts.safety import DeviationRaised
from ledger.domain.finding import Outcome, Weight
from ledger.domain.subjects.settlement import DEVIATION, Deviation
from ledger.views.listing import Cell, CellKind, Column, Listing, Row, Seen, position_of
from ledger.views.lists import telling

_NUMBER: Final = Column("deviation", CellKind.TAG, "Its number.")
_STAGE: Final = Column(
    "stage", CellKind.TEXT, "What it waits for: to be confirmed, assessed or closed; or how it ended."
)
_RULES: Final = Column("rules", CellKind.TEXTS, "Rules that it broke and that no later fact has cured.")
_OUTCOME: Final = Column("outcome", CellKind.TEXT, "What the newest assessment said.")


def _is_deviation(record: Record) -> bool:
    if record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION:
        return True
    return isinstance(record.content.fact, DeviationRaised) and record.verdict.outcome is not Outcome.REFUSED


def _broken(record: Record) -> dict[str, str]:
    """Rules that a deviation broke, each with what it found first."""
    found: dict[str, str] = {}
    for one in record.verdict.findings:
        if one.weight is Weight.BAR and record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION:
            found.setdefault(one.rule, one.found)
    return found


def _superseded(seen: Seen, record: Record) -> bool:
    """Whether a later record speaks of the same fact: what that leaves open is a deviation of its own."""
    target = seen.filed(telling.target_of(record))
    return target is not None and target.by > record.stamp.position


def _stage(state: Deviation, broken: dict[str, str], *, superseded: bool, raised: bool) -> str:
    if superseded:
        return "corrected"
    if state.closed:
        return "closed"
    if not raised and broken and not set(broken) - set(state.cured):
        return "cured"
    if not raised and not state.confirmed:
        return "to be confirmed"
    return "to be closed" if state.assessed else "to be assessed"


def _told(seen: Seen, record: Record) -> tuple[str, dict[str, str], dict[str, Cell]]:
    state = seen.state(DEVIATION, telling.deviation_of(record))
    broken = _broken(record)
    raised = isinstance(record.content.fact, DeviationRaised)
    stage = _stage(state, broken, superseded=_superseded(seen, record), raised=raised)
    cells: dict[str, Cell] = {
        **telling.of_what_counts(record),
        "deviation": telling.deviation_of(record),
        "stage": stage,
        "outcome": None if state.outcome is None else state.outcome.name.lower().replace("_", " "),
        "rules": tuple(rule for rule in broken if rule not in state.cured),
    }
    return stage, broken, cells


def _open(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _is_deviation(versions.record):
        return
    record = versions.record
    stage, broken, cells = _told(seen, record)
    if not stage.startswith("to be "):
        return
    found = next(iter(broken.values()), None)
    labels = [*telling.labels(record, broken), f"what:{stage}"]
    yield Row(at=record.stamp.recorded_at, cells={**cells, "found": found}, labels=labels)


OPEN: Final = Listing(
    name="open-deviations",
    means="Deviations that nobody has closed and no later fact has cured, with what each waits for.",
    columns=(
        *telling.OF_A_FACT,
        _NUMBER,
        _STAGE,
        _RULES,
        Column("found", CellKind.TEXT, "What the first rule found."),
        _OUTCOME,
    ),
    rows=_open,
    concerns=_is_deviation,
    shown=("position", "type", "site", "rules", "stage"),
    time="when it was recorded",
)


def _each(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    if versions is None or not _is_deviation(versions.record):
        return
    record = versions.record
    stage, broken, cells = _told(seen, record)
    state = seen.state(DEVIATION, telling.deviation_of(record))
    for rule, found in broken.items() or [("", "")]:
        yield Row(
            part=rule,
            at=record.stamp.recorded_at,
            cells={
                **{name: value for name, value in cells.items() if name != "rules"},
                "rule": rule or None,
                "found": found or None,
                "stage": "cured" if rule and rule in state.cured and stage.startswith("to be ") else stage,
            },
            labels=[*telling.labels(record, [rule] if rule else []), f"what:{stage}"],
        )


ALL: Final = Listing(
    name="deviations",
    means="Everything that was recorded despite a rule, and every deviation that somebody raised: one row for each "
    "rule broken.",
    columns=(
        *telling.OF_A_FACT,
        _NUMBER,
        Column("rule", CellKind.TEXT, "The rule that was broken; empty where somebody raised it."),
        Column("found", CellKind.TEXT, "What the rule found."),
        _STAGE,
        _OUTCOME,
    ),
    rows=_each,
    concerns=_is_deviation,
    shown=("position", "type", "site", "rule", "stage"),
    time="when it was recorded",
)
