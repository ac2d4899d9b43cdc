"""What became of a nation's year, read from its ledger: its feed, each chain told apart, and its reading lists.

How long it was from vein to vein is what the reading list of that name says, and nothing that was drawn.
"""

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
from ledger.api import MOST_ROWS, ListQuestion
from services.cli.source import Lists

_DAY: Final = 86_400.0
_NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BatchTerminated": "failed",
        "OutOfSpecificationSupplyAccepted": "supplied",
        "RemakeStarted": "remade",
        "ExcursionAssessed": "excursion",
        "ImportVerified": "imported",
    }
)


@dataclass
class Way:
    """What the ledger tells of one chain.

    Attributes:
        marks: What happened in it.
        collected: When its first cells were collected.
        given: When its first administration began.
        days: From vein to vein, as the reading list says; None for a chain that was not infused.
    """

    marks: set[str] = field(default_factory=set)
    collected: datetime | None = None
    given: datetime | None = None
    days: float | None = None


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
    if fact.outcome == receipt_pb2.OUTCOME_RECORDED_AS_DEVIATION:
        way.marks.add("deviation")
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
    central = [way for way in orders if way.given is not None and "point of care" not in way.marks]
    yield _share("made-abroad", sum("imported" in way.marks for way in central), len(central))
    for mark in ("point of care", "excursion", "mismatch", "deviation"):
        yield _share(mark.replace(" ", "-"), marks[mark], len(orders))


def _share(name: str, part: int, whole: int) -> Figure:
    share = part / whole if whole else 0.0
    return Figure(name, share, f"{part} of {whole} ({share:.1%})")


def _lengths(orders: list[Way]) -> Iterator[Figure]:
    """From vein to vein, of chains made abroad, made here, and finished at a point of care."""
    for name in ("abroad", "here", "point-of-care"):
        days = sorted(way.days for way in orders if way.days is not None and _made(way) == name)
        if not days:
            continue
        median = statistics.median(days)
        yield Figure(f"vein-to-vein-{name}", median, f"{median:.1f} d ({days[0]:.1f} to {days[-1]:.1f})")
        if name == "abroad" and len(days) > 1:
            lower, _, upper = statistics.quantiles(days, method="inclusive")
            yield Figure("vein-to-vein-abroad-lower-quartile", lower / median, f"{lower / median:.2f} ({lower:.1f} d)")
            yield Figure("vein-to-vein-abroad-upper-quartile", upper / median, f"{upper / median:.2f} ({upper:.1f} d)")


def _made(way: Way) -> str:
    if "point of care" in way.marks:
        return "point-of-care"
    return "abroad" if "imported" in way.marks else "here"


def listed(lists: Lists) -> dict[str, float]:
    """Days from vein to vein to the first administration of each chain, by its tag, as the reading list says."""
    found: dict[str, float] = {}
    token, more = "", True
    while more:
        page = lists.read(ListQuestion(name="vein-to-vein"), MOST_ROWS, token)
        names = [column.name for column in page.listing.columns]
        for row in page.rows:
            cells = dict(zip(names, row.cells, strict=True))
            days = float(str(cells["vein_to_vein_seconds"])) / _DAY
            found[str(cells["coi"])] = min(days, found.get(str(cells["coi"]), days))
        token, more = page.next_token, bool(page.next_token)
    return found


def read(facts: Iterable[inspection_pb2.StoredFact], lists: Lists) -> tuple[tuple[Figure, ...], dict[str, int]]:
    """The figures of a year, and how many of its facts had which outcome.

    Args:
        facts: Everything recorded, refused reports included, in order.
        lists: The reading lists of the same ledger.
    """
    counted: Counter[str] = Counter()
    chains = ways(_told(facts, counted))
    for tag, days in listed(lists).items():
        chains[tag].days = days
    return figures(chains), dict(sorted(counted.items()))


def _told(facts: Iterable[inspection_pb2.StoredFact], counted: Counter[str]) -> Iterator[inspection_pb2.StoredFact]:
    """Counts every fact, and leaves out what was refused."""
    for fact in facts:
        counted[receipt_pb2.Outcome.Name(fact.outcome).removeprefix("OUTCOME_").replace("_", " ").lower()] += 1
        if fact.outcome != receipt_pb2.OUTCOME_REFUSED:
            yield fact
