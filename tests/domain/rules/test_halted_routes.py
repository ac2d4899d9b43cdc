"""Rule R13: a route that was suspended, halted or ended after it was granted; whole, at one site, in one arm."""

import pytest

from tests.domain.rules.test_routes import FRAME, TRIAL, route, started_by
from tests.support import world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import AUTHORISATION, CHAIN, POC_SITE, SECOND_POC_SITE, tag

PAPER = tag("authorisation", AUTHORISATION)
HALT, LIFT = "2026-04-12T08:00:00Z", "2026-04-14T10:00:00Z"


def _said(data: world.Data) -> world.Data:
    return {key: value for key, value in data.items() if value is not None}


def suspended(scope: str = "ALL", at_site: world.Data | None = None, **changes: object) -> world.Draft:
    """AuthorisationSuspended: a trial is halted by its sponsor."""
    data: world.Data = {
        "authorisation": AUTHORISATION,
        "scope": f"AUTHORISATION_SCOPE_{scope}",
        "reason": "AUTHORISATION_STOP_REASON_HALTED",
        "effective_from": world.time(HALT),
        "site": at_site,
    }
    return world.fact("AuthorisationSuspended", _said(data), {**FRAME, "at": HALT}, changes)


def reinstated(scope: str = "ALL", at_site: world.Data | None = None, **changes: object) -> world.Draft:
    """AuthorisationReinstated."""
    data: world.Data = {
        "authorisation": AUTHORISATION,
        "scope": f"AUTHORISATION_SCOPE_{scope}",
        "effective_from": world.time(LIFT),
        "site": at_site,
    }
    return world.fact("AuthorisationReinstated", _said(data), {**FRAME, "at": LIFT}, changes)


def ended(**changes: object) -> world.Draft:
    """AuthorisationEnded: a trial."""
    data = {
        "authorisation": AUTHORISATION,
        "reason": "AUTHORISATION_END_REASON_TRIAL_ENDED",
        "effective_from": world.time(HALT),
    }
    return world.fact("AuthorisationEnded", data, {**FRAME, "at": HALT}, changes)


def in_the_fridge(*, arm: str | None = "A") -> Asked:
    """A trial's bag, checked at the bedside and not given yet."""
    trial = world.authorisation(**TRIAL, sites=[POC_SITE, SECOND_POC_SITE])
    return given(*started_by(trial, route("CLINICAL_TRIAL", arm=arm)))


def measure(**changes: object) -> world.Draft:
    """UrgentSafetyMeasureTaken, for this patient."""
    data = {
        "authorisation": AUTHORISATION,
        "coi": CHAIN,
        "measure": "The conditioned patient is moved to intensive care",
        "reason": "No cells while the trial is halted",
    }
    return world.fact("UrgentSafetyMeasureTaken", data, {**FRAME, "at": "2026-04-14T10:20Z"}, changes)


def test_R13_refuses_a_bag_in_the_fridge_of_a_trial_that_is_halted_and_records_the_urgent_safety_measure() -> None:
    ledger = in_the_fridge().given(suspended())
    ledger.when(world.start()).then_refused(bar("R13", PAPER))
    ledger.when(measure()).then_recorded()
    ledger.when(world.start()).then_refused(bar("R13", PAPER))
    ledger.when(world.start(exceptions=[world.DEVIATION])).then_deviation(bar("R13", PAPER))


def test_R13_refuses_a_marketing_authorisation_that_is_suspended() -> None:
    told = started_by(world.authorisation(), route())
    given(*told, suspended(reason="AUTHORISATION_STOP_REASON_SUSPENDED")).when(world.start()).then_refused(
        bar("R13", PAPER)
    )


@pytest.mark.parametrize(("at", "barred"), [("2026-04-14T10:26Z", True), ("2026-04-14T10:30Z", False)])
def test_R13_accepts_from_the_moment_at_which_it_is_reinstated(at: str, barred: bool) -> None:
    lifted = reinstated(effective_from=world.time("2026-04-14T10:28Z"))
    ledger = in_the_fridge().given(suspended(), lifted).when(world.start(at=at, uncertainty_ms=0))
    ledger.then_refused(bar("R13", PAPER)) if barred else ledger.then_recorded()


