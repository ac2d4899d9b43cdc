"""The subject of an authorisation: what a route goes by, where it holds, what of it is stopped, whether it ended."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.authorisations import (
    AuthorisationEnded,
    AuthorisationReinstated,
    AuthorisationScope,
    AuthorisationStopReason,
    AuthorisationSuspended,
)
from ledger.domain.facts.bases import AuthorisationChange, AuthorisationGranted, AuthorisationKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Nation
from ledger.domain.subjects.subject import Entry, Subject
from ledger.domain.subjects.validity import between, in_force

MOST: Final = 64
"""Stops and sites of one authorisation that are kept."""


class AuthorisationStop(Struct, frozen=True, kw_only=True):
    """A suspension or halt of an authorisation, or of a part of it.

    Attributes:
        position: Of the fact.
        reason: Suspended by the authority, or halted by the sponsor.
        scope: How much of it; a site or arm that is not named is the whole.
        part: Tag of the site, or the arm, that is stopped; empty for all and for recruitment.
        since: From when.
        until: When it was lifted; None means that it stands.
        lifted_for: Sites and arms for which it was lifted before that.
    """

    position: int
    reason: AuthorisationStopReason
    scope: AuthorisationScope
    part: str
    since: datetime
    until: datetime | None = None
    lifted_for: tuple[str, ...] = ()

    def stands(self, moment: datetime, parts: set[str]) -> bool:
        """Whether it stops something at some sites, in an arm, at a moment; recruitment is told apart by its scope."""
        concerned = not self.part or self.part in parts
        return concerned and not parts & set(self.lifted_for) and between(moment, self.since, self.until)


class Authorisation(Struct, frozen=True, kw_only=True):
    """A marketing or trial authorisation, early access opinion or exemption, as last granted or varied.

    Attributes:
        granted: Position of the newest grant or variation.
        nations: Where it holds; none means not limited.
        indications: Indications; none means not limited.
        sites: Sites named: trial sites open, makers abroad.
        applied_for: Day of the application, where it is known.
        stops: Suspensions and halts, lifted ones too.
        blinded: It is a trial in which it is not told who gets what.
        ended: First moment after it was withdrawn, or after the end of the trial or opinion; retention begins there.
    """

    granted: int = 0
    product: str = ""
    holder: str = ""
    kind: AuthorisationKind | None = None
    nations: tuple[Nation, ...] = ()
    indications: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    applied_for: str | None = None
    effective_from: str = ""
    effective_to: str | None = None
    stops: tuple[AuthorisationStop, ...] = ()
    blinded: bool = False
    ended: datetime | None = None

    def live(self, moment: datetime) -> bool:
        """Whether it is granted and runs, its last day included; what of it is stopped is asked apart."""
        if not self.granted or (self.ended is not None and moment >= self.ended):
            return False
        return in_force(moment, self.effective_from, self.effective_to)

    def stopped(self, moment: datetime, parts: set[str], *, recruiting: bool = False) -> AuthorisationStop | None:
        """The suspension or halt that concerns something, if any.

        Args:
            moment: When.
            parts: Tags of the sites where it is done, and the arm that it is done in.
            recruiting: Somebody is enrolled; a stop of recruitment concerns nobody who was enrolled before.
        """
        concerned = (stop for stop in self.stops if recruiting or stop.scope is not AuthorisationScope.RECRUITMENT)
        return next((stop for stop in concerned if stop.stands(moment, parts)), None)


def _authorisation(state: Authorisation, entry: Entry) -> Authorisation:
    fact = entry.content.fact
    if not isinstance(
        fact, AuthorisationGranted | AuthorisationSuspended | AuthorisationReinstated | AuthorisationEnded
    ):
        return state
    if tag_of("authorisation", fact.authorisation) != entry.tag:
        return state
    if isinstance(fact, AuthorisationGranted):
        return _granted(state, entry, fact)
    if isinstance(fact, AuthorisationEnded):
        return msgspec.structs.replace(state, ended=fact.effective_from)
    if isinstance(fact, AuthorisationReinstated):
        return msgspec.structs.replace(state, stops=tuple(_lifted(stop, fact) for stop in state.stops))
    new = AuthorisationStop(
        position=entry.position, reason=fact.reason, scope=fact.scope, part=_part(fact), since=fact.effective_from
    )
    return msgspec.structs.replace(state, stops=(*state.stops, new)[-MOST:])


def _granted(state: Authorisation, entry: Entry, fact: AuthorisationGranted) -> Authorisation:
    """A variation is the whole entry again; it lifts no stop, and what ended stays so until granted anew."""
    return Authorisation(
        granted=entry.position,
        product=tag_of("product", fact.product),
        holder=tag_of("organisation", fact.organisation),
        kind=fact.kind,
        nations=fact.nations,
        indications=fact.indications,
        sites=tuple(tag_of("site", item) for item in fact.sites),
        blinded=bool(fact.blinded),
        applied_for=fact.applied_for,
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
        stops=state.stops,
        ended=None if fact.change is AuthorisationChange.GRANTED else state.ended,
    )


def _part(fact: AuthorisationSuspended | AuthorisationReinstated) -> str:
    """The site or arm that a scope names; empty for everything."""
    if fact.scope is AuthorisationScope.SITE:
        return tag_of("site", fact.site)
    return fact.arm or "" if fact.scope is AuthorisationScope.ARM else ""


def _lifted(stop: AuthorisationStop, fact: AuthorisationReinstated) -> AuthorisationStop:
    """Lifts what the scope names: everything, recruitment alone, or one site or arm of what was stopped."""
    if stop.until is not None:
        return stop
    part = _part(fact)
    if fact.scope is AuthorisationScope.ALL or (fact.scope, part) == (stop.scope, stop.part):
        return msgspec.structs.replace(stop, until=fact.effective_from)
    if part and not stop.part and stop.scope is not AuthorisationScope.RECRUITMENT:
        return msgspec.structs.replace(stop, lifted_for=(*stop.lifted_for, part)[-MOST:])
    return stop


def _authorisation_links(state: Authorisation) -> Iterable[str]:
    return state.sites[:MOST]


AUTHORISATION = Subject(
    name="Authorisation",
    kinds=("authorisation",),
    types=frozenset(
        ("AuthorisationGranted", "AuthorisationSuspended", "AuthorisationReinstated", "AuthorisationEnded")
    ),
    empty=Authorisation(),
    fold=_authorisation,
    links=_authorisation_links,
)
