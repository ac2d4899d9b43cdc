"""The subject of a case: a recall, a look-back, an adverse reaction or event, a defect; who was told, who answered."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.notices import LookbackOpened, NoticeAnswered, NoticeSent
from ledger.domain.facts.safety import RecallOpened
from ledger.domain.facts.vigilance import (
    AdverseEventReported,
    AdverseReactionKind,
    AdverseReactionReported,
    DefectReported,
)
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 64
"""Recalls, notices and answers, and things concerned, that one case remembers: the newest."""

_NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "coi": "coi",
        "batch": "batch",
        "lot": "lot",
        "donation": "donation",
        "site": "site",
        "materials": "material",
    }
)
"""Fields of the facts of a case that say what it is about, with the kinds of their tags."""

_IDENTIFYING: Final = frozenset(("coi", "batch", "lot", "donation", "material"))
"""Kinds of things by which the product suspected is known: each leads to the batch."""


class SafetyCase(Struct, frozen=True, kw_only=True):
    """One case.

    Attributes:
        recalls: Positions of the recalls opened under it.
        lookbacks: Positions of the look-backs opened under it.
        reported: Position of the first adverse reaction, adverse event or defect reported under it.
        reaction: Position of the newest reaction of somebody who was treated.
        identified: Position of the first report that names the product suspected.
        chain: Newest chain concerned; empty when none was named.
        things: Tags of what it is about: chains, batches, lots, donations, sites, containers.
        notified: (organisation, position) of notices sent.
        answered: Organisations that answered.
        closed: Position of its closing; 0 while it is open, and again when a recall is opened under it later.
    """

    recalls: tuple[int, ...] = ()
    lookbacks: tuple[int, ...] = ()
    reported: int = 0
    reaction: int = 0
    identified: int = 0
    chain: str = ""
    things: tuple[str, ...] = ()
    notified: tuple[tuple[str, int], ...] = ()
    answered: tuple[str, ...] = ()
    closed: int = 0

    @property
    def tracing(self) -> bool:
        """Whether it is there to find whom something reached."""
        return bool(self.recalls or self.lookbacks)

    def silent(self) -> tuple[str, ...]:
        """Organisations that were told and have not answered."""
        return tuple(dict.fromkeys(told for told, _ in self.notified if told not in self.answered))


def names_product(fact: AdverseReactionReported) -> bool:
    """Whether a report names the product suspected, by batch or otherwise."""
    return bool(fact.product or fact.brand or any(kind_of(tag) in _IDENTIFYING for tag in _things(fact)))


def _things(fact: object) -> tuple[str, ...]:
    found = []
    for name, kind in _NAMED.items():
        value = getattr(fact, name, None) or ()
        found += [tag_of(kind, item) for item in (value if isinstance(value, tuple) else (value,))]
    return tuple(found)


def _case(state: SafetyCase, entry: Entry) -> SafetyCase:
    fact, position = entry.content.fact, entry.position
    if entry.content.type == "CaseClosed":
        return msgspec.structs.replace(state, closed=position)
    if isinstance(fact, NoticeSent):
        told = (tag_of("organisation", fact.organisation), position)
        state = msgspec.structs.replace(state, notified=(*state.notified, told)[-MOST:])
    elif isinstance(fact, NoticeAnswered):
        answered = dict.fromkeys((*state.answered, tag_of("organisation", fact.organisation)))
        return msgspec.structs.replace(state, answered=tuple(answered)[-MOST:])
    elif isinstance(fact, RecallOpened):
        state = msgspec.structs.replace(state, recalls=(*state.recalls, position)[-MOST:], closed=0)
    elif isinstance(fact, LookbackOpened):
        state = msgspec.structs.replace(state, lookbacks=(*state.lookbacks, position)[-MOST:])
    elif isinstance(fact, AdverseReactionReported | AdverseEventReported | DefectReported):
        state = _reported(state, position, fact)
    known = tuple(dict.fromkeys((*state.things, *_things(fact))))[-MOST:]
    return msgspec.structs.replace(state, things=known)


def _reported(
    state: SafetyCase, position: int, fact: AdverseReactionReported | AdverseEventReported | DefectReported
) -> SafetyCase:
    named = any(kind_of(tag) in _IDENTIFYING for tag in _things(fact))
    if isinstance(fact, AdverseReactionReported):
        named = named or names_product(fact)
        treated = fact.kind is not AdverseReactionKind.DONOR_REACTION
        state = msgspec.structs.replace(
            state,
            reaction=position if treated else state.reaction,
            chain=tag_of("coi", fact.coi) or state.chain,
        )
    identified = state.identified or (position if named else 0)
    return msgspec.structs.replace(state, reported=state.reported or position, identified=identified)


def _case_links(state: SafetyCase) -> Iterable[str]:
    """The chain, whose route says which law the reports follow; other things are an index for search, never read."""
    return filter(None, (state.chain,))


CASE = Subject(
    name="Case",
    kinds=("case",),
    types=frozenset(
        (
            "AdverseReactionReported",
            "AdverseEventReported",
            "DefectReported",
            "RecallOpened",
            "LookbackOpened",
            "NoticeSent",
            "NoticeAnswered",
            "CaseClosed",
        )
    ),
    empty=SafetyCase(),
    fold=_case,
    links=_case_links,
)
