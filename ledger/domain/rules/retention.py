"""How long the records of a chain are kept: the longest of all periods that apply, and no end while a hold stands.

A pure function over facts: nothing is stored, so a later expiry, receipt, release or end of a trial moves the answer
with it. An end that is not known yet means that the records are kept. There is no purge for any role that the ledger
runs under (rule E3): the answer says what the law asks, and nothing deletes by it. Periods are parameters of the
rulebook, which may lengthen and never shorten them.

That traceability runs from the latest of expiry, use and last knowledge is our safe default: the law says expiry (HMR
2012 Sch 6 para 18), use (2006/86/EC art 9(2)) or receipt (BSQR 2005 regs 8 and 9), and expiry can be minutes after
making.

No fact says that somebody supplies a product no more. A special made in a modular unit or at a point of care counts as
discontinued once the licence of its batches has ended, or every designation of the product has, whichever came first:
after that it may not be supplied. Until then its records are kept. Samples are things and no records; they are told
beside them, because who keeps the records is asked for the samples too. Of small batches the law lets an authority
exempt samples (2017/1569 art 11); nothing here does.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ledger.domain import civil_time
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted
from ledger.domain.facts.certification import ProductDispensed, QpCertified, QualityControllerReleased
from ledger.domain.facts.content import Content
from ledger.domain.facts.custody import ConsignmentReceived
from ledger.domain.facts.donors import DonorTestsResulted
from ledger.domain.facts.follow_up import FollowUpScheduled
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.terms import Route
from ledger.domain.facts.values import ManufacturingMode, MaterialOut
from ledger.domain.rules.following_up import ends

_SIGNED: Final = (QpCertified, QualityControllerReleased, PointOfCareReleased)
"""By which a batch is released."""

DECENTRALISED: Final = frozenset((ManufacturingMode.MODULAR, ManufacturingMode.POINT_OF_CARE))
"""Modes whose unlicensed products have a period of supply of their own."""

TRACE: Final = "traceability"
"""The reason that always applies."""


class Told(Struct, frozen=True, kw_only=True):
    """One fact of a chain, as it counts."""

    content: Content
    at: datetime


class Around(Struct, frozen=True, kw_only=True):
    """What registers say of a chain that its own facts do not.

    Attributes:
        route: Legal route; None when nobody confirmed one.
        trial_ended: When the trial ended; None while that is not known.
        authorised: When a marketing authorisation was granted for its product, the newest; None where none is known.
        discontinued: When the supply of its product was discontinued; None while that is not known.
        blood: The product is a blood product, or its starting material is held as blood.
        holds: Positions of the legal holds that stand on the chain, its batches, cases and organisations.
        known: When anything about it was last recorded.
    """

    known: datetime
    route: Route | None = None
    trial_ended: datetime | None = None
    authorised: datetime | None = None
    discontinued: datetime | None = None
    blood: bool = False
    holds: tuple[int, ...] = ()


class Period(Struct, frozen=True, kw_only=True):
    """One period that applies.

    Attributes:
        reason: What is kept for it.
        source: The law that asks it.
        start: From when it runs; None while that is not known.
        until: First moment after it; None while its start is not known.
    """

    reason: str
    source: str
    start: datetime | None = None
    until: datetime | None = None


class Retention(Struct, frozen=True, kw_only=True):
    """How long the records are kept.

    Attributes:
        until: First moment after the longest period that is known.
        endless: No end is known: a hold stands, or a period that applies has not begun.
        periods: Every period that applies, the longest last.
        holds: Positions of the legal holds that stand.
    """

    until: datetime
    endless: bool
    periods: tuple[Period, ...]
    holds: tuple[int, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """How long the records are kept, and why, in sentences."""
        ends = [one for one in self.periods if one.until == self.until]
        reason = f" ({ends[0].reason})" if ends else ""
        open_ = [one.reason for one in self.periods if not one.until]
        return (
            f"records are kept at least until {self.until:%-d %b %Y}{reason}",
            *(f"without end while legal hold #{hold} stands" for hold in self.holds),
            *(f"without end while nothing says when it begins: {name}" for name in open_),
        )


def retention(facts: Iterable[Told], around: Around, parameters: Mapping[str, str]) -> Retention:
    """Works out how long the records of a chain are kept.

    Args:
        facts: Its facts as they count.
        around: What registers say.
        parameters: Numbers of the rulebook.
    """
    told = tuple(facts)
    periods = [*_traced(told, around, parameters), *_made(told, parameters), *_routed(told, around, parameters)]
    periods += [] if not around.blood else _blood(told, parameters)
    periods += _followed(told)
    known = [one.until for one in periods if one.until is not None]
    ordered = sorted(periods, key=lambda one: (one.until is None, one.until or around.known, one.reason))
    endless = bool(around.holds) or any(one.until is None for one in periods)
    return Retention(until=max(known), endless=endless, periods=tuple(ordered), holds=around.holds)


def _period(reason: str, source: str, start: datetime | None, name: str, parameters: Mapping[str, str]) -> Period:
    years = int(Decimal(parameters[name]))
    until = None if start is None else civil_time.years_after(start, years)
    return Period(reason=reason, source=source, start=start, until=until)


def _traced(facts: tuple[Told, ...], around: Around, parameters: Mapping[str, str]) -> Iterator[Period]:
    used = [one.at for one in facts if isinstance(one.content.fact, AdministrationStarted | AdministrationEnded)]
    start = max([around.known, *used, *_expiries(facts)])
    law = "HMR 2012 Sch 6 para 18; Directive 2006/86/EC art 9(2); from the latest of expiry, use and last knowledge"
    yield _period(TRACE, law, start, "retention-traceability-years", parameters)


def _expiries(facts: tuple[Told, ...]) -> Iterator[datetime]:
    for one in facts:
        work = one.content.fact.work()
        for out in work.outputs if work is not None else ():
            expiry = _expiry(out)
            if expiry is not None:
                yield expiry


def _expiry(out: MaterialOut) -> datetime | None:
    if out.expires_at is not None:
        return out.expires_at
    return civil_time.day_end(out.expiry) - timedelta(microseconds=1) if out.expiry else None


def _made(facts: tuple[Told, ...], parameters: Mapping[str, str]) -> Iterator[Period]:
    released = [one.at for one in facts if isinstance(one.content.fact, _SIGNED)]
    if released:
        law = "Regulation (EU) 2017/1572 art 9(1); HMR 2012 Sch 7 para 15"
        yield _period("certification", law, max(released), "retention-certification-years", parameters)
        for expiry in sorted(_expiries(facts))[-1:]:
            yield _period("batch documents", law, expiry, "retention-batch-years", parameters)


def _routed(facts: tuple[Told, ...], around: Around, parameters: Mapping[str, str]) -> Iterator[Period]:
    if around.route is Route.CLINICAL_TRIAL:
        yield from _tried(facts, around, parameters)
    if around.route is Route.SPECIAL and any(_decentralised(one) for one in facts):
        law = "HMR 2012 regs 170A and 170B (170B partly verified)"
        name = "supply of an unlicensed modular or point of care product"
        yield _period(name, law, around.discontinued, "retention-decentralised-supply-years", parameters)
    if around.route is Route.SPECIAL:
        supplied = [one.at for one in facts if isinstance(one.content.fact, ProductDispensed | AdministrationStarted)]
        if supplied:
            years = "retention-special-supply-years"
            yield _period("supply of a special", "HMR 2012 reg 170", max(supplied), years, parameters)


def _tried(facts: tuple[Told, ...], around: Around, parameters: Mapping[str, str]) -> Iterator[Period]:
    """What a trial has kept: its file, the documents of its batches, and samples."""
    law = "Clinical Trials Regulations 2004 reg 31A (SI 2025/538 reg 22)"
    yield _period("trial master file", law, around.trial_ended, "retention-trial-years", parameters)
    if around.authorised is not None:
        name = "trial master file that supported an application"
        yield _period(name, law, around.authorised, "retention-trial-application-years", parameters)
    law = "Regulation (EU) 2017/1569 art 8(3)"
    yield _period("batch documents of a trial", law, around.trial_ended, "retention-trial-batch-years", parameters)
    law, years = "Regulation (EU) 2017/1569 art 11", "retention-trial-samples-years"
    yield _period("samples of the investigational product", law, around.trial_ended, years, parameters)
    released = [one.at for one in facts if isinstance(one.content.fact, _SIGNED)]
    if released:
        yield _period("samples of its starting materials", law, max(released), years, parameters)


def _decentralised(one: Told) -> bool:
    fact = one.content.fact
    return isinstance(fact, BatchOpened) and fact.mode in DECENTRALISED


def _blood(facts: tuple[Told, ...], parameters: Mapping[str, str]) -> Iterator[Period]:
    received = [one.at for one in facts if isinstance(one.content.fact, ConsignmentReceived)]
    tested = [one.at for one in facts if isinstance(one.content.fact, DonorTestsResulted)]
    if received:
        law = "BSQR 2005 regs 8 and 9"
        yield _period("blood traceability", law, max(received), "retention-traceability-years", parameters)
    if tested:
        law = "BSQR 2005 regs 7 and 9"
        yield _period("blood donor tests", law, max(tested), "retention-blood-tests-years", parameters)


def _followed(facts: tuple[Told, ...]) -> Iterator[Period]:
    plans = [one for one in facts if isinstance(one.content.fact, FollowUpScheduled)]
    for one in plans[-1:]:
        plan = one.content.fact
        until = ends(plan.treated_on, plan.visits, plan.until or "") if isinstance(plan, FollowUpScheduled) else None
        yield Period(reason="long-term follow-up", source="the plan of the product", start=one.at, until=until)
