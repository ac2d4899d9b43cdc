"""Look-up: whatever was scanned or typed, as identifiers, and for each thing that the ledger knows its card.

Identity of a person that is read on the way is told by its kind only; it is not kept, not repeated and not looked for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.audit import trace
from ledger.audit.asked import AsOf, through
from ledger.audit.cards.card import Card, States
from ledger.audit.cards.catalogue import card
from ledger.audit.cards.folded import FILLED
from ledger.audit.questions import open_questions
from ledger.audit.replay import retained
from ledger.audit.states import StatesAsOf
from ledger.domain.identifiers import isbt128, nhs_number, scan, schemes
from ledger.domain.identifiers import tag as tags
from ledger.domain.identifiers.errors import IdentifierError
from ledger.domain.identifiers.scan import Named, Scan
from ledger.domain.identifiers.sealed import IdentityKind
from ledger.domain.identifiers.tag import kind_of
from ledger.store.log import Reading
from ledger.store.moments import moment_of

MOST_SCANS: Final = 32
"""Bar codes that are looked up at once."""

MOST_CARDS: Final = 20
"""Cards of one answer."""

OWN_MAP: Final = "identity of a person: use your own map"
"""What is said of a wristband, a patient's number or a donor's."""


class Scanned(Struct, frozen=True, kw_only=True):
    """What one scanner read once.

    Attributes:
        content: The text.
        symbology: The symbology identifier, where it was sent beside the text.
    """

    content: str
    symbology: str = ""


class Told(Struct, frozen=True, kw_only=True):
    """What one reading was.

    Attributes:
        what: Which sort of bar code or print; empty where it could not be read.
        identity: Kinds of identity in it; never the identity.
        problem: Why it names nothing, and the way out; empty where it does.
    """

    what: str = ""
    identity: tuple[IdentityKind, ...] = ()
    problem: str = ""


class Identified(Struct, frozen=True, kw_only=True):
    """One identifier that was found.

    Attributes:
        tags: The tags that it can have, one for each kind of thing that it can be.
        scheme: Who guarantees that the value is unique.
        value: Canonical: without data identifier, flags and check character; case kept.
        what: The bar code or print that it was found in.
        known: What of it the ledger knows: one of its tags, or, where a label names no facility, the containers that
            bear the same donation, product and division with one.
    """

    tags: tuple[str, ...]
    scheme: str
    value: str
    what: str
    known: tuple[str, ...] = ()


class LookedUp(Struct, frozen=True, kw_only=True):
    """The answer to a look-up.

    Attributes:
        readings: What each reading was, in their order; one for a text.
        identifiers: What they name.
        tags: Everything of it that the ledger knows.
        cards: One for each of these, at most 20.
        through: Complete through this position.
        as_of: The axes as they were used.
        at: The moment that the cards speak of: limits are told by it.
    """

    readings: tuple[Told, ...] = ()
    identifiers: tuple[Identified, ...] = ()
    tags: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    through: int
    as_of: AsOf
    at: datetime


def look_up(reading: Reading, asked: Sequence[Scanned] | str, as_of: AsOf, now: datetime) -> LookedUp:
    """Looks up the bar codes of one label, or what somebody typed.

    Args:
        reading: The log.
        asked: Readings in any order, or a text: a tag, `scheme:value`, a value alone, or the print of a bar code.
        as_of: The axes.
        now: Our clock.
    """
    last = through(reading, as_of)
    scans = [_read(one) for one in ([Scanned(content=asked)] if isinstance(asked, str) else asked)]
    typed = asked if isinstance(asked, str) else ""
    told, names = _named(scans)
    at = moment(reading, as_of, last, now)
    states = StatesAsOf(reading, last, at, as_of.occurred)
    there = _known(reading, [tag for name in names for tag in name.tags], last)
    known = {name: tuple(tag for tag in name.tags if tag in there) or _by_any_facility(states, name) for name in names}
    more = () if _withheld(typed, scans) else trace.find(reading, typed, last) if typed else ()
    all_known = tuple(dict.fromkeys((*(tag for found in known.values() for tag in found), *more)))
    if typed:
        told = _of_text(told, typed, found=bool(more))
    return LookedUp(
        readings=told,
        identifiers=tuple(
            Identified(
                tags=name.tags,
                scheme=name.scheme,
                value=name.value,
                what=what,
                known=known[name],
            )
            for name, what in names.items()
        ),
        tags=all_known,
        cards=tuple(_card(reading, states, tag, last, as_of) for tag in all_known[:MOST_CARDS]),
        through=last,
        as_of=AsOf(occurred=as_of.occurred, recorded=as_of.recorded, position=last),
        at=at,
    )


def _read(one: Scanned) -> Scan | IdentifierError:
    """Reads a bar code; numbers kept for tests are identity like others, for what is tested is that nothing shows."""
    try:
        return scan.read(one.content, one.symbology, tests=True)
    except IdentifierError as error:
        return error


def _named(scans: Sequence[Scan | IdentifierError]) -> tuple[tuple[Told, ...], dict[Named, str]]:
    """What each reading was, and what they name, each thing once with the bar code that says so."""
    told = [
        Told(problem=str(one))
        if isinstance(one, IdentifierError)
        else Told(what=one.what, identity=tuple(sorted(one.withheld)), problem=OWN_MAP if one.withheld else "")
        for one in scans
    ]
    read = [one for one in scans if isinstance(one, Scan)]
    names = {name: one.what for one in reversed(read) for name in reversed(one.named)}
    try:
        joined = scan.together(read)
    except IdentifierError as error:
        return (*told, Told(what="the bar codes together", problem=str(error))), dict(reversed(names.items()))
    names |= {name: "the bar codes of the label together" for name in joined if name not in names}
    return tuple(told), dict(reversed(names.items()))


def _known(reading: Reading, tags: Iterable[str], last: int) -> frozenset[str]:
    return frozenset(tag for tag, _, _ in reading.bearers(sorted(set(tags)), last, 1))


def _by_any_facility(states: States, name: Named) -> tuple[str, ...]:
    """Containers of the same donation, product and division, where the label scanned names no facility."""
    if name.scheme != schemes.MPHO or not name.value.startswith(isbt128.NO_PROCESSOR):
        return ()
    rest = name.value[len(isbt128.NO_PROCESSOR) :]
    donation = tags.tag("donation", schemes.DIN, isbt128.parse_mpho(name.value).din.value)
    known = ((tag, tags.parts(tag)) for tag in states.state(FILLED, donation).containers)
    return tuple(
        tag
        for tag, (_, scheme, value) in known
        if scheme == schemes.MPHO and value[len(isbt128.NO_PROCESSOR) :] == rest
    )


def _withheld(typed: str, scans: Sequence[Scan | IdentifierError]) -> bool:
    """A text that is identity is not looked for; one with a scheme is, since tags hold no identity."""
    return ":" not in typed and (
        nhs_number.is_in(typed) or any(isinstance(one, Scan) and one.withheld for one in scans)
    )


def _of_text(told: tuple[Told, ...], typed: str, *, found: bool) -> tuple[Told, ...]:
    """A text that is no bar code is no fault; one that holds a patient's number says so."""
    if found and not told[0].what:
        return (Told(what="typed"),)
    if nhs_number.is_in(typed) and not found and not told[0].identity:
        return (Told(what=nhs_number.KIND, identity=(IdentityKind.NHS_NUMBER,), problem=OWN_MAP),)
    return told


def moment(reading: Reading, as_of: AsOf, last: int, now: datetime) -> datetime:
    """The moment that a question speaks of: the day asked for, else when that was known, else now."""
    if as_of.occurred is not None or as_of.recorded is not None:
        return as_of.occurred or as_of.recorded or now
    rows = reading.facts([last]) if as_of.position is not None else []
    return moment_of(rows[0].recorded_at) if rows else now


def _card(reading: Reading, states: StatesAsOf, tag: str, last: int, as_of: AsOf) -> Card:
    made = card(states, tag)
    questions, more = open_questions(reading, tag, last, as_of.occurred)
    settling = ("RecordedAsDeviation", "DidNotHappen") if any(one.state != "deviation" for one in questions) else ()
    keeping = retained(reading, tag, last, as_of.occurred) if kind_of(tag) == "coi" else None
    return msgspec.structs.replace(
        made,
        open=questions,
        more_open=more,
        next=(*made.next, *settling),
        conditions=(*made.conditions, *(keeping.lines if keeping is not None else ())),
    )
