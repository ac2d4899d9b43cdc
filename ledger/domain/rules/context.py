"""Context in rounds: the subjects that a fact's rules need, reached from the tags that it names.

Derived by the ledger, never claimed by the caller. Four rounds for most facts (consignment, material, batch and chain,
product and licence), and one more for each time that a container was divided, frozen or filled over on the way. Links
are followed as of the fact's effective time; a link later than the fact is followed as it is known, and the verdict
says so. Nothing is loaded here: what is not at hand is noted as missing, and the question asked again.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Protocol

from msgspec import Struct, field

from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.records import Corrected, DidNotHappen, RecordedAsDeviation
from ledger.domain.facts.settling import IdentifierLinked
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case, Versions
from ledger.domain.rules.catalogue import REVISIONS, known_for
from ledger.domain.rules.custody import rests_on
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.history import LAST, History, Key
from ledger.domain.subjects.materials import CONSIGNMENT, MATERIAL
from ledger.domain.subjects.papers import AGREEMENT, LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.settlement import NAMES
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.subject import AnySubject, Statement
from ledger.domain.subjects.succession import SUCCESSION

ROUNDS: Final = 12
"""Rounds at most: four, and eight containers that were only divided, frozen or filled over."""

_INHERIT: Final = {
    "m": (MATERIAL, BATCH_RECORD),
    "b": (BATCH_RECORD,),
    "c": (CONSIGNMENT, MATERIAL, BATCH_RECORD),
    "k": (CHAIN,),
    "n": (DONATION_STATUS,),
    "s": (SITE_STATUS,),
    "d": (CASE,),
}


class Missing(Struct):
    """What a question needs and is not at hand."""

    histories: set[tuple[AnySubject, str]] = field(default_factory=set)
    whole: set[tuple[AnySubject, str]] = field(default_factory=set)
    lineage: set[str] = field(default_factory=set)
    positions: set[int] = field(default_factory=set)

    def take(self, other: "Missing") -> None:
        """Takes up what another question needs too."""
        self.histories |= other.histories
        self.whole |= other.whole
        self.lineage |= other.lineage
        self.positions |= other.positions

    def __bool__(self) -> bool:
        """Something is missing."""
        return bool(self.histories or self.whole or self.lineage or self.positions)


class Lookup(Protocol):
    """What is at hand. A miss is noted in `missing` by who asked."""

    def history(self, subject: AnySubject, tag: str) -> History | None:
        """A subject's history, or None when it is not at hand."""
        ...

    def ancestors(self, tag: str) -> frozenset[str] | None:
        """Everything that a thing came from, or None when it is not at hand."""
        ...

    def versions(self, position: int) -> tuple[Versions | None] | None:
        """An original fact (None inside: there is none), or None when it is not at hand."""
        ...


class Context(Struct, kw_only=True):
    """The subjects of one fact, as they stood.

    Attributes:
        states: (subject name, tag) to state.
        histories: The same, with all that is known.
        ancestors: Everything that the materials named came from.
        lineages: The same for each of them.
        resolved_later: Tags whose links were only known from later facts.
        deviates: Whether a deviation is open on one of them.
    """

    states: dict[tuple[str, str], Any] = field(default_factory=dict)
    histories: dict[tuple[str, str], History] = field(default_factory=dict)
    ancestors: frozenset[str] = frozenset()
    lineages: dict[str, frozenset[str]] = field(default_factory=dict)
    resolved_later: set[str] = field(default_factory=set)
    deviates: bool = False


@cache
def subjects_for(fact_type: str) -> tuple[AnySubject, ...]:
    """Returns the subjects that a type's rules read, that its late arrival concerns, and that its tags come from.

    Those of every revision of the rules, whichever rulebook asks: a subject too many changes no answer.
    """
    wanted: dict[str, AnySubject] = {SITE_STATUS.name: SITE_STATUS, SUCCESSION.name: SUCCESSION}
    for rule in known_for(fact_type):
        wanted.update({subject.name: subject for subject in (*rule.reads, *rule.over)})
    for rule in REVISIONS:
        if rule.later is not None and fact_type in rule.later[1].types:
            wanted[rule.later[1].name] = rule.later[1]
    for letter in TYPES[fact_type].about.inherits:
        wanted.update({subject.name: subject for subject in _INHERIT.get(letter, ())})
    return tuple(wanted.values())


@cache
def _read(fact_type: str) -> Mapping[str, tuple[AnySubject, ...]]:
    """Subjects that are read of a type's own tags and of what these lead to, by kind of tag."""
    by_kind: dict[str, tuple[AnySubject, ...]] = {}
    for subject in subjects_for(fact_type):
        for kind in subject.kinds:
            by_kind[kind] = (*by_kind.get(kind, ()), subject)
    return by_kind


