"""What later facts said of a deviation or an excursion: who confirmed it, what was decided, what cured it."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from ledger.api import Step
from services.cli import wording
from services.cli.wording import inside, items

_DEVIATION: Final = "deviation:ledger:"


class Later(Struct, frozen=True, kw_only=True):
    """A later fact about a deviation or an excursion.

    Attributes:
        position: Of the later fact.
        type: DeviationConfirmed, DeviationAssessed, ExcursionAssessed, or whatever cured it.
        by: Who did it.
        cures: Rules that it made good.
        outcome: What was decided; empty where nothing was.
        why: The reason, in words.
        record: The later fact as JSON.
    """

    position: int
    type: str
    by: str
    cures: tuple[str, ...]
    outcome: str
    why: str
    record: dict[str, Any]


def target(record: dict[str, Any]) -> int | None:
    """The position of the deviation or excursion that a stored fact names; None when it names none of this ledger."""
    fact = inside(record, "content", "fact")
    excursion, named = inside(fact, "excursion"), inside(fact, "deviation")
    if isinstance(excursion, int):
        return excursion
    number = str(inside(named, "value"))
    return int(number) if inside(named, "scheme") == "ledger" and number.isascii() and number.isdigit() else None


def of(steps: Iterable[Step], position: int) -> tuple[Later, ...]:
    """Every later fact about the deviation or excursion at a position, oldest first."""
    found = []
    for step in sorted(steps, key=lambda step: step.fact.position):
        record = wording.stored(step.fact)
        cured = tuple(
            str(inside(cure, "rule"))
            for cure in items(inside(record, "verdict", "cures"))
            if inside(cure, "deviation") == position
        )
        if step.fact.position > position and (cured or target(record) == position):
            found.append(_later(step, record, cured))
    return tuple(found)


def _later(step: Step, record: dict[str, Any], cured: tuple[str, ...]) -> Later:
    fact = {} if cured else inside(record, "content", "fact")
    outcome, *why = (inside(fact, name) for name in ("outcome", "reason", "basis"))
    return Later(
        position=step.fact.position,
        type=step.fact.type,
        by=wording.words(inside(record, "content", "envelope", "performed_by")) or "",
        cures=cured,
        outcome="" if outcome is None else wording.words(outcome) or "",
        why="; ".join(wording.words(one) or "" for one in why if one is not None),
        record=record,
    )
