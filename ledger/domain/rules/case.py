"""The case before a rule: one fact, the time it is judged at, and the subjects as they stood then."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct, field

from ledger.domain.facts.about import Fact, Kind
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Cure, Effect, Record, Recorder
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.containers import Material
from ledger.domain.subjects.history import LAST, History
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY, MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT, SITE_STATUS, Product
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.subject import Subject
from ledger.domain.subjects.succession import SUCCESSION, heir

S = TypeVar("S")

COUNTRIES: Final = "approved-import-countries"
"""Countries whose certification is verified on import, by their codes; with `.CODE` behind it one country: 1 or 0."""

HISTORIC_AGE: Final = "historic-age-days"
"""How old what happened has to be to be imported as history; what is newer is recorded as itself, and judged."""

LATE_ENTRY: Final = "late-entry-seconds"
"""How long after it happened a fact may come without a reason; with `.Type` behind it, for one fact type alone."""

CLOCKS_APART: Final = timedelta(seconds=2)
"""How far two clocks that both count as right may be apart: the ledger's from its store's (beyond, nothing is
recorded), and so the ledger's from that of whoever dates a decision. No parameter: it is a property of the machines."""

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        COUNTRIES: "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK",
        "bedside-check-identifiers": "2",
        "bedside-check-people": "2",
        "bedside-check-valid-seconds": "1800",
        "control-site-confirmation": "1",
        "donor-identifiers": "2",
        HISTORIC_AGE: "30",
        LATE_ENTRY: "86400",
        "label-exemption-seconds": "120",
        "out-of-specification-notice-seconds": "172800",
        "donor-tests-deceased-days-after": "1",
        "donor-tests-deceased-days-before": "7",
        "donor-tests-living-days-after": "7",
        "donor-tests-living-days-before": "1",
        "donor-tests-progenitors-days-after": "1",
        "donor-tests-progenitors-days-before": "30",
        "donor-tests-repeat-days": "180",
        "on-the-spot-seconds": "86400",
        "proceeding-valid-seconds": "1800",
        "place-tolerance-metres": "100",
        "report-adverse-reaction-days": "15",
        "report-control-site-annual-days": "60",
        "report-non-serious-reaction-days": "90",
        "report-serious-adverse-follow-up-days": "90",
        "report-serious-adverse-seconds": "86400",
        "report-serious-breach-days": "7",
        "report-susar-days": "15",
        "report-susar-fatal-days": "7",
        "retention-batch-years": "1",
        "retention-blood-tests-years": "15",
        "retention-certification-years": "5",
        "retention-decentralised-supply-years": "5",
        "retention-special-supply-years": "5",
        "retention-traceability-years": "30",
        "retention-trial-application-years": "2",
        "retention-trial-batch-years": "5",
        "retention-trial-samples-years": "2",
        "retention-trial-years": "25",
        "suspension-lifted-by-variation": "2",
        "tolerance-cells-percent": "10",
        "tolerance-volume-percent": "5",
        "two-step-release": "0",
    }
)
"""Parameters of rulebook 0; a rulebook adopted may set others."""


class Versions(Struct, frozen=True, kw_only=True):
    """An original fact with the newest record about it, for rules on records.

    Attributes:
        record: The original.
        effect: The newest effect, if any.
        by: Position of the record that has it.
        cures: What that record cures: what the original cured counts no more.
    """

    record: Record
    effect: Effect | None = None
    by: int = 0
    cures: tuple[Cure, ...] = ()