@cache
def _over(fact_type: str) -> Mapping[str, list[AnySubject]]:
    """Subjects that are read over ancestors, by kind of tag."""
    by_kind: dict[str, list[AnySubject]] = {}
    for subject in {subject.name: subject for rule in known_for(fact_type) for subject in rule.over}.values():
        for kind in subject.kinds:
            by_kind.setdefault(kind, []).append(subject)
    return by_kind


def gather(content: Content, key: Key, without: int, look: Lookup, missing: Missing) -> Context:
    """Collects the context of a fact; what is not at hand is noted and the context is then not to be used.

    Args:
        content: The fact.
        key: Its place in time.
        without: Position of an original to leave out: the fact itself, when it is judged again.
        look: What is at hand.
        missing: Takes up what is not.
    """
    context = Context()
    by_kind = _read(content.type)
    tags = set(tagging.named(content))
    approvers = {tag_of("person", item.approver) for item in content.exceptions if item.approver is not None}
    if approvers:
        asked = (("person", PERSON), ("licence", LICENCE), ("agreement", AGREEMENT))
        more = {kind: tuple(dict.fromkeys((*by_kind.get(kind, ()), subject))) for kind, subject in asked}
        by_kind = {**by_kind, **more}
        tags |= approvers
    walk = _Walk(key=key, gone=(without, content.type), look=look, missing=missing, context=context)
    if over := _over(content.type):
        tags |= _ancestry(content, over, walk)
    seen: set[str] = set()
    for _ in range(ROUNDS):
        tags -= seen
        seen |= tags
        tags = {link for tag in tags for link in walk.visit(tag, by_kind)}
        if not tags:
            break
    return context


def first_names(content: Content, look: Lookup, missing: Missing) -> dict[str, str]:
    """Finds the second names that a fact uses, with the first name of each: tag to tag.

    As they are known now: a name that is linked later than the fact happened is that thing's name all the same.
    """
    found: dict[str, str] = {}
    if isinstance(content.fact, IdentifierLinked):
        return found
    for tag in tagging.named(content):
        first = tag
        for _ in range(ROUNDS):
            if kind_of(first) not in NAMES.kinds:
                break
            history = look.history(NAMES, first)
            if history is None:
                missing.histories.add((NAMES, first))
                break
            if not history.newest.first:
                break
            first = history.newest.first
        if first != tag:
            found[tag] = first
    return found


def again(
    item: Statement,
    content: Content,
    context: Context,
    parameters: Mapping[str, str],
    states: Mapping[tuple[str, str], Any] | None = None,
) -> Case:
    """Puts a fact on record before the rules once more: at its own time, left out of what is known.

    Args:
        item: The fact, as it now counts.
        content: Its content.
        context: Its subjects.
        parameters: Numbers of the rulebook.
        states: Other states than the context's.
    """
    return Case(
        content=content,
        kind=TYPES[item.type].about.kind,
        position=item.target,
        at=item.effective,
        recorded_at=item.effective,
        recorder=item.recorder,
        states=context.states if states is None else states,
        histories=context.histories,
        without=item.target,
        ancestors=context.ancestors,
        lineages=context.lineages,
        parameters=parameters,
    )


_BEYOND: Final = frozenset(("coi", "case", "patient", "donor", "donation", "lot", "deviation", "consignment"))
"""Kinds of tags among what a thing came from that are looked into further: whose it is, and what is held against it."""


def _ancestry(content: Content, over: Mapping[str, list[AnySubject]], walk: "_Walk") -> set[str]:
    """Takes up everything that what a fact rests on came from, and the batches in which that was made.

    Returns where the donations and recalls among it lead: a batch or container on the way is not looked into further.
    """
    found: set[str] = set()
    for thing in rests_on(content):
        ancestors = walk.look.ancestors(thing)
        if ancestors is None:
            walk.missing.lineage.add(thing)
        else:
            walk.context.lineages[thing] = ancestors
            found |= ancestors
    beyond = {link for tag in found for link in walk.visit(tag, over)}
    batches = {walk.context.states[place].batch for place in walk.context.states if place[0] == MATERIAL.name} - {""}
    beyond |= {link for tag in batches - found for link in walk.visit(tag, over)}
    beyond |= {link for tag in beyond if kind_of(tag) in _PLACES for link in walk.visit(tag, over)}
    walk.context.ancestors = frozenset(found | batches)
    return {tag for tag in beyond | found if kind_of(tag) in _BEYOND}


_PLACES: Final = frozenset(("site", "equipment"))
"""Kinds of tags among these of which only is asked what is held against it; a register of each is asked of no
ancestor's."""


