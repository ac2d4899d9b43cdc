"""Rule R13: is the legal route by which the patient gets the product live?"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.authorisations import AuthorisationScope
from ledger.domain.facts.bases import AuthorisationKind
from ledger.domain.facts.certification import QpCertified
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import RouteConfirmed, TreatingSiteChanged
from ledger.domain.facts.terms import Route
from ledger.domain.finding import Weight
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.authorisations import AUTHORISATION, Authorisation
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.sites import SITE_STATUS

_KINDS: Final[Mapping[Route, AuthorisationKind]] = MappingProxyType(
    {
        Route.MARKETING_AUTHORISATION: AuthorisationKind.MARKETING_AUTHORISATION,
        Route.CLINICAL_TRIAL: AuthorisationKind.CLINICAL_TRIAL,
        Route.EARLY_ACCESS: AuthorisationKind.EARLY_ACCESS,
        Route.HOSPITAL_EXEMPTION: AuthorisationKind.HOSPITAL_EXEMPTION,
        Route.SPECIAL: AuthorisationKind.SPECIAL,
    }
)
"""The authorisation that a route goes by."""

_NEEDED: Final = frozenset((Route.MARKETING_AUTHORISATION, Route.CLINICAL_TRIAL, Route.EARLY_ACCESS))
"""Routes that no product goes without an authorisation of its own."""

_TREATING: Final = frozenset(
    (
        "ProductDispensed",
        "ReadyToTreatConfirmed",
        "AdministrationStarted",
        "ClinicalGoAheadGiven",
        "TreatingSiteChanged",
    )
)
"""Fact types done, or decided, where the patient is treated: nation and trial site are asked."""

_AHEAD: Final = ("OrderAccepted", "BatchOpened", "ClinicalGoAheadGiven", "ReadyToTreatConfirmed", "TreatingSiteChanged")
"""Fact types that come before it matters: a note."""


def _live(case: Case) -> Iterator[Broken]:
    """R13: the route that was confirmed, or the authorisation that the fact names, is not live for this."""
    route, tag = route_and_authorisation(case)
    if route in _NEEDED and not tag:
        yield Broken(
            tag=frame.chain(case) or case.site,
            found=f"the route is {_words(route)}, and no authorisation is named",
            must="the authorisation, trial or opinion that the route goes by",
        )
    if tag:
        yield from _carried(case, route, tag)


def route_of(case: Case, chain: str, product: str) -> Route | None:
    """Returns the route confirmed for a chain; where none is, that of the product's authorisations of one kind."""
    confirmed = case.state(CHAIN_ROUTE, chain).route
    if confirmed is not None:
        return confirmed
    kinds = {case.state(AUTHORISATION, tag).kind for tag in case.product(product).authorisations} - {None}
    routes = [route for route, kind in _KINDS.items() if kind in kinds]
    return routes[0] if len(kinds) == 1 and routes else None


def route_and_authorisation(case: Case) -> tuple[Route | None, str]:
    """Returns the route of a fact, as far as it is known, and the authorisation that it goes by."""
    fact = case.fact
    if isinstance(fact, RouteConfirmed):
        return fact.route, tag_of("authorisation", fact.authorisation)
    confirmed = case.state(CHAIN_ROUTE, frame.chain(case))
    named = tag_of("authorisation", fact.authorisation) if isinstance(fact, QpCertified) else ""
    return confirmed.route, named or confirmed.authorisation


def _words(route: Route) -> str:
    return route.name.lower().replace("_", " ")


def _carried(case: Case, route: Route | None, tag: str) -> Iterator[Broken]:
    authorisation = case.state(AUTHORISATION, tag)
    if not authorisation.granted:
        happened = case.content.type == "AdministrationStarted" and not case.known(AUTHORISATION, tag).granted
        must = "an authorisation on record"
        yield Broken(tag=tag, found="not registered, or not yet in force", must=must, note=happened)
        return
    yield from _proper(case, route, tag, authorisation)
    yield from _running(case, tag, authorisation)
    yield from _indicated(case, tag, authorisation)
    if case.content.type in _TREATING:
        yield from _where(case, tag, authorisation)