class Case(Struct, frozen=True, kw_only=True, dict=True):
    """One fact before the rules. What several rules work out of it is kept beside the fields (see frame).

    Attributes:
        content: The fact.
        kind: Its kind.
        position: Where it stands, or will.
        at: The moment at which it is judged: its effective time, or an end of its uncertainty.
        recorded_at: Our clock.
        recorder: Who recorded it.
        states: (subject name, tag) to state.
        histories: The same, with all that is known.
        without: Position of the original that is judged again, to be left out of what is known.
        ancestors: Tags of everything that the materials named came from.
        lineages: The same for each of these, and for the batch worked on.
        parameters: Numbers of the rulebook.
        target: For a record about a fact: the fact.
        validate_only: Only asked: signatures may still be owed.
    """

    content: Content
    kind: Kind
    position: int
    at: datetime
    recorded_at: datetime
    recorder: Recorder
    states: Mapping[tuple[str, str], Any]
    histories: Mapping[tuple[str, str], History] = MappingProxyType({})
    without: int = 0
    ancestors: frozenset[str] = frozenset()
    lineages: Mapping[str, frozenset[str]] = MappingProxyType({})
    parameters: Mapping[str, str] = DEFAULTS
    target: Versions | None = None
    validate_only: bool = False

    @property
    def fact(self) -> Fact:
        """The fact's own fields."""
        return self.content.fact

    @property
    def envelope(self) -> Envelope:
        """Who, where, when."""
        return self.content.envelope

    @property
    def site(self) -> str:
        """Tag of the site where it happened."""
        return tag_of("site", self.envelope.place.site)

    def state(self, subject: Subject[S], tag: str) -> S:
        """A subject's state as it stood; its empty state when nothing is known."""
        found: S = self.states.get((subject.name, tag), subject.empty)
        return found

    def known(self, subject: Subject[S], tag: str) -> S:
        """A subject's state with all that is known, later than the fact too."""
        history = self.histories.get((subject.name, tag))
        found: S = subject.empty if history is None else history.state(LAST, self.without)
        return found

    def linked(self, subject: Subject[S], tag: str) -> S:
        """The state whose links are followed: as it stood, or as it is known when it led nowhere then."""
        state = self.state(subject, tag)
        return state if any(subject.links(state)) else self.known(subject, tag)

    def whole(self, name: str) -> int:
        """A parameter as a whole number."""
        return int(Decimal(self.parameters[name]))

    def standing(self, material: str) -> Material:
        """A container's state; of one that was only divided, frozen or filled over, that of what it came from.

        What has neither a chain nor a batch of its own stands where the containers stand from which it was filled.
        """
        todo, seen = [material], {material}
        while todo:
            state = self.linked(MATERIAL, todo.pop(0))
            if state.coi or state.batch:
                return state
            todo += [parent for parent in state.parents if parent not in seen]
            seen.update(state.parents)
        return self.linked(MATERIAL, material)

    def batch_of(self, material: str) -> str:
        """Batch in which a container was filled, or from which it was divided; empty when not known."""
        return self.standing(material).batch

    def chain_of(self, material: str) -> str:
        """Chain of a container: of its collection, or of the batch that made it; empty when not known."""
        state = self.standing(material)
        return state.coi or self.linked(BATCH_RECORD, state.batch).coi

    def product_of(self, batch: str, chain: str) -> str:
        """Product of a batch, else of a chain."""
        return self.linked(BATCH_RECORD, batch).product or self.linked(CHAIN, chain).product

    def product(self, tag: str) -> Product:
        """A product's data."""
        return self.state(PRODUCT, tag)

    def person(self, tag: str) -> str:
        """The person behind an id or professional number: the id first registered, or the tag itself."""
        return self.state(PERSON, tag).first or tag

    def patients(self, tag: str) -> frozenset[str]:
        """Every pseudonym of the patient behind one: who they are is no matter of time, so all that is known counts."""
        todo, seen = [tag], {tag}
        while todo:
            name = todo.pop()
            for links in (self.state(PATIENT_LINKS, name), self.known(PATIENT_LINKS, name)):
                fresh = {links.survivor, *links.superseded} - seen - {""}
                seen |= fresh
                todo += sorted(fresh)
        return frozenset(seen)

    def patient(self, tag: str) -> str:
        """The patient behind a pseudonym: the one that stays after all links, or the tag itself."""
        names = self.patients(tag)
        staying = {name for name in names if not self._superseded(name)}
        return min(staying or names)

    def _superseded(self, tag: str) -> bool:
        return bool(self.state(PATIENT_LINKS, tag).survivor or self.known(PATIENT_LINKS, tag).survivor)

    def people(self) -> tuple[str, ...]:
        """Second persons named, as people."""
        return tuple(self.person(tag_of("person", item)) for item in self.envelope.verified_by)

    def performer(self) -> str:
        """The person who did it."""
        return self.person(tag_of("person", self.envelope.performed_by))

    def party_at(self, site: str) -> str:
        """The organisation that runs a site, as it is called now; the site itself when it is not registered."""
        status = self.state(SITE_STATUS, site)
        return self.heir(status.organisation, SuccessionPart.SITES, site, status.since) or site

    def heir(self, organisation: str, part: SuccessionPart, thing: str = "", since: datetime | None = None) -> str:
        """Who stands where an organisation stood: its successor, and so on; itself where nobody took that over.

        Args:
            organisation: Its tag.
            part: Whether its sites, its licences or its records are asked for.
            thing: The site or licence; empty for the organisation as a whole.
            since: Only what passed after this moment.
        """
        return heir(lambda tag: self.state(SUCCESSION, tag), organisation, part, thing, since)

    def houses(self, scopes: AbstractSet[str]) -> AbstractSet[str]:
        """The same tags, with everybody from whom an organisation among them took over all sites, and who took over.

        What was granted in one of them holds in the house that they became.
        """
        todo, found = list(scopes), set(scopes)
        while todo:
            for item in self.state(SUCCESSION, todo.pop()).passages:
                if item.passes(SuccessionPart.SITES):
                    todo += sorted({item.giver, item.taker} - found)
                    found |= {item.giver, item.taker}
        return found

    def holder_site(self, material: str) -> str:
        """Where a container is: where it was filled or received, or where its consignment stands; empty in transit."""
        custody = self.state(CUSTODY, material)
        return custody.site or self.state(CONSIGNMENT, custody.consignment).site

    def holder(self, material: str) -> str:
        """The organisation that has a container: who took it over, else who runs the place; empty in transit."""
        taken = self.state(CUSTODY, material).organisation
        site = self.holder_site(material)
        return self.heir(taken, SuccessionPart.SITES) or (self.party_at(site) if site else "")