class _Walk(Struct, frozen=True, kw_only=True):
    """One walk from tag to tag; `gone` is the original to leave out, with its type."""

    key: Key
    gone: tuple[int, str]
    look: Lookup
    missing: Missing
    context: Context

    def visit(self, tag: str, by_kind: Mapping[str, Iterable[AnySubject]]) -> list[str]:
        """Takes up the subjects of one tag; returns where they lead."""
        found: list[str] = []
        look, key, (target, fact_type), context = self.look.history, self.key, self.gone, self.context
        for subject in by_kind.get(kind_of(tag), ()):
            history = look(subject, tag)
            without = target if target and fact_type in subject.types else 0
            if history is None:
                self.missing.histories.add((subject, tag))
            elif not without and (tip := history.tip or history.topped()).last < key:
                place = (subject.name, tag)
                context.states[place], context.histories[place] = tip.state, history
                if tip.leads:
                    found += tip.leads
                if tip.deviates:
                    context.deviates = True
                    found += (tagging.deviation(item.number) for item in history.open_deviations())
            elif not history.reaches(key, without):
                self.missing.whole.add((subject, tag))
            else:
                found += self._links(history, without)
        return found

    def _links(self, history: History, without: int) -> tuple[str, ...]:
        subject, tag = history.subject, history.tag
        state = history.state(self.key, without)
        self.context.states[subject.name, tag] = state
        self.context.histories[subject.name, tag] = history
        opened = tuple(tagging.deviation(item.number) for item in history.open_deviations())
        self.context.deviates = self.context.deviates or bool(opened)
        if links := tuple(subject.links(state)):
            return (*links, *opened)
        if links := tuple(subject.links(history.state(LAST, without))):
            self.context.resolved_later.add(tag)
        return (*links, *opened)


def foresee(contents: Iterable[Content], look: Lookup, missing: Missing) -> None:
    """Notes what facts that are judged together could come to need of each other, and is not at hand.

    One of them may state the link by which another reaches a subject; whatever a link leads to is named by the fact
    that states it. So every subject that any of them reads is wanted for every tag that any of them names, and for what
    these lead to by now.
    """
    by_kind: dict[str, set[AnySubject]] = {}
    tags: set[str] = set()
    lineage = False
    for content in (known for one in contents for known in _spoken_of(one, look)):
        tags.update(tagging.named(content))
        lineage = lineage or bool(_over(content.type))
        for subject in subjects_for(content.type):
            for kind in subject.kinds:
                by_kind.setdefault(kind, set()).add(subject)
    if lineage:
        walked = (tag for tag in tags if kind_of(tag) in _LINEAGE)
        missing.lineage.update(tag for tag in walked if look.ancestors(tag) is None)
    seen: set[str] = set()
    while tags:
        seen |= tags
        tags = {link for tag in tags for link in _leads_to(tag, by_kind, look, missing)} - seen


_LINEAGE: Final = frozenset(("material", "donation", "batch", "lot", "patient", "donor", "consignment"))


def _spoken_of(content: Content, look: Lookup) -> Iterator[Content]:
    """A fact, and the one that it is about."""
    yield content
    fact = content.fact
    if isinstance(fact, RecordedAsDeviation | DidNotHappen | Corrected):
        found = look.versions(fact.position)
        if found is not None and found[0] is not None:
            yield found[0].record.content


def _leads_to(tag: str, by_kind: Mapping[str, Iterable[AnySubject]], look: Lookup, missing: Missing) -> Iterator[str]:
    for subject in by_kind.get(kind_of(tag), ()):
        history = look.history(subject, tag)
        if history is None:
            missing.histories.add((subject, tag))
        else:
            yield from history.leads()


class Later:
    """What is at hand, as if one more record were known: for cures, and for what a late fact makes impossible."""

    def __init__(self, look: Lookup, stated: Statement) -> None:
        """Lays a statement over a lookup."""
        self._look = look
        self._stated = stated
        links = tuple(stated.content.fact.lineage()) if stated.content is not None else ()
        self._links = links * 2  # a donation is linked to its donor before its bags are linked to it
        self._laid: dict[tuple[str, str], tuple[History, History | None]] = {}

    def history(self, subject: AnySubject, tag: str) -> History | None:
        """The history with the statement in it."""
        found = self._look.history(subject, tag)
        if found is None or not self._concerns(tag):
            return found
        place = (subject.name, tag)
        before = self._laid.get(place)
        if before is None or before[0] is not found:
            before = self._laid[place] = (found, found.with_(self._stated))
        return before[1]

    def _concerns(self, tag: str) -> bool:
        stated = self._stated
        return tag in stated.tags or stated.known != stated.target or tag in stated.cured

    def ancestors(self, tag: str) -> frozenset[str] | None:
        """With the links that the statement states. Those that it withdraws stay: a link too many breaks no more."""
        found = self._look.ancestors(tag)
        if found is None or self._stated.content is None:
            return found
        seen = {*found, tag}
        for link in self._links:
            if link.child in seen and link.parent not in seen:
                beyond = self._look.ancestors(link.parent)
                if beyond is None:
                    return None
                seen |= {link.parent, *beyond}
        return frozenset(seen - {tag})

    def versions(self, position: int) -> tuple[Versions | None] | None:
        """As it was."""
        return self._look.versions(position)
