"""The subject of a case: a recall, a look-back, an adverse reaction or event, a defect; who was told, who answered."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.notices import LookbackOpened, NoticeAnswered, NoticeRecipient, NoticeSent
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
"""Recalls, and things concerned, that one case remembers: the newest."""

MOST_NOTICES: Final = 256
"""Notices, and answers, that one case remembers: the newest."""

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

_COVERED: Final[Mapping[str, str]] = MappingProxyType(
    {**_NAMED, "equipment": "equipment", "donor": "donor", "patient": "patient"}
)
"""Fields of a recall or a look-back that say what its scope starts from, with the kinds of their tags."""

_IDENTIFYING: Final = frozenset(("coi", "batch", "lot", "donation", "material"))
"""Kinds of things by which the product suspected is known: each leads to the batch."""


class Notice(Struct, frozen=True, kw_only=True):
    """Somebody who was told of a case. Tags are empty where nobody was named.

    Attributes:
        position: The fact.
        at: When.
        site: Site that was told.
        coi: Chain that it is about: its patient is told through the hospital.
        answer_by: Last day on which an answer is in time, `YYYY-MM-DD`; empty where none was asked for by a day.
    """

    position: int
    at: datetime
    organisation: str
    site: str
    coi: str
    recipient: NoticeRecipient
    answer_by: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """What somebody answered who was told of a case.

    Attributes:
        position: The fact.
        at: When.
        coi: Chain that it is about; empty for all that the organisation was told of.
        held: Containers still held, where they were counted.
        used: Containers that were used, where they were counted.
    """

    position: int
    at: datetime
    organisation: str
    coi: str = ""
    held: int | None = None
    used: int | None = None


class Taken(Struct, frozen=True, kw_only=True):
    """A recall or look-back, and the scope that whoever opened it had taken.

    Attributes:
        position: The fact.
        covers: Tags of what it names.
        scope_position: Position at which the scope was taken; 0 where that is not said.
        scope_hash: Hash of that scope; empty where it is not said.
    """

    position: int
    covers: tuple[str, ...] = ()
    scope_position: int = 0
    scope_hash: bytes = b""


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
        taken: Recalls and look-backs with what they name, and the scope that was taken for them.
        notices: Who was told, oldest first.
        answers: What they answered, oldest first.
        closed: Position of its closing; 0 while it is open, and again when a recall is opened under it later.
    """

    recalls: tuple[int, ...] = ()
    lookbacks: tuple[int, ...] = ()
    reported: int = 0
    reaction: int = 0
    identified: int = 0
    chain: str = ""
    things: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()
    notices: tuple[Notice, ...] = ()
    answers: tuple[Answer, ...] = ()
    closed: int = 0

    @property
    def tracing(self) -> bool:
        """Whether it is there to find whom something reached."""
        return bool(self.recalls or self.lookbacks)

    @property
    def covers(self) -> tuple[str, ...]:
        """Tags of what its recalls and look-backs name; of what was reported under it where it has none."""
        named = tuple(dict.fromkeys(tag for one in self.taken for tag in one.covers))
        return named or tuple(tag for tag in self.things if kind_of(tag) != "site")

    def answer_to(self, notice: Notice, organisation: str = "") -> Answer | None:
        """The first answer to a notice: by who was told, of that chain or of all.

        Args:
            notice: The notice.
            organisation: Who answers for that organisation now; itself when empty.
        """
        who = {notice.organisation, organisation}
        fits = (
            one
            for one in self.answers
            if one.organisation in who and one.at >= notice.at and (not notice.coi or one.coi in ("", notice.coi))
        )
        return min(fits, key=lambda one: (one.at, one.position), default=None)

    def silent(self) -> tuple[str, ...]:
        """Organisations that were told of something and have not answered it."""
        return tuple(dict.fromkeys(one.organisation for one in self.notices if self.answer_to(one) is None))


def names_product(fact: AdverseReactionReported) -> bool:
    """Whether a report names the product suspected, by batch or otherwise."""
    return bool(fact.product or fact.brand or any(kind_of(tag) in _IDENTIFYING for tag in _things(fact)))


def _things(fact: object, named: Mapping[str, str] = _NAMED) -> tuple[str, ...]:
    found = []
    for name, kind in named.items():
        value = getattr(fact, name, None) or ()
        found += [tag_of(kind, item) for item in (value if isinstance(value, tuple) else (value,))]
    return tuple(found)


def _case(state: SafetyCase, entry: Entry) -> SafetyCase:
    fact, position = entry.content.fact, entry.position
    if entry.content.type == "CaseClosed":
        return msgspec.structs.replace(state, closed=position)
    if isinstance(fact, NoticeSent):
        state = msgspec.structs.replace(state, notices=(*state.notices, _notice(fact, entry))[-MOST_NOTICES:])
    elif isinstance(fact, NoticeAnswered):
        return msgspec.structs.replace(state, answers=(*state.answers, _answer(fact, entry))[-MOST_NOTICES:])
    elif isinstance(fact, RecallOpened):
        recalls = (*state.recalls, position)[-MOST:]
        state = msgspec.structs.replace(_taken(state, fact, position), recalls=recalls, closed=0)
    elif isinstance(fact, LookbackOpened):
        lookbacks = (*state.lookbacks, position)[-MOST:]
        state = msgspec.structs.replace(_taken(state, fact, position), lookbacks=lookbacks)
    elif isinstance(fact, AdverseReactionReported | AdverseEventReported | DefectReported):
        state = _reported(state, position, fact)
    known = tuple(dict.fromkeys((*state.things, *_things(fact))))[-MOST:]
    return msgspec.structs.replace(state, things=known)


def _notice(fact: NoticeSent, entry: Entry) -> Notice:
    return Notice(
        position=entry.position,
        at=entry.at,
        organisation=tag_of("organisation", fact.organisation),
        site=tag_of("site", fact.site),
        coi=tag_of("coi", fact.coi),
        recipient=fact.recipient,
        answer_by=fact.answer_by or "",
    )


def _answer(fact: NoticeAnswered, entry: Entry) -> Answer:
    return Answer(
        position=entry.position,
        at=entry.at,
        organisation=tag_of("organisation", fact.organisation),
        coi=tag_of("coi", fact.coi),
        held=fact.held,
        used=fact.used,
    )


def _taken(state: SafetyCase, fact: RecallOpened | LookbackOpened, position: int) -> SafetyCase:
    one = Taken(
        position=position,
        covers=_things(fact, _COVERED),
        scope_position=fact.scope_position or 0,
        scope_hash=fact.scope_hash or b"",
    )
    return msgspec.structs.replace(state, taken=(*state.taken, one)[-MOST:])


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
