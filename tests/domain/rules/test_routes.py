"""Rule R13: is the route live by which the patient gets the product?"""

import pytest

from ledger.domain.facts.ordering import RouteConfirmed
from ledger.domain.facts.terms import Route
from tests.support import released, world
from tests.support.judged import bar, given, note
from tests.support.world import AUTHORISATION, CHAIN, CONSULTANT, PATIENT, POC_SITE, PRODUCT, tag

PAPER, ORDER, WARD = tag("authorisation", AUTHORISATION), tag("coi", CHAIN), tag("site", POC_SITE)
TRIAL = {"kind": "AUTHORISATION_KIND_CLINICAL_TRIAL"}
FRAME: world.Data = {"at": "2026-03-30T10:00Z", "site": POC_SITE, "by": CONSULTANT, "organisation": world.TREATING}


def route(by: str = "MARKETING_AUTHORISATION", **changes: object) -> world.Draft:
    """RouteConfirmed."""
    data = {
        "coi": CHAIN,
        "patient": PATIENT,
        "product": PRODUCT,
        "route": f"ROUTE_{by}",
        "authorisation": AUTHORISATION,
    }
    return world.fact("RouteConfirmed", data, FRAME, changes)


def eligible(indication: str, **changes: object) -> world.Draft:
    """EligibilityConfirmed."""
    data = {"coi": CHAIN, "patient": PATIENT, "product": PRODUCT, "indication": indication}
    return world.fact("EligibilityConfirmed", data, FRAME, changes)


def started_by(authorisation: world.Draft, confirmed: world.Draft, **slots: world.Draft) -> tuple[world.Draft, ...]:
    """The story up to the start, with a route confirmed after the chain was opened; in a trial it is labelled so."""
    if isinstance(confirmed.content.fact, RouteConfirmed) and confirmed.content.fact.route is Route.CLINICAL_TRIAL:
        regime, said = "LABEL_REGIME_INVESTIGATIONAL", world.items(of="INVESTIGATIONAL")
        slots = {"label": world.label(regime=regime, items=said), **slots}
    told = world.until("start", **slots)
    after = next(place for place, draft in enumerate(told) if draft.content.type == "CoiAssigned") + 1
    return (*told[:after], authorisation, confirmed, *told[after:])


def test_R13_accepts_a_start_by_a_route_that_is_live() -> None:
    given(*started_by(world.authorisation(), route())).when(world.start()).then_recorded()


def test_R13_accepts_a_start_where_no_route_was_confirmed() -> None:
    given(*world.until("start"), world.authorisation(effective_to="2026-04-01")).when(world.start()).then_recorded()


@pytest.mark.parametrize(("at", "barred"), [("2026-04-14T22:59:59Z", False), ("2026-04-14T23:00:00Z", True)])
def test_R13_refuses_a_start_after_the_last_day_of_the_authorisation(at: str, barred: bool) -> None:
    late = {
        "completion": world.completion(completed_at=world.time("2026-04-14T22:00Z"), containers=[_container()]),
        "release": world.release(at="2026-04-14T22:10Z"),
        "check": world.check(at="2026-04-14T22:40Z"),
    }
    told = started_by(world.authorisation(effective_to="2026-04-14"), route(), **late)
    ledger = given(*told).when(world.start(at=at, uncertainty_ms=0))
    ledger.then_refused(bar("R13", PAPER)) if barred else ledger.then_recorded()


def _container() -> world.Data:
    return world.filled(world.FINAL, world.quantity("50"), expires_at=world.time("2026-04-15T06:00Z"))


@pytest.mark.parametrize(
    ("authorisation", "by"),
    [
        ({"kind": "AUTHORISATION_KIND_EARLY_ACCESS"}, "MARKETING_AUTHORISATION"),
        ({"product": world.name("product.MPC", "other")}, "MARKETING_AUTHORISATION"),
        ({"effective_to": "2026-03-01"}, "MARKETING_AUTHORISATION"),
        ({"effective_from": "2026-05-01"}, "MARKETING_AUTHORISATION"),
    ],
    ids=["another kind", "another product", "ended", "not begun"],
)
def test_R13_refuses_to_confirm_a_route_that_is_not_live(authorisation: world.Data, by: str) -> None:
    told = (*world.until("consent"), world.authorisation(**authorisation))
    given(*told).when(route(by)).then_refused(bar("R13", PAPER))


@pytest.mark.parametrize("by", ["MARKETING_AUTHORISATION", "CLINICAL_TRIAL", "EARLY_ACCESS"])
def test_R13_refuses_a_route_that_needs_an_authorisation_and_names_none(by: str) -> None:
    given(*world.until("consent")).when(route(by, authorisation=None)).then_refused(bar("R13", ORDER))


@pytest.mark.parametrize("by", ["HOSPITAL_EXEMPTION", "SPECIAL"])
def test_R13_accepts_a_route_that_needs_no_authorisation_of_its_own(by: str) -> None:
    given(*world.until("consent")).when(released.route(by)).then_recorded()


def test_R13_refuses_a_decision_on_an_authorisation_that_nobody_registered() -> None:
    given(*world.until("consent")).when(route()).then_refused(bar("R13", PAPER))


def test_R13_refuses_outside_the_indication_and_accepts_an_off_label_note() -> None:
    limited = world.authorisation(indications=["C83.3"])
    told = (*world.until("consent"), limited)
    given(*told, eligible("C83.3")).when(route()).then_recorded()
    given(*told, eligible("C91.0")).when(route()).then_refused(bar("R13", PAPER))
    noted = world.prescription(off_label_note="no licensed alternative was left")
    given(*world.until("consent", prescription=noted), limited, eligible("C91.0")).when(route()).then_recorded()


def test_R13_refuses_where_the_authorisation_does_not_hold() -> None:
    northern = world.authorisation(nations=["NATION_NORTHERN_IRELAND"])
    given(*started_by(northern, route())).when(world.start()).then_refused(bar("R13", PAPER))


@pytest.mark.parametrize("sites", [[POC_SITE], [world.CONTROL_SITE], None], ids=["here", "its control site", "any"])
def test_R13_accepts_a_trial_that_is_open_here(sites: list[world.Data] | None) -> None:
    trial = world.authorisation(**TRIAL, sites=sites)
    given(*started_by(trial, route("CLINICAL_TRIAL"))).when(world.start()).then_recorded()


def test_R13_refuses_a_trial_site_that_is_not_open_and_notes_another_of_the_same_hospital() -> None:
    elsewhere = world.authorisation(**TRIAL, sites=[world.APHERESIS_UNIT])
    given(*started_by(elsewhere, route("CLINICAL_TRIAL"))).when(world.start()).then_refused(bar("R13", WARD))
    same = world.authorisation(**TRIAL, sites=[world.SECOND_POC_SITE])
    given(*started_by(same, route("CLINICAL_TRIAL"))).when(world.start()).then_noted(note("R13", WARD))


def test_R13_refuses_a_release_by_a_route_that_has_ended_and_notes_a_batch_opened_for_it() -> None:
    ended = (world.authorisation(effective_to="2026-04-01"), route())
    told = world.until("consent")
    assert told[-1].content.type == "CoiAssigned"
    ledger = given(*told, *ended, world.consent(), *world.since("identification", "central_batch"))
    ledger.when(world.central_batch()).then_noted(note("R13", PAPER))
    ledger.given(*world.since("modification", "poc_batch"))
    ledger.when(world.poc_batch()).then_noted(note("R13", PAPER))
    ledger.given(world.completion()).when(world.release()).then_refused(bar("R13", PAPER))
