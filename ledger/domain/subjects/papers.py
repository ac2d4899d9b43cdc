"""Subjects of what activities rest on: licences and agreements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.bases import (
    AgreementEnded,
    AgreementPurpose,
    AgreementSigned,
    LicenceEnded,
    LicenceReinstated,
    LicenceScope,
    LicenceSuspended,
)
from ledger.domain.facts.licensing import Authority, GrantChange, LicenceGranted, LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, Role, RoleGranted
from ledger.domain.facts.staff import RoleEnded
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.subjects.subject import Entry, Subject
from ledger.domain.subjects.validity import between, in_force

MOST: Final = 64
"""Suspensions, people and papers of one register entry that are kept."""


class Line(Struct, frozen=True, kw_only=True):
    """A product on a licence, with the modes in which it may be made."""

    product: str
    modes: tuple[ManufacturingMode, ...]


class LicenceStop(Struct, frozen=True, kw_only=True):
    """A suspension of a licence, or of a part of it.

    Attributes:
        position: Of the fact.
        part: Product or site that is suspended; empty means the whole licence.
        since: From when.
        until: When it was lifted; None means that it stands.
        lifted_for: Products and sites for which it was lifted before that.
    """

    position: int
    part: str
    since: datetime
    until: datetime | None = None
    lifted_for: tuple[str, ...] = ()

    def stands(self, moment: datetime, parts: set[str]) -> bool:
        """Whether it concerns work on some product at some sites, at a moment."""
        concerned = not self.part or self.part in parts
        return concerned and not parts & set(self.lifted_for) and between(moment, self.since, self.until)


class Named(Struct, frozen=True, kw_only=True):
    """Somebody named on a licence, for example its Qualified Person.

    Attributes:
        person: Who.
        role: As what.
        products: For which products; empty means all.
        effective_from: First day.
        effective_to: Last day.
        ended: First moment without it; None means that nobody ended it.
    """

    person: str
    role: Role
    products: tuple[str, ...]
    effective_from: str
    effective_to: str | None
    ended: datetime | None = None


class Licence(Struct, frozen=True, kw_only=True):
    """A licence as last granted or varied, what of it is suspended, and whether it ended.

    Attributes:
        granted: Position of the newest grant or variation.
        stops: Suspensions, lifted ones too.
        authority: Who granted it.
        ended: When it was revoked, surrendered or expired.
        people: Who is named on it.
    """

    granted: int = 0
    kind: LicenceKind | None = None
    authority: Authority | None = None
    holder: str = ""
    sites: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    modes: tuple[ManufacturingMode, ...] = ()
    lines: tuple[Line, ...] = ()
    effective_from: str = ""
    effective_to: str | None = None
    stops: tuple[LicenceStop, ...] = ()
    ended: datetime | None = None
    people: tuple[Named, ...] = ()

    def live(self, moment: datetime) -> bool:
        """Whether it is granted and has not ended; what is suspended is asked apart."""
        if not self.granted or (self.ended is not None and moment >= self.ended):
            return False
        return in_force(moment, self.effective_from, self.effective_to)

    def stopped(self, moment: datetime, parts: set[str]) -> LicenceStop | None:
        """The suspension that concerns work on some product at some sites, if any."""
        return next((stop for stop in self.stops if stop.stands(moment, parts)), None)


def _licence(state: Licence, entry: Entry) -> Licence:
    fact = entry.content.fact
    if isinstance(fact, RoleGranted | RoleEnded):
        return _people(state, entry, fact)
    if not isinstance(fact, LicenceGranted | LicenceSuspended | LicenceReinstated | LicenceEnded):
        return state
    if tag_of("licence", fact.licence) != entry.tag:
        return state
    if isinstance(fact, LicenceGranted):
        return _granted(state, entry, fact)
    if isinstance(fact, LicenceEnded):
        return msgspec.structs.replace(state, ended=fact.effective_from)
    return msgspec.structs.replace(state, stops=_stops(state.stops, entry, fact)[-MOST:])


def _stops(
    stops: tuple[LicenceStop, ...], entry: Entry, fact: LicenceSuspended | LicenceReinstated
) -> tuple[LicenceStop, ...]:
    parts = _parts(fact)
    if isinstance(fact, LicenceReinstated):
        return tuple(_lifted(stop, parts, fact.effective_from) for stop in stops)
    new = (LicenceStop(position=entry.position, part=part, since=fact.effective_from) for part in parts or ("",))
    return (*stops, *new)


def _granted(state: Licence, entry: Entry, fact: LicenceGranted) -> Licence:
    """A variation is the whole entry again; it lifts no suspension, and what ended stays so until granted anew."""
    return msgspec.structs.replace(
        state,
        granted=entry.position,
        kind=fact.kind,
        authority=fact.authority,
        holder=tag_of("organisation", fact.organisation),
        sites=tuple(tag_of("site", item) for item in fact.sites),
        activities=fact.activities,
        modes=fact.modes,
        lines=tuple(
            Line(product=tag_of("product", item.product), modes=item.modes or fact.modes) for item in fact.product_lines
        ),
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
        ended=None if fact.change is GrantChange.GRANTED else state.ended,
    )


def _parts(fact: LicenceSuspended | LicenceReinstated) -> tuple[str, ...]:
    """Products or premises that a scope names; none means the whole licence."""
    if fact.scope is LicenceScope.PRODUCT_LINE:
        return tuple(tag_of("product", item) for item in fact.products)
    if fact.scope is LicenceScope.PREMISES:
        return tuple(tag_of("site", item) for item in fact.sites)
    return ()


def _lifted(stop: LicenceStop, parts: tuple[str, ...], moment: datetime) -> LicenceStop:
    if stop.until is not None:
        return stop
    if not parts or stop.part in parts:
        return msgspec.structs.replace(stop, until=moment)
    if not stop.part:
        return msgspec.structs.replace(stop, lifted_for=(*stop.lifted_for, *parts)[-MOST:])
    return stop


def _people(state: Licence, entry: Entry, fact: RoleGranted | RoleEnded) -> Licence:
    if tag_of("licence", fact.licence) != entry.tag:
        return state
    person = tag_of("person", fact.person)
    if isinstance(fact, RoleGranted):
        new = Named(
            person=person,
            role=fact.role,
            products=tuple(tag_of("product", item) for item in fact.products),
            effective_from=fact.effective_from,
            effective_to=fact.effective_to,
        )
        return msgspec.structs.replace(state, people=(*state.people, new)[-MOST:])
    if fact.steps:
        return state
    people = tuple(
        msgspec.structs.replace(one, ended=entry.at)
        if (one.person, one.role, one.ended) == (person, fact.role, None)
        else one
        for one in state.people
    )
    return msgspec.structs.replace(state, people=people)


def _licence_links(state: Licence) -> Iterable[str]:
    return filter(None, (state.holder,))


LICENCE = Subject(
    name="Licence",
    kinds=("licence",),
    types=frozenset(
        ("LicenceGranted", "LicenceSuspended", "LicenceReinstated", "LicenceEnded", "RoleGranted", "RoleEnded")
    ),
    empty=Licence(),
    fold=_licence,
    links=_licence_links,
)


class Agreement(Struct, frozen=True, kw_only=True):
    """An agreement on which activities rest, as last signed, and whether it ended.

    Attributes:
        signed: Position of the newest signing.
        giver: Contract giver; for a third-party agreement the licence holder.
        acceptor: Who does the work.
        licence: Licence that covers what is done under it; empty when none is named.
        sites: Sites covered; none means all of the acceptor's.
        products: Products covered; none means all.
        ended: When it was ended before its last day.
    """

    signed: int = 0
    giver: str = ""
    acceptor: str = ""
    licence: str = ""
    purpose: AgreementPurpose | None = None
    activities: tuple[Activity, ...] = ()
    sites: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    effective_from: str = ""
    effective_to: str | None = None
    ended: datetime | None = None

    def live(self, moment: datetime) -> bool:
        """Whether it is signed and runs, its last day included."""
        if not self.signed or (self.ended is not None and moment >= self.ended):
            return False
        return in_force(moment, self.effective_from, self.effective_to)


def _agreement(state: Agreement, entry: Entry) -> Agreement:
    fact = entry.content.fact
    if isinstance(fact, AgreementSigned) and tag_of("agreement", fact.agreement) == entry.tag:
        return Agreement(
            signed=entry.position,
            giver=tag_of("organisation", fact.giver),
            acceptor=tag_of("organisation", fact.acceptor),
            licence=tag_of("licence", fact.licence),
            purpose=fact.purpose,
            activities=fact.activities,
            sites=tuple(tag_of("site", item) for item in fact.sites),
            products=tuple(tag_of("product", item) for item in fact.products),
            effective_from=fact.effective_from,
            effective_to=fact.effective_to,
        )
    if isinstance(fact, AgreementEnded) and tag_of("agreement", fact.agreement) == entry.tag:
        return msgspec.structs.replace(state, ended=fact.effective_from)
    return state


def _agreement_links(state: Agreement) -> Iterable[str]:
    return filter(None, (state.licence, state.giver, state.acceptor))


AGREEMENT = Subject(
    name="Agreement",
    kinds=("agreement",),
    types=frozenset(("AgreementSigned", "AgreementEnded")),
    empty=Agreement(),
    fold=_agreement,
    links=_agreement_links,
)
