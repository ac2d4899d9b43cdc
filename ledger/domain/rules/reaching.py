"""What a fact that reaches back, or a record about a fact, changes for later facts on other containers.

A container is given because of facts about other things: the collection that its cells came from, the consignment in
which it travelled, the release of its batch. When one of these changes, every later fact on a container that rests on
it is asked again, with the change and without: whose is it, who had it, was it released. What only the change breaks is
a note that names the positions.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts import counting
from ledger.domain.facts.about import Fact
from ledger.domain.facts.allocation import MaterialAllocated
from ledger.domain.facts.batches import RemakeStarted
from ledger.domain.facts.certification import QpCertified, QualityControllerReleased
from ledger.domain.facts.clinical_area import MaterialReturned
from ledger.domain.facts.content import Content
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.excursions import TemperatureExcursionDetected
from ledger.domain.facts.holding import QuarantineImposed, RejectionDecided
from ledger.domain.facts.importing import ImportVerified
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.storage import ContainerDamaged, MaterialStored
from ledger.domain.facts.transport import ConsignmentArrivedUnexpectedly, ConsignmentLost, ConsignmentPacked
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Versions
from ledger.domain.rules.catalogue import rules_for, rules_of
from ledger.domain.rules.context import Later, Lookup, Missing, again, gather
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.condition import STORAGE_POSITION
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.history import History
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY, MATERIAL
from ledger.domain.subjects.subject import AnySubject, Statement

ASKED: Final = frozenset(("I1", "I2", "R1", "R2", "C2", "C5"))
"""Rules that read what other things than the container itself say of it."""

HELD: Final = frozenset(("R6",))
"""The rule that is asked when something turns out to have been held."""

HANDED_ON: Final = ("R6", 2)
"""From this revision on it is asked too when what was held turns out to have been put into another container, and when
a container turns out to have been sent back or damaged."""

MOST_CONTAINERS: Final = 64
MOST_FACTS: Final = 256
"""Containers and later facts that are looked at inside the transaction."""

Found = dict[tuple[str, str], set[int]]
"""(rule, tag) to the positions of the facts that break it."""


class Reach(Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        found: What only the change breaks.
        unchecked: Containers beyond the bounds.
    """

    found: Found
    unchecked: tuple[str, ...] = ()


def reach(
    stated: Statement, target: Versions | None, parameters: Mapping[str, str], look: Lookup, missing: Missing
) -> Reach:
    """Asks the later facts on every container that rests on a fact; what is not at hand is noted."""
    times = sorted(filter(None, (stated.effective, _at(target))))
    ask = _Asking(stated=stated, times=(times[0], times[-1]), parameters=parameters, look=look, missing=missing)
    before = _before(target)
    first = {tag for content in (before, stated.content) if content is not None for tag in ask.containers(content)}
    if not first:
        return Reach(found={})
    containers = ask.downwards(first)
    later: dict[int, Statement] = {}
    for tag in sorted(containers)[:MOST_CONTAINERS]:
        for subject in (MATERIAL, CUSTODY) if tag in first else (MATERIAL,):
            history = ask.whole(subject, tag)
            if history is not None:
                later |= {item.target: item for item in history.later((times[0], 0)) if item.target != stated.target}
    if missing:
        return Reach(found={})
    asked = [item for _, item in sorted(later.items())]
    found: Found = {}
    for item in asked[:MOST_FACTS]:
        for place in ask.newly_broken(item):
            found.setdefault(place, set()).add(item.target)
    beyond = sorted(containers)[MOST_CONTAINERS:] or (sorted(first)[:1] if len(asked) > MOST_FACTS else [])
    return Reach(found=found, unchecked=tuple(beyond))


def _before(target: Versions | None) -> Content | None:
    if target is None:
        return None
    return target.effect.content if target.effect is not None else counting.inside(target.record.content)


def _at(target: Versions | None) -> datetime | None:
    if target is None:
        return None
    if target.effect is not None:
        return target.effect.effective
    return counting.effective(target.record.content, target.record.stamp.recorded_at)