def _proper(case: Case, route: Route | None, tag: str, authorisation: Authorisation) -> Iterator[Broken]:
    """In force, of the kind that the route goes by, and for this product."""
    if not authorisation.live(case.at):
        yield Broken(tag=tag, found="not in force then", must="an authorisation in force")
    if route is not None and authorisation.kind is not _KINDS[route]:
        yield Broken(tag=tag, found=f"no {_words(route)}", must="an authorisation of the kind that the route needs")
    product = frame.therapy(case)
    if product and authorisation.product != product:
        yield Broken(tag=tag, found=f"for {authorisation.product}", must=f"an authorisation of {product}")


def _running(case: Case, tag: str, authorisation: Authorisation) -> Iterator[Broken]:
    """Neither suspended nor halted, here and in this arm; a stop of recruitment concerns who is enrolled after it."""
    fact = case.fact
    arm = fact.arm if isinstance(fact, RouteConfirmed) else case.state(CHAIN_ROUTE, frame.chain(case)).arm
    site = _treated_at(case)
    parts = {site, case.state(SITE_STATUS, site).control_site, arm or ""} - {""}
    stop = authorisation.stopped(case.at, parts, recruiting=isinstance(fact, RouteConfirmed))
    if stop is not None:
        what = stop.reason.name.lower()
        whole = {AuthorisationScope.ALL: "", AuthorisationScope.RECRUITMENT: " for recruitment"}
        part = whole.get(stop.scope, f" for {stop.part}" if stop.part else "")
        must = "reinstated first; what protects a patient now is an urgent safety measure"
        yield Broken(tag=tag, found=f"{what}{part} (fact {stop.position})", must=must)


def _treated_at(case: Case) -> str:
    """Where it is done; for a change of the treating site, where the patient goes."""
    fact = case.fact
    return tag_of("site", fact.joining) if isinstance(fact, TreatingSiteChanged) else case.site


def _indicated(case: Case, tag: str, authorisation: Authorisation) -> Iterator[Broken]:
    told = case.state(CHAIN_ROUTE, frame.chain(case))
    outside = bool(authorisation.indications) and told.indication not in ("", *authorisation.indications)
    if outside and not told.off_label:
        found = f"indication {told.indication} is outside it"
        yield Broken(tag=tag, found=found, must="an indication that it has, or an off-label note of the prescriber")


def _where(case: Case, tag: str, authorisation: Authorisation) -> Iterator[Broken]:
    """The nation, and for a trial the site: open itself, or a note where only another of the same hospital is."""
    site = _treated_at(case)
    here = case.state(SITE_STATUS, site)
    if authorisation.nations and here.nation is not None and here.nation not in authorisation.nations:
        yield Broken(tag=tag, found=f"not for {here.nation.name.lower()}", must="an authorisation that holds here")
    trial = authorisation.kind is AuthorisationKind.CLINICAL_TRIAL
    if trial and authorisation.sites and not {site, here.control_site} & set(authorisation.sites):
        ours = {case.party_at(item) for item in authorisation.sites if case.state(SITE_STATUS, item).organisation}
        must = "a site that is open in the trial"
        yield Broken(tag=site, found=f"{tag} is not open here", must=must, note=case.party_at(site) in ours)


R13 = Rule(
    id="R13",
    revision=1,
    text="A batch is certified, released, dispensed or started when its route is not live: authorisation absent, "
    "suspended, ended or without the indication and no off-label note; trial not authorised, halted (whole, at this "
    "site, in this arm), or its site not open; exemption, special or early access opinion ended. A stop of recruitment "
    "bars who is enrolled after it (our reading). Where no route was confirmed, only what is named is judged.",
    source="HMR 2012; Clinical Trials Regulations 2004 (our encoding)",
    owner=Owner.NOBODY,
    override="none; an urgent safety measure is recorded",
    types=(
        "RouteConfirmed",
        "QpCertified",
        "QualityControllerReleased",
        "PointOfCareReleased",
        "ProductDispensed",
        "AdministrationStarted",
        *_AHEAD,
    ),
    reads=(CHAIN_ROUTE, AUTHORISATION, SITE_STATUS, MATERIAL, BATCH_RECORD, CHAIN),
    judge=_live,
    weights=MappingProxyType(dict.fromkeys(_AHEAD, Weight.NOTE)),
    timed=True,
)
