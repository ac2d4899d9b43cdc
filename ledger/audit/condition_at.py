"""The picture of a story: where each container was at each step, who had it, in which state, and what nobody knows.

The facts are folded as they count by what was known, in the order in which they took effect; so the picture stands on
both axes of the question. Sites and storage positions are looked up: they belong to no story. What the ledger's rules
know of quarantine is said by them; here it is what the story itself says.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from ledger.audit.asked import own_tags, read
from ledger.domain.facts.about import Fact
from ledger.domain.facts.clinical_area import MaterialDestroyed, MaterialReturned
from ledger.domain.facts.collection import AcceptanceDisposition, MaterialAccepted
from ledger.domain.facts.custody import ConsignmentReceived
from ledger.domain.facts.excursions import TemperatureExcursionDetected
from ledger.domain.facts.holding import QuarantineImposed, QuarantineLifted, RejectionDecided
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects import amount
from ledger.domain.subjects.condition import CONDITION, STORAGE_POSITION, Condition
from ledger.domain.subjects.containers import MATERIAL, Material
from ledger.domain.subjects.custody import CONSIGNMENT, CUSTODY, Consignment, Custody
from ledger.domain.subjects.excursions import Excursion
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.subject import AnySubject, Entry, Statement, statement
from ledger.domain.subjects.succession import SUCCESSION, heir
from ledger.store.log import Reading

SUBJECTS: Final[tuple[AnySubject, ...]] = (
    CUSTODY,
    CONSIGNMENT,
    CONDITION,
    STORAGE_POSITION,
    MATERIAL,
    SITE_STATUS,
    SUCCESSION,
)

_SCOPES: Final = frozenset(("material", "batch", "consignment", "donation", "lot"))
"""Kinds of things that are put aside as a whole."""

_TAKEN_OVER: Final = "OrganisationSucceeded"

_MOST_REGISTERED: Final = 1_000
"""Facts of one site or storage position that are looked up."""


class Container(Struct, frozen=True, kw_only=True):
    """A container as it stands after a step.

    Attributes:
        container: Its tag.
        holder: Organisation that has it; the site when that is not registered; empty when nobody knows.
        site: Where it is; empty on the way.
        consignment: Consignment in which it travels, or waits packed; empty otherwise.
        zone: Storage position in which it lies; empty otherwise.
        status: What is true of it: held, packed, in transit, lost, in storage, frozen, thawed, quarantined, rejected,
            damaged, returned, being given, given, used up, destroyed.
        remaining: What is left, as a person writes it, per unit; empty when nobody counted.
        temperature: Last known temperature or class, as a person writes it; empty when not known.
        gaps: Hands between which custody is on no record.
        questions: What is open: excursions that nobody assessed, losses, arrivals that nobody expected.
    """

    container: str
    holder: str = ""
    site: str = ""
    consignment: str = ""
    zone: str = ""
    status: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    temperature: str = ""
    gaps: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def pictured(
    reading: Reading, found: Iterable[Record], last: int, limit: datetime | None
) -> tuple[tuple[Statement, tuple[Container, ...]], ...]:
    """Folds a story and says after each of its facts which containers it changed, and how they stand.

    Args:
        reading: The log.
        found: Every record of the story that was known, those about facts too.
        last: The last position that was known.
        limit: Only what took effect up to here.

    Returns:
        The facts as they count, in the order of their effect, each with the containers that it changed.
    """
    said: dict[int, Statement] = {}
    for record in sorted(found, key=lambda one: one.stamp.position):
        _take_up(said, record)
    for rows in reading.load(_registered(said.values()), last, most=_MOST_REGISTERED):
        for row in rows:
            other = read(row)
            if other is not None:
                _take_up(said, other)
    for record in _successions(reading, last):
        _take_up(said, record)
    counted = [item for item in said.values() if item.content is not None and _before(item, limit)]
    world = _World()
    return tuple((item, tuple(world.after(item))) for item in sorted(counted, key=lambda item: item.key))


def _take_up(said: dict[int, Statement], record: Record) -> None:
    stated = statement(record)
    if stated is not None and (stated.target not in said or stated.known > said[stated.target].known):
        said[stated.target] = stated


def _successions(reading: Reading, last: int) -> Iterator[Record]:
    """Who took over whom, with what was said of that later; there are few, or none."""
    found = [record for row in reading.types([_TAKEN_OVER], 0, last, _MOST_REGISTERED) if (record := read(row))]
    for tag in sorted({tag for record in found for tag in own_tags(record) if kind_of(tag) == "organisation"}):
        for row in reading.search([tag], [_TAKEN_OVER], 0, last, _MOST_REGISTERED):
            if (record := read(row)) is not None:
                yield record


def _before(item: Statement, limit: datetime | None) -> bool:
    return limit is None or item.effective <= limit


def _registered(said: Iterable[Statement]) -> list[tuple[str, frozenset[str]]]:
    tags = {tag for item in said for tag in item.tags}
    zones = [
        (tag, frozenset(("ZoneRegistered", "TemperatureExcursionDetected")))
        for tag in sorted(tags)
        if kind_of(tag) == "zone"
    ]
    return [*zones, *((tag, frozenset(("SiteRegistered",))) for tag in sorted(tags) if kind_of(tag) == "site")]


def _held_by(fact: Fact, scope: list[str]) -> list[str]:
    """What a fact puts aside until a decision lifts it: what comes back is as if put into quarantine."""
    if isinstance(fact, MaterialReturned):
        return [tag_of("material", material) for material in fact.materials]
    held = isinstance(fact, MaterialAccepted) and fact.disposition is AcceptanceDisposition.TO_QUARANTINE
    return scope if isinstance(fact, QuarantineImposed) or held else []


class _World:
    """Everything that is known after the facts taken up so far."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], Any] = {}
        self._shown: dict[str, Container] = {}
        self._rests_on: dict[str, frozenset[str]] = {}
        self._held: dict[str, set[int]] = {}
        self._rejected: set[str] = set()
        self._destroyed: set[str] = set()
        self._measured: dict[str, str] = {}

    def after(self, item: Statement) -> Iterator[Container]:
        """Takes up one fact; yields the containers that stand otherwise than before."""
        if item.content is None:
            return
        for tag in item.tags:
            for subject in SUBJECTS:
                if kind_of(tag) in subject.kinds and item.type in subject.types:
                    entry = Entry(tag=tag, position=item.target, at=item.effective, content=item.content)
                    self._states[subject.name, tag] = subject.fold(self.state(subject, tag), entry)
        self._put_aside(item, item.content.fact)
        self._log(item, item.content.fact)
        concerned = {tag for tag, rests_on in self._rests_on.items() if not rests_on.isdisjoint(item.tags)}
        for tag in sorted(concerned | {tag for tag in item.tags if kind_of(tag) == "material"}):
            now = self._container(tag, item.effective)
            if now != self._shown.get(tag):
                self._shown[tag] = now
                yield now

    def state(self, subject: AnySubject, tag: str) -> Any:  # noqa: ANN401 - each subject has its own state
        """A subject's state by now."""
        return self._states.get((subject.name, tag), subject.empty)

    def _put_aside(self, item: Statement, fact: Fact) -> None:
        scope = [tag for tag in item.tags if kind_of(tag) in _SCOPES]
        for tag in _held_by(fact, scope):
            self._held.setdefault(tag, set()).add(item.target)
        if isinstance(fact, QuarantineLifted) and fact.for_patient is None:
            for tag in scope:
                self._held.get(tag, set()).discard(fact.quarantine)
        elif isinstance(fact, RejectionDecided):
            self._rejected.update(scope)
        elif isinstance(fact, MaterialDestroyed):
            self._destroyed.update(scope)

    def _log(self, item: Statement, fact: Fact) -> None:
        if isinstance(fact, ConsignmentReceived):
            self._measure(tag_of("consignment", fact.consignment), fact.min_celsius, fact.max_celsius)
        elif isinstance(fact, TemperatureExcursionDetected):
            for tag in item.tags:
                if kind_of(tag) in ("material", "consignment", "zone"):
                    self._measure(tag, fact.lowest_celsius, fact.highest_celsius)

    def _measure(self, tag: str, lowest: str | None, highest: str | None) -> None:
        ends = dict.fromkeys(end for end in (lowest, highest) if end is not None)
        if tag and ends:
            self._measured[tag] = f"{' to '.join(ends)} °C logged"

    def _container(self, tag: str, at: datetime) -> Container:
        custody: Custody = self.state(CUSTODY, tag)
        material: Material = self.state(MATERIAL, tag)
        consignment: Consignment = self.state(CONSIGNMENT, custody.consignment)
        condition: Condition = self.state(CONDITION, tag)
        site = custody.site or consignment.site
        zones = (stay.zone for stay in condition.stays)
        own = (custody.consignment, consignment.origin, site, material.batch, material.donation)
        self._rests_on[tag] = frozenset((*own, *condition.journeys, *zones)) - {""}
        travels = custody.consignment if not custody.site and not consignment.receipts else ""
        if tag in self._destroyed or material.emptied_by:  # nobody holds what is gone
            custody, consignment, site, travels = Custody(), Consignment(), "", ""
        return Container(
            container=tag,
            holder=custody.organisation or self._party(site) or (consignment.holder() if travels else ""),
            site=site,
            consignment=travels,
            zone=custody.zone,
            status=tuple(self._status(tag, custody, material)),
            remaining=tuple(amount.spoken(value, unit, of) for unit, of, value in material.remaining),
            temperature=self._temperature(tag, custody),
            gaps=self._gaps(consignment),
            questions=tuple(self._questions(tag, at)),
        )

    def _party(self, site: str) -> str:
        known = self.state(SITE_STATUS, site)
        taken = heir(
            lambda tag: self.state(SUCCESSION, tag), known.organisation, SuccessionPart.SITES, site, known.since
        )
        return taken or site

    def _status(self, tag: str, custody: Custody, material: Material) -> Iterator[str]:
        condition: Condition = self.state(CONDITION, tag)
        gone = tag in self._destroyed or bool(material.emptied_by)
        if not gone and not material.ends:
            yield self._place(custody)
        yield from (word for word, true in self._conditions(tag, condition, material, custody) if true)

    def _place(self, custody: Custody) -> str:
        consignment: Consignment = self.state(CONSIGNMENT, custody.consignment)
        if custody.zone:
            return "in storage"
        if custody.site or not custody.consignment:
            return "held"
        if consignment.lost:
            return "lost"
        if consignment.site:
            return "held" if consignment.receipts or consignment.unexpected else "packed"
        return "in transit"

    def _conditions(
        self, tag: str, condition: Condition, material: Material, custody: Custody
    ) -> tuple[tuple[str, bool], ...]:
        consignment: Consignment = self.state(CONSIGNMENT, custody.consignment)
        scopes = (tag, material.batch, material.donation, custody.consignment)
        unannounced = set(consignment.unexpected).difference(position for position, _ in condition.assessed)
        aside = bool(unannounced) or any(self._held.get(item) for item in scopes)
        destroyed = tag in self._destroyed
        used = bool(material.emptied_by) and not material.ends and not destroyed
        return (
            ("frozen", condition.frozen),
            ("thawed", condition.thawed_at is not None and not condition.frozen),
            ("quarantined", aside),
            ("rejected", any(item in self._rejected for item in scopes)),
            ("damaged", bool(condition.damaged)),
            ("returned", bool(condition.returned)),
            ("being given", material.under_way > 0),
            ("given", bool(material.ends) and not material.under_way),
            ("used up", used),
            ("destroyed", destroyed),
        )

    def _temperature(self, tag: str, custody: Custody) -> str:
        condition: Condition = self.state(CONDITION, tag)
        if custody.zone:
            kept = condition.temperature or self.state(STORAGE_POSITION, custody.zone).temperature
            return kept.name.lower().replace("_", " ") if kept is not None else self._measured.get(custody.zone, "")
        return self._measured.get(tag, "") or self._measured.get(custody.consignment, "")

    def _gaps(self, consignment: Consignment) -> tuple[str, ...]:
        sender = self.state(SITE_STATUS, consignment.origin).organisation
        return tuple(f"no hand-over from {gap.last} to {gap.next}" for gap in consignment.gaps(sender))

    def _questions(self, tag: str, at: datetime) -> Iterator[str]:
        condition: Condition = self.state(CONDITION, tag)
        custody: Custody = self.state(CUSTODY, tag)
        if custody.missing and tag not in self._destroyed:
            yield f"missing at the stock count #{custody.missing}"
        for excursion in self._met(condition):
            said = condition.outcome(excursion)
            named = " and ".join(f"#{position}" for position in excursion.positions)
            if excursion.at <= at and said is None:
                yield f"{excursion.what} {named} not assessed"
            elif said is not None and said.name != "USE":
                yield f"{excursion.what} {named} assessed as {said.name.lower()}"

    def _met(self, condition: Condition) -> Iterator[Excursion]:
        yield from condition.excursions
        for journey in condition.journeys:
            yield from self.state(CONSIGNMENT, journey).excursions
        for stay in condition.stays:
            position = self.state(STORAGE_POSITION, stay.zone)
            yield from (item for item in position.excursions if stay.met(item))
