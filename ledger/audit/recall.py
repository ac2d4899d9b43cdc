"""The scope of a recall or look-back at a stated position: what came of a thing, where it is, whom it reached.

A pure question: asking changes nothing, so a drill is the same question without a case. What is made later from what is
affected is in the scope of a later position, and marked. Complete as lineage is: over the edges as known, never over
inherited tags.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit import as_it_was, trace
from ledger.audit.asked import AsOf, stretches, through
from ledger.audit.cards.catalogue import card
from ledger.audit.cards.folded import FILLED, JOURNEY
from ledger.audit.lookup import moment
from ledger.audit.reached import Patient, patients
from ledger.audit.states import StatesAsOf
from ledger.audit.trace import Edge
from ledger.audit.whom_to_tell import Place, places, successor_in
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.receipt import NotFound
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE, SafetyCase
from ledger.domain.subjects.condition import CONDITION
from ledger.domain.subjects.custody import CUSTODY
from ledger.domain.subjects.holding import HOLDING
from ledger.domain.subjects.materials import CONSIGNMENT, DONATION, MATERIAL
from ledger.domain.subjects.people import BEDSIDE_CHECK
from ledger.domain.subjects.releases import BATCH_FOR_USE
from ledger.domain.subjects.subject import AnySubject
from ledger.store.log import Reading

_THINGS_AT_ONCE: Final = 5_000
"""Things whose subjects are held at once: what many of them came from is read once for all of these."""

_THINGS: Final = frozenset(("material", "batch", "lot", "donation", "consignment"))
_READY: Final[Mapping[str, tuple[AnySubject, ...]]] = MappingProxyType(
    {
        "material": (MATERIAL, CUSTODY, BEDSIDE_CHECK, HOLDING, CONDITION),
        "batch": (BATCH_RECORD, BATCH_FOR_USE, HOLDING),
        "consignment": (CONSIGNMENT, JOURNEY, HOLDING),
        "donation": (DONATION, FILLED, HOLDING),
    }
)
"""What cards read, by kind of thing: loaded in one query for all of them."""


class Affected(Struct, frozen=True, kw_only=True):
    """One thing in a scope.

    Attributes:
        tag: Its tag.
        what: What it is: collected cells, final container, batch.
        status: How it stands, in one word, as on its card.
        left: Something of it is left: it is stock to be found. Containers only.
        place: Site where it is, or consignment in which it travels; empty where nobody knows.
        holder: Organisation that has it.
        position: First fact that links it to what the scope starts from; 0 for the start itself.
        refused: Only a report that was refused and is not settled says so: it may be so all the same.
        later: It was not in the scope that was taken when the case was opened.
        imported: Only history that was copied from elsewhere, and judged by nobody, says so.
    """

    tag: str
    what: str = ""
    status: str = ""
    left: bool = False
    place: str = ""
    holder: str = ""
    position: int = 0
    refused: bool = False
    later: bool = False
    imported: bool = False


class Claim(Struct, frozen=True, kw_only=True):
    """The scope that a recall or look-back says was taken, taken again.

    Attributes:
        position: The recall or look-back.
        scope_position: Position at which it says that the scope was taken.
        matches: Whether the scope taken again at that position has the hash that it says.
    """

    position: int
    scope_position: int
    matches: bool = False


class Scope(Struct, frozen=True, kw_only=True):
    """The answer.

    Attributes:
        subject: What was asked for: a case, or a thing.
        starts: What the scope starts from: what the case's recalls and look-backs name, or the thing itself.
        things: Everything that came of it but people.
        patients: Whom it reached, and how they are followed up.
        places: Who has something of it, or looks after somebody whom it reached: told, answered, due, late.
        claims: What the case says of the scope when it was opened, taken again.
        closed: Position at which the case was closed; 0 while it is open, and for a thing.
        through: Complete through this position.
        scope_hash: SHA-256 of the scope: position, starts and every tag reached.
        as_of: The axes as they were used.
        at: The moment that standing and lateness speak of.
        complete: False beyond 250,000 steps of lineage: ask again from a thing at its rim.
    """

    subject: str
    starts: tuple[str, ...]
    things: tuple[Affected, ...] = ()
    patients: tuple[Patient, ...] = ()
    places: tuple[Place, ...] = ()
    claims: tuple[Claim, ...] = ()
    closed: int = 0
    through: int
    scope_hash: bytes
    as_of: AsOf
    at: datetime
    complete: bool = True

    @property
    def unreachable(self) -> tuple[Patient, ...]:
        """Patients whom nobody could tell: lost to follow-up, or looked after by nobody who is known."""
        return tuple(one for one in self.patients if not one.reachable)


class _Walked(Struct, frozen=True, kw_only=True):
    """What lineage reaches from some things: steps, and every tag."""

    edges: tuple[Edge, ...]
    tags: tuple[str, ...]
    complete: bool


def recall_scope(reading: Reading, subject: str, as_of: AsOf, now: datetime) -> Scope:
    """Takes the scope of a case, or of a thing.

    Args:
        reading: The log.
        subject: Tag of the case, or of a lot, batch, donation, container, donor, patient, site or instrument.
        as_of: The axes.
        now: Our clock, for what is late where no axis names a moment.

    Raises:
        NotFound: Nothing of that name is known, or the case names nothing to start from.
    """
    last = through(reading, as_of)
    states = StatesAsOf(reading, last, moment(reading, as_of, last, now), as_of.occurred)
    case = states.state(CASE, subject) if kind_of(subject) == "case" else SafetyCase()
    starts = tuple(sorted(case.covers)) if kind_of(subject) == "case" else (subject,)
    if not starts:
        raise NotFound(f"{subject} names nothing that a scope could start from, through position {last}")
    walked = _walk(reading, starts, last, as_of.occurred)
    if not walked.edges and not any(found for _, found, _ in reading.bearers(starts, last, 1)):
        raise NotFound(f"nothing about {', '.join(starts)} is known through position {last}")
    before, claims = _taken(reading, case, last)
    later = frozenset(walked.tags) - before if before is not None else frozenset[str]()
    successor = successor_in(states)

    def fresh() -> StatesAsOf:
        return StatesAsOf(reading, last, states.at, as_of.occurred)

    reached = patients(reading, fresh, walked.edges, case, successor)
    things = _things(fresh, walked, later)
    stock = [(one.tag, one.holder, one.place) for one in things if one.left]
    return Scope(
        subject=subject,
        starts=starts,
        things=things,
        patients=reached,
        places=places(states, case, stock, reached, successor),
        claims=claims,
        closed=case.closed,
        through=last,
        scope_hash=_digest(last, starts, walked.tags),
        as_of=AsOf(occurred=as_of.occurred, recorded=as_of.recorded, position=last),
        at=states.at,
        complete=walked.complete,
    )


def _things(fresh: Callable[[], StatesAsOf], walked: _Walked, later: AbstractSet[str]) -> tuple[Affected, ...]:
    """Everything that lineage reaches but people, in stretches: a scope may have many thousands of them."""
    links: dict[str, list[Edge]] = {}
    for edge in walked.edges:
        links.setdefault(edge.child, []).append(edge)
    found: list[Affected] = []
    for some in stretches([tag for tag in walked.tags if kind_of(tag) in _THINGS], _THINGS_AT_ONCE):
        states = fresh()
        states.ready((subject, tag) for tag in some for subject in _READY.get(kind_of(tag), ()))
        found += [_affected(states, links.get(tag, []), tag, later=tag in later) for tag in some]
    return tuple(found)


def _walk(reading: Reading, starts: Sequence[str], last: int, day: datetime | None) -> _Walked:
    edges: set[Edge] = set()
    complete = True
    for start in starts:
        found = trace.trace(reading, start, "forward", AsOf(position=last), trace.MOST_OF_A_SCOPE)
        found = found if day is None else as_it_was.cut(reading, found, day)
        edges |= {edge for edge in found.edges if edge.kind != trace.SAME_PATIENT}
        complete = complete and found.complete
    ordered = sorted(edges, key=lambda edge: (edge.source, edge.child, edge.parent, edge.kind))
    tags = dict.fromkeys([*starts, *(tag for edge in ordered for tag in (edge.parent, edge.child))])
    return _Walked(edges=tuple(ordered), tags=tuple(tags), complete=complete)


def _taken(reading: Reading, case: SafetyCase, last: int) -> tuple[frozenset[str] | None, tuple[Claim, ...]]:
    """Everything that was in the scope when the case was opened, and what its recalls and look-backs say of it."""
    if not case.taken:
        return None, ()
    before: set[str] = set()
    claims = []
    for one in case.taken:
        at = min(one.scope_position or one.position, last)
        tags = _walk(reading, one.covers, at, None).tags
        before |= set(tags)
        if one.scope_position:
            matches = _digest(one.scope_position, sorted(one.covers), tags) == one.scope_hash
            claims.append(Claim(position=one.position, scope_position=one.scope_position, matches=matches))
    return frozenset(before), tuple(claims)


def _digest(position: int, starts: Iterable[str], tags: Iterable[str]) -> bytes:
    """SHA-256 of the canonical JSON of a scope: its position, what it starts from, and every tag reached."""
    scope = {"position": position, "starts": sorted(starts), "tags": sorted(tags)}
    return hashlib.sha256(msgspec.json.encode(scope, order="sorted")).digest()


def _affected(states: StatesAsOf, links: list[Edge], tag: str, *, later: bool) -> Affected:
    made = card(states, tag)
    recorded = [edge.source for edge in links if not edge.refused]
    material = states.state(MATERIAL, tag)
    gone = bool(material.emptied_by or material.destroyed_by)
    return Affected(
        tag=tag,
        what=made.what,
        status="destroyed" if material.destroyed_by else made.status,
        left=kind_of(tag) == "material" and not gone,
        place=made.place,
        holder=made.holder,
        position=min(recorded or [edge.source for edge in links], default=0),
        refused=bool(links) and not recorded,
        later=later,
        imported=bool(links) and all(edge.imported for edge in links),
    )