class _Asking(Struct, frozen=True, kw_only=True):
    """One question, with what is at hand; `times` are where the fact stood and stands, the earlier one first."""

    stated: Statement
    times: tuple[datetime, datetime]
    parameters: Mapping[str, str]
    look: Lookup
    missing: Missing

    def asked(self) -> frozenset[str]:
        """The rules that are asked of later facts: whether they are held, or what else they rest on."""
        content = self.stated.content
        if content is None:
            return ASKED
        if isinstance(content.fact, QuarantineImposed | RejectionDecided):
            return HELD
        if not self.hands_on():
            return ASKED
        if isinstance(content.fact, MaterialReturned | ContainerDamaged):
            return HELD
        work = content.fact.work()
        return ASKED | HELD if work is not None and work.inputs and work.outputs else ASKED

    def hands_on(self) -> bool:
        """Whether the rulebook has holds go along with contents."""
        rule, revision = HANDED_ON
        known = rules_of(self.parameters).get(rule)
        return known is not None and known.revision >= revision

    def containers(self, content: Content) -> Iterator[str]:
        """The containers that rest on a fact itself. A first receipt takes nothing away, so only others are asked."""
        fact, work = content.fact, content.fact.work()
        if work is not None:
            yield from (tag_of("material", out.material) for out in work.outputs)
            if not work.outputs and work.batch is not None:
                yield from self.made_in(tag_of("batch", work.batch))
        elif isinstance(
            fact, ConsignmentDispatched | ConsignmentPacked | ConsignmentArrivedUnexpectedly | MaterialAllocated
        ):
            yield from (tag_of("material", item) for item in fact.materials)
        elif isinstance(
            fact,
            BatchOpened
            | RemakeStarted
            | PointOfCareReleased
            | QpCertified
            | QualityControllerReleased
            | ImportVerified,
        ):
            yield from self.made_in(tag_of("batch", fact.batch))
        elif isinstance(fact, ConsignmentReceived) and (self.stated.known != self.stated.target or self.stated.broken):
            yield from self.carried(tag_of("consignment", fact.consignment))
        else:
            yield from self.against_use(fact)

    def against_use(self, fact: Fact) -> Iterator[str]:
        """The containers of a hold, or those that were in what left its limits."""
        if isinstance(fact, QuarantineImposed | RejectionDecided):
            yield from self.held(fact)
        elif isinstance(fact, TemperatureExcursionDetected | ConsignmentLost):
            yield from self.exposed(fact)
        elif isinstance(fact, MaterialReturned) and self.hands_on():
            yield from (tag_of("material", item) for item in fact.materials)
        elif isinstance(fact, ContainerDamaged) and self.hands_on():
            yield tag_of("material", fact.material)

    def held(self, fact: QuarantineImposed | RejectionDecided) -> Iterator[str]:
        """The containers that a hold names, or those of the batch, the donation or the consignment that it names.

        A held lot or storage position bars no use by itself (R6).
        """
        named = fact.containers.materials if fact.containers is not None else ()
        yield from (tag_of("material", item) for item in named)
        yield from self.made_in(tag_of("batch", fact.batch)) if fact.batch is not None else ()
        if fact.donation is not None:
            history = self.whole(DONATION_STATUS, tag_of("donation", fact.donation))
            yield from history.newest.bags if history is not None else ()
        if fact.consignment is not None:
            yield from self.carried(tag_of("consignment", fact.consignment))

    def exposed(self, fact: TemperatureExcursionDetected | ConsignmentLost) -> Iterator[str]:
        """The containers that were in what left its limits, as far as they are remembered."""
        if isinstance(fact, TemperatureExcursionDetected) and fact.containers is not None:
            yield from (tag_of("material", item) for item in fact.containers.materials)
        if fact.consignment is not None:
            yield from self.carried(tag_of("consignment", fact.consignment))
        if isinstance(fact, TemperatureExcursionDetected) and fact.zone is not None:
            yield from self.lay_in(tag_of("zone", fact.zone), fact.duration_seconds or 0)

    def lay_in(self, zone: str, seconds: int) -> Iterator[str]:
        """The containers that lay in a storage position then, or were put into it while that lasted."""
        since, until = self.times[0], civil_time.moved(self.times[1], timedelta(seconds=seconds))
        history = self.look.history(STORAGE_POSITION, zone)
        if history is None:
            self.missing.histories.add((STORAGE_POSITION, zone))
        elif not history.reaches((since, 0)):
            self.missing.whole.add((STORAGE_POSITION, zone))
        else:
            yield from history.state((since, 0)).contents
            for item in history.later((since, 0)):
                stored = item.content.fact if item.content is not None and item.effective <= until else None
                if isinstance(stored, MaterialStored) and tag_of("zone", stored.zone) == zone:
                    yield from (tag_of("material", one) for one in stored.materials)

    def made_in(self, batch: str) -> tuple[str, ...]:
        """The containers that were filled in a batch."""
        history = self.whole(BATCH_RECORD, batch)
        containers: tuple[str, ...] = history.newest.containers if history is not None else ()
        return containers

    def carried(self, consignment: str) -> tuple[str, ...]:
        """The containers in a consignment."""
        history = self.whole(CONSIGNMENT, consignment)
        materials: tuple[str, ...] = history.newest.materials if history is not None else ()
        return materials

    def downwards(self, first: Iterable[str]) -> set[str]:
        """Those containers, and all that were made from them."""
        todo, seen = sorted(first), set(first)
        while todo and len(seen) <= MOST_CONTAINERS:
            history = self.whole(MATERIAL, todo.pop())
            into = history.newest.into if history is not None else ()
            batches = {tag for tag in into if kind_of(tag) == "batch"}
            fresh = ({*into, *(made for tag in batches for made in self.made_in(tag))} - batches) - seen
            seen |= fresh
            todo += sorted(fresh)
        return seen

    def whole(self, subject: AnySubject, tag: str) -> History | None:
        """A history, or None when it is still to be loaded."""
        found = self.look.history(subject, tag)
        if found is None:
            self.missing.histories.add((subject, tag))
        elif not found.whole:
            self.missing.whole.add((subject, tag))
        return found

    def newly_broken(self, item: Statement) -> set[tuple[str, str]]:
        """What a later fact breaks with the change, and did not break without it."""
        without = self._broken(item, self.look)
        return {(rule, tag) for rule, tag, _ in self._broken(item, Later(self.look, self.stated)) - without}

    def _broken(self, item: Statement, look: Lookup) -> set[tuple[str, str, str]]:
        if item.content is None:
            return set()
        context = gather(item.content, item.key, item.target, look, self.missing)
        case, asked = again(item, item.content, context, self.parameters), self.asked()
        return {
            (rule.id, broken.tag, broken.must)
            for rule in rules_for(item.type, self.parameters)
            if rule.id in asked
            for broken in rule.judge(case)
            if not broken.note
        }
