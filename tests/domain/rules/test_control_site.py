"""The duties of a control site, a designation that is superseded, and a mobile service at somebody else's premises."""

import pytest

from tests.domain.rules.test_sites import FRAME, assessing, onboarding
from tests.support import vigilance, world
from tests.support.judged import Asked, bar, given
from tests.support.world import CONTROL, MASTER_FILE, MIA_POC, POC_SITE, PRODUCT, TREATING, tag

POC, SECOND, FILE, ITEM = (
    tag("site", POC_SITE),
    tag("site", world.SECOND_POC_SITE),
    tag("masterfile", MASTER_FILE),
    tag("product", PRODUCT),
)
SERVICE = world.name("gs1-gln", "9506000142005")
SUCCESSOR = world.name("mhra-designation", "DES-99002")


def told(ledger: Asked, thing: str) -> tuple[str, ...]:
    """What the card of a thing says."""
    return next(card.conditions for card in ledger.ledger.look_up(thing).cards if card.tag == thing)


# Designation and supersession


def superseded(**changes: object) -> tuple[world.Draft, world.Draft]:
    """A designation is replaced by another from 10 April on."""
    data = {
        "designation": world.DESIGNATION,
        "product": PRODUCT,
        "reason": "DESIGNATION_END_REASON_SUPERSEDED",
        "successor": SUCCESSOR,
        "effective_from": "2026-04-10",
    }
    new = world.designation(designation=SUCCESSOR, effective_from="2026-04-10", **changes)
    return new, world.fact("DesignationEnded", data, FRAME, {"at": "2026-04-09T09:00Z"})


def test_L8_goes_on_under_the_designation_that_superseded_another() -> None:
    given(*world.until("poc_batch"), *superseded()).when(world.poc_batch()).then_recorded()


def test_L8_refuses_after_a_supersession_by_one_for_another_mode() -> None:
    modular = superseded(mode="MANUFACTURING_MODE_MODULAR")
    given(*world.until("poc_batch"), *modular).when(world.poc_batch()).then_refused(bar("L8", ITEM))


# Contract mobile service: the host is not the licence holder


def mobile(*bases: world.Data) -> dict[str, world.Draft | None]:
    """The unit is a service's, and stands at the hospital."""
    unit = world.site(
        POC_SITE, SERVICE, host=TREATING, control_site=world.CONTROL_SITE, bases=[*bases, world.CONTAINED_USE]
    )
    return {"poc_site": unit}


def test_L1_accepts_a_mobile_service_at_a_hospital_that_holds_no_licence() -> None:
    own = mobile(world.basis("MANUFACTURE", MIA_POC))
    given(*world.until("poc_batch", **own)).when(world.poc_batch(organisation=SERVICE)).then_recorded()


@pytest.mark.parametrize(
    ("agreed", "barred"),
    [
        ({"acceptor": CONTROL}, False),
        ({"acceptor": CONTROL, "effective_to": "2026-04-10"}, True),
        ({"acceptor": CONTROL, "purpose": "AGREEMENT_PURPOSE_TECHNICAL"}, True),
        ({"acceptor": SERVICE}, True),
    ],
    ids=["the holder's service", "ended", "no service", "a service without a licence"],
)
def test_L1_takes_the_agreement_of_a_mobile_service_whose_provider_holds_the_licence(
    agreed: world.Data, barred: bool
) -> None:
    agreement = world.name("agreement.RXK", "MOB-1")
    signed = world.agreement(
        agreement,
        **{
            "purpose": "AGREEMENT_PURPOSE_MOBILE_SERVICE",
            "giver": TREATING,
            "licence": MIA_POC,
            "activities": ["ACTIVITY_MANUFACTURE"],
            "sites": [POC_SITE],
            **agreed,
        },
    )
    under = mobile(world.basis("MANUFACTURE", agreement=agreement))
    ledger = given(*world.until("poc_batch", **under), signed).when(world.poc_batch(licence=None, organisation=SERVICE))
    if barred:
        ledger.then_refused(bar("L1", POC))
        return
    ledger.then_recorded()
    assert ledger.resolved()["basis"] == tag("agreement", agreement)


def test_C2_lets_the_service_work_with_what_it_received_at_its_unit_and_nobody_else() -> None:
    own = mobile(world.basis("MANUFACTURE", MIA_POC))
    ledger = given(*world.until("completion", **own))
    ledger.when(world.completion(organisation=SERVICE)).then_recorded()
    assert ledger.ledger.look_up(tag("material", world.FINAL)).cards[0].holder == tag("organisation", SERVICE)


# Suitability, reviews, reports


def test_a_card_of_a_master_file_tells_what_its_control_site_has_shown() -> None:
    ledger = given(*world.registers())
    assert told(ledger, FILE) == (f"{POC}: never assessed on record", f"{SECOND}: never assessed on record")
    ledger.given(assessing(), onboarding(), assessing("SUITABLE_WITH_ACTIONS", "REMOTE_REVIEW", at="2026-04-14T08:00Z"))
    reviewed = ledger.position
    report = {"case": None, "masterfile": MASTER_FILE, "period_from": "2025-04-01", "period_to": "2026-03-31"}
    ledger.given(vigilance.submitted("CONTROL_SITE_ANNUAL", **report, at="2026-04-15T12:00Z"))
    annual = ledger.position
    mine = vigilance.submitted("REPORTABLE_ISSUE", case=None, masterfile=MASTER_FILE, recipient=world.COLLECTING)
    ledger.when(mine).then_noted("E6")
    elsewhere = vigilance.submitted("DEFECT", case=None, masterfile=MASTER_FILE, authority="AUTHORITY_HTA")
    ledger.when(elsewhere).then_noted("E6")
    ledger.given(vigilance.submitted("REPORTABLE_ISSUE", case=None, masterfile=MASTER_FILE, at="2026-04-16T12:00Z"))
    assert told(ledger, FILE) == (
        f"{POC}: remote review on 14 Apr 2026 08:00 UTC: suitable with actions (fact {reviewed})",
        f"{SECOND}: never assessed on record",
        f"report sent on 15 Apr 2026 12:00 UTC: control site annual (fact {annual})",
        f"report sent on 16 Apr 2026 12:00 UTC: reportable issue (fact {ledger.position})",
    )