class Watch(Struct):
    """What was seen of the rules that were put to one case.

    Attributes:
        looks: How often its time was asked for.
        steady: Ids of rules that found nothing and never asked for the time: they find nothing at any other either.
    """

    looks: int = 0
    steady: set[str] = field(default_factory=set)


class Watched(Case, frozen=True, kw_only=True, dict=True):
    """A case that sees who asks for its time. A rule is pure: what it finds without that, it finds at any time.

    Attributes:
        watch: What was seen; shared by the same case at other moments.
    """

    watch: Watch = field(default_factory=Watch)

    @property  # type: ignore[misc]  # no new field: the same one, seen
    def at(self) -> datetime:
        """The moment at which it is judged."""
        self.watch.looks += 1
        return _AT(self)

    @property  # type: ignore[misc]  # no new field: the same one, seen
    def recorded_at(self) -> datetime:
        """Our clock."""
        self.watch.looks += 1
        return _RECORDED_AT(self)


KEPT: Final = "frame."
"""How the names begin of what is kept beside the fields of a case; no attribute has a dot in its name."""


def moved(case: Case, at: datetime, recorded_at: datetime) -> Case:
    """The same case at another moment; where it is watched, what was worked out without the time stays with it."""
    other = msgspec.structs.replace(case, at=at, recorded_at=recorded_at)
    if isinstance(case, Watched):
        other.__dict__.update({name: kept for name, kept in case.__dict__.items() if not kept[1]})
    return other


_AT: Final[Callable[[Case], datetime]] = vars(Case)["at"].__get__
_RECORDED_AT: Final[Callable[[Case], datetime]] = vars(Case)["recorded_at"].__get__


def tags_of(kind: str, items: Iterable[Any]) -> tuple[str, ...]:
    """Tags of identifiers of one kind."""
    return tuple(tag_of(kind, item) for item in items)