@pytest.mark.parametrize(("site", "barred"), [(POC_SITE, True), (SECOND_POC_SITE, False), (None, True)])
def test_R13_bars_only_the_site_that_is_halted_and_every_site_where_none_is_named(
    site: world.Data | None, barred: bool
) -> None:
    ledger = in_the_fridge().given(suspended("SITE", site)).when(world.start())
    ledger.then_refused(bar("R13", PAPER)) if barred else ledger.then_recorded()


@pytest.mark.parametrize(("arm", "barred"), [("A", True), ("B", False), (None, True)])
def test_R13_bars_only_the_arm_that_is_halted(arm: str | None, barred: bool) -> None:
    ledger = in_the_fridge().given(suspended("ARM", arm=arm)).when(world.start())
    ledger.then_refused(bar("R13", PAPER)) if barred else ledger.then_recorded()


def test_R13_lets_who_is_in_the_trial_go_on_while_recruitment_is_stopped_and_enrols_nobody() -> None:
    ledger = in_the_fridge().given(suspended("RECRUITMENT"))
    ledger.when(route("CLINICAL_TRIAL")).then_refused(bar("R13", PAPER))
    ledger.when(world.start()).then_recorded()


def test_R13_lifts_recruitment_alone_where_recruitment_alone_is_reinstated() -> None:
    ledger = in_the_fridge().given(suspended("RECRUITMENT"), reinstated("RECRUITMENT"))
    ledger.when(route("CLINICAL_TRIAL", at=LIFT)).then_recorded()
    whole = in_the_fridge().given(suspended(), reinstated("RECRUITMENT"))
    whole.when(world.start()).then_refused(bar("R13", PAPER))


def test_R13_lifts_a_halt_of_everything_for_one_site() -> None:
    here = in_the_fridge().given(suspended(), reinstated("SITE", POC_SITE))
    here.when(world.start()).then_recorded()
    elsewhere = in_the_fridge().given(suspended(), reinstated("SITE", SECOND_POC_SITE))
    elsewhere.when(world.start()).then_refused(bar("R13", PAPER))


def test_R13_notes_what_comes_before_it_matters_in_a_trial_that_is_halted() -> None:
    trial = world.authorisation(**TRIAL)
    early = world.time("2026-04-01T08:00Z")
    told = (*world.until("consent"), trial, route("CLINICAL_TRIAL"), suspended(effective_from=early, at=early))
    ledger = given(*told, world.consent(), *world.since("identification", "central_batch"))
    ledger.when(world.central_batch()).then_noted(note("R13", PAPER))


def test_R13_refuses_after_a_trial_has_ended_until_it_is_granted_anew() -> None:
    told = (world.authorisation(**TRIAL), route("CLINICAL_TRIAL"))
    ledger = given(*started_by(*told), ended()).when(world.start()).then_refused(bar("R13", PAPER))
    varied = world.authorisation(
        **TRIAL, change="AUTHORISATION_CHANGE_VARIED", effective_from="2026-04-13", at="2026-04-13T08:00Z"
    )
    ledger.given(varied).when(world.start()).then_refused(bar("R13", PAPER))
    anew = world.authorisation(**TRIAL, effective_from="2026-04-13", at="2026-04-13T09:00Z")
    ledger.given(anew).when(world.start()).then_recorded()


def test_R13_keeps_a_halt_over_a_variation() -> None:
    varied = world.authorisation(
        **TRIAL, change="AUTHORISATION_CHANGE_VARIED", effective_from="2026-04-13", at="2026-04-13T08:00Z"
    )
    in_the_fridge().given(suspended(), varied).when(world.start()).then_refused(bar("R13", PAPER))


def test_R13_stands_corrected_when_the_halt_did_not_happen() -> None:
    ledger = in_the_fridge().given(suspended())
    ledger.when(world.start()).then_refused(bar("R13", PAPER))
    ledger.given(world.did_not_happen(ledger.position_of("AuthorisationSuspended")))
    ledger.when(world.start()).then_recorded()


def test_a_halt_is_never_refused_though_nobody_signed_and_nobody_knows_the_trial() -> None:
    given(*world.registers()).when(suspended()).then_recorded()
