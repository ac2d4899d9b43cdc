"""Rule D2: the review of a donor who gives for others."""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given
from tests.support.world import COLLECTOR, DONATION, PATIENT, name, tag

DONOR, DOCUMENT = name("pseudonym", "01DONOR"), {"sha256": bytes(32), "media_type": "application/pdf"}
GIVEN, GIVER = tag("donation", DONATION), tag("donor", DONOR)
REACTIVE = [world.marker(item, "REACTIVE" if item == "ANTI_HBC" else "NON_REACTIVE") for item in world.MINIMUM]


def donated(**slots: world.Draft | None) -> Asked:
    """A donor's cells before their release for circulation."""
    return given(*world.until("circulation", **{**world.allogeneic(), **slots}))


def decided(**changes: object) -> world.Draft:
    """DonorEligibilityDecided, of the donor."""
    return world.eligibility(None, donor=DONOR, **changes)


def test_D2_accepts_material_of_a_donor_who_was_reviewed() -> None:
    donated().when(world.circulation()).then_recorded()


def test_D2_accepts_autologous_material_without_a_review_of_eligibility() -> None:
    given(*world.until("circulation", eligibility=None)).when(world.circulation()).then_recorded()


def test_D2_refuses_material_of_a_donor_whom_nobody_reviewed() -> None:
    donated(eligibility=None).when(world.circulation()).then_refused(bar("D2", GIVEN))


@pytest.mark.parametrize("outcome", ["INELIGIBLE", "AUTOLOGOUS_POSITIVE_ACCEPTED"])
def test_D2_refuses_material_of_a_donor_who_is_not_eligible(outcome: str) -> None:
    ledger = donated(eligibility=decided(outcome=f"DONOR_ELIGIBILITY_{outcome}"))
    ledger.when(world.circulation()).then_refused(bar("D2", GIVEN))


def test_D2_refuses_a_reactive_marker_unless_the_designated_individual_assessed_the_risk() -> None:
    reactive = world.results(None, donor=DONOR, results=REACTIVE)
    ledger = donated(results=reactive, eligibility=None)
    ledger.when(decided()).then_refused(bar("D2", GIVER))
    ledger.when(world.circulation()).then_refused(bar("D2", GIVEN))
    me = tag("person", COLLECTOR)
    ledger.when(decided(risk_assessment=DOCUMENT, by=COLLECTOR)).then_refused(bar("D2", me))
    ledger.when(decided(risk_assessment=DOCUMENT)).then_recorded()
    ledger.when(world.circulation()).then_recorded()


def test_D2_refuses_a_decision_that_is_older_than_what_is_known_now() -> None:
    ledger = donated()
    later = world.results(None, donor=DONOR, results=REACTIVE, at="2026-04-08T05:35Z")
    ledger.given(later).when(world.circulation()).then_refused(bar("D2", GIVEN))


def test_D2_refuses_a_donor_whose_history_excludes_them_unless_the_risk_was_assessed() -> None:
    told = world.sample(
        "DonorHistoryTaken", donor=DONOR, patient=None, exclusion_found=True, at="2026-04-08T05:20Z", checked_by=None
    )
    ledger = donated(eligibility=None).given(told)
    ledger.when(decided()).then_refused(bar("D2", GIVER))
    ledger.given(decided(risk_assessment=DOCUMENT)).when(world.circulation()).then_recorded()


def test_D2_refuses_to_certify_what_was_sent_on_in_quarantine_and_never_reviewed() -> None:
    slots = {**world.allogeneic(), "eligibility": None, "circulation": None, "acceptance": None}
    ledger = given(*world.until("release", **slots)).when(world.release())
    assert bar("D2", GIVEN) in {(item.rule, item.tag, item.weight) for item in ledger.answer.findings}


def test_D2_asks_the_same_of_what_is_given_for_one_named_person() -> None:
    directed = world.apheresis(autologous=None, directed={"donor": DONOR, "recipient": PATIENT})
    ledger = donated(apheresis=directed, eligibility=None)
    ledger.when(world.circulation()).then_refused(bar("D2", GIVEN))
