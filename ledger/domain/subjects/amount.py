"""Amounts: what is in a container, by unit and by what was counted. Exact decimals, never floats."""

from collections.abc import Iterable
from decimal import Decimal

from ledger.domain.facts.values import Quantity

Amounts = tuple[tuple[str, str, Decimal], ...]
"""(unit, what was counted, value), sorted."""

NOTHING: Amounts = ()


def total(quantities: Iterable[Quantity]) -> Amounts:
    """Adds quantities up, per unit and what was counted."""
    sums: dict[tuple[str, str], Decimal] = {}
    for quantity in quantities:
        place = (quantity.unit, quantity.of or "")
        sums[place] = sums.get(place, Decimal(0)) + Decimal(quantity.value)
    return _sorted(sums)


def plus(left: Amounts, right: Amounts) -> Amounts:
    """Adds two amounts."""
    return _merge(left, right, 1)


def minus(left: Amounts, right: Amounts) -> Amounts:
    """Takes the second from the first; a unit that the first does not know stays unknown."""
    known = {(unit, of) for unit, of, _ in left}
    return _merge(left, tuple(item for item in right if item[:2] in known), -1)


def value(amounts: Amounts, unit: str, of: str) -> Decimal | None:
    """Returns one value, or None when that was not measured."""
    return next((number for u, o, number in amounts if (u, o) == (unit, of)), None)


def spoken(number: Decimal, unit: str, of: str) -> str:
    """Writes an amount for a person: `148.0 mL`, `2.60 10*9 viable-cd3`."""
    return " ".join(part for part in (f"{number:f}", unit, of) if part)


def _merge(left: Amounts, right: Amounts, sign: int) -> Amounts:
    sums = {(unit, of): number for unit, of, number in left}
    for unit, of, number in right:
        sums[unit, of] = sums.get((unit, of), Decimal(0)) + sign * number
    return _sorted(sums)


def _sorted(sums: dict[tuple[str, str], Decimal]) -> Amounts:
    return tuple((unit, of, number) for (unit, of), number in sorted(sums.items()))
