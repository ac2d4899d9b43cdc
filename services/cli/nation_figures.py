"""What became of a nation's year, read from its ledger: the feed is followed once, and each chain is told apart."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from coi.ledger.v1 import inspection_pb2, receipt_pb2
from coi.ledger.v1.administration_pb2 import IDENTITY_OUTCOME_MISMATCH
from coi.ledger.v1.values_pb2 import MANUFACTURING_MODE_POINT_OF_CARE

_DAY: Final = 86_400.0
_NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BatchTerminated": "failed",
        "OutOfSpecificationSupplyAccepted": "supplied",
        "RemakeStarted": "remade",
        "ExcursionAssessed": "excursion",
        "RecordedAsDeviation": "deviation",
    }
)


@dataclass
class Way:
    """What the ledger tells of one chain.

    Attributes:
        marks: What happened in it.
        collected: When its first cells were collected.
        given: When its first administration began.
    """

    marks: set[str] = field(default_factory=set)
    collected: datetime | None = None
    given: datetime | None = None

    @property
    def days(self) -> float | None:
        """From vein to vein, in days; None for a chain that was not infused."""
        if self.collected is None or self.given is None:
            return None
        return (self.given - self.collected).total_seconds() / _DAY


class Figure(NamedTuple):
    """One figure of the year.

    Attributes:
        name: By which a published one names it.
        value: A share of 1, or days.
        said: As a person reads it.
    """

    name: str
    value: float
    said: str


def ways(facts: Iterable[inspection_pb2.StoredFact]) -> dict[str, Way]:
    """Tells the chains of a feed apart.

    Args:
        facts: Everything recorded, in order; refused reports have no place in it.

    Returns:
        Each chain by its tag.
    """
    found: dict[str, Way] = {}
    for fact in facts:
        for tag in {*fact.tags, *fact.inherited}:
            if tag.startswith("coi:"):
                _add(found.setdefault(tag, Way()), fact)
    return found


def _add(way: Way, fact: inspection_pb2.StoredFact) -> None:
    at = fact.envelope.occurred_at.time.ToDatetime(UTC)
    said = fact.fact
    match fact.type:
        case "ApheresisPerformed" | "ProcurementPerformed":
            way.collected = min(way.collected or at, at)
        case "AdministrationStarted":
            way.given = min(way.given or at, at)
        case "BatchOpened" if said.batch_opened.mode == MANUFACTURING_MODE_POINT_OF_CARE:
            way.marks.add("point of care")
        case "BedsideIdentityChecked" if said.bedside_identity_checked.outcome == IDENTITY_OUTCOME_MISMATCH:
            way.marks.add("mismatch")
        case "CoiAssigned":
            way.marks.add("ordered")
        case told:
            way.marks |= {_NAMED[told]} if told in _NAMED else set()


def figures(chains: Mapping[str, Way]) -> tuple[Figure, ...]:
    """The figures of a year, by which it is held against published ones."""
    orders = [way for way in chains.values() if "ordered" in way.marks]
    return (*_shares(orders), *_lengths(orders))


def _shares(orders: list[Way]) -> Iterator[Figure]:
    marks = Counter(mark for way in orders for mark in way.marks)
    collected = sum(way.collected is not None for way in orders)
    infused = sum(way.given is not None for way in orders)
    failures = [way for way in orders if way.marks & {"failed", "supplied"}]
    yield _share("collected", collected, len(orders))
    yield _share("infused", infused, len(orders))
    yield _share("infused-of-collected", infused, collected)
    yield _share("manufacturing-failure", len(failures), len(orders))
    yield _share("failure-supplied", sum("supplied" in way.marks for way in failures), len(failures))
    yield _share("failure-remade", sum("remade" in way.marks for way in failures), len(failures))
    yield _share("failure-not-infused", sum(way.given is None for way in failures), len(failures))
    for mark in ("point of care", "excursion", "mismatch", "deviation"):
        yield _share(mark.replace(" ", "-"), marks[mark], len(orders))


def _share(name: str, part: int, whole: int) -> Figure:
    share = part / whole if whole else 0.0
    return Figure(name, share, f"{part} of {whole} ({share:.1%})")


def _lengths(orders: list[Way]) -> Iterator[Figure]:
    """Medians from vein to vein, of chains finished centrally and at a point of care."""
    for name, near in (("vein-to-vein-central", False), ("vein-to-vein-point-of-care", True)):
        days = [way.days for way in orders if way.days is not None and ("point of care" in way.marks) is near]
        if days:
            median = statistics.median(days)
            yield Figure(name, median, f"{median:.1f} d")


def read(facts: Iterable[inspection_pb2.StoredFact]) -> tuple[tuple[Figure, ...], dict[str, int]]:
    """The figures of a year, and how many of its facts had which outcome.

    Args:
        facts: Everything recorded, refused reports included, in order.
    """
    counted: Counter[str] = Counter()
    chains = ways(_told(facts, counted))
    return figures(chains), dict(sorted(counted.items()))


def _told(facts: Iterable[inspection_pb2.StoredFact], counted: Counter[str]) -> Iterator[inspection_pb2.StoredFact]:
    """Counts every fact, and leaves out what was refused."""
    for fact in facts:
        counted[receipt_pb2.Outcome.Name(fact.outcome).removeprefix("OUTCOME_").replace("_", " ").lower()] += 1
        if fact.outcome != receipt_pb2.OUTCOME_REFUSED:
            yield fact
