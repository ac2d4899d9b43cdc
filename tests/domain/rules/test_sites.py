"""Rules L3 to L9 and E7: the master file, the place, the designation, the control site, and a site that is stopped."""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CHAIN, CONTROL_SITE, MASTER_FILE, MIA_POC, POC_SITE, PRODUCT, REGISTRAR, tag

POC, HOME = tag("site", POC_SITE), tag("site", world.name("home.MPC", "7Q4"))
CONTROL, FILE, ITEM = tag("site", CONTROL_SITE), tag("masterfile", MASTER_FILE), tag("product", PRODUCT)
FRAME: world.Data = {
    "at": "2026-04-13T09:00Z",
    "site": CONTROL_SITE,
    "by": REGISTRAR,
    "organisation": world.CONTROL,
}
QA = world.role(REGISTRAR, "QUALITY_ASSURANCE", at_site=CONTROL_SITE)
MODULAR = {"kind": "SITE_KIND_MODULAR"}


def said(fact_type: str, data: world.Data, **changes: object) -> world.Draft:
    """A fact about the POC site, or the one that it is `of`, from the control site."""
    return world.fact(fact_type, {"site": changes.pop("of", POC_SITE), **data}, FRAME, changes)


def pause(**changes: object) -> world.Draft:
    """SitePaused."""
    return said("SitePaused", {"reason": "an alarm"}, **changes)


def holder(**changes: object) -> world.Draft:
    """SiteSuspendedByHolder."""
    return said("SiteSuspendedByHolder", {"masterfile": MASTER_FILE, "reason": "an audit"}, **changes)


def onboarding(**changes: object) -> world.Draft:
    """SiteOnboarded."""
    return said("SiteOnboarded", {"masterfile": MASTER_FILE, "product": PRODUCT}, **changes)


def assessing(outcome: str = "SUITABLE", purpose: str = "SUITABILITY", **changes: object) -> world.Draft:
    """SiteAssessed, together with the hospital."""
    data = {
        "purpose": f"SITE_ASSESSMENT_PURPOSE_{purpose}",
        "outcome": f"SITE_ASSESSMENT_OUTCOME_{outcome}",
    }
    signed = [(REGISTRAR, "PERFORMED"), (world.CONSULTANT, "ACCEPTED")]
    return said("SiteAssessed", data, **{"at": "2026-04-13T08:00Z", "signed": signed, **changes})


def change(**changes: object) -> world.Draft:
    """ChangeControlApproved; name what is changed."""
    data = {"change": "a second thaw device", "reference": "CC-1", "effective_from": "2026-05-01"}
    return world.fact("ChangeControlApproved", data, FRAME, changes)


def ceasing(**changes: object) -> world.Draft:
    """SiteCeased, with a custodian."""
    return said("SiteCeased", {"masterfile": MASTER_FILE, "records_custodian": world.CONTROL}, **changes)


def resuming(stop: int, *signers: world.Data, **changes: object) -> world.Draft:
    """SiteResumed, signed by quality assurance."""
    signed = [(signer, "APPROVED") for signer in signers or (REGISTRAR,)]
    return said("SiteResumed", {"stop": stop}, **{"at": "2026-04-13T18:00Z", "signed": signed, **changes})


# L3: stopped, onboarded, ceased


@pytest.mark.parametrize("stop", [pause, holder])
def test_L3_refuses_to_make_at_a_site_that_was_paused_or_suspended_by_the_holder(stop: object) -> None:
    assert callable(stop)
    ledger = given(*world.until("poc_batch"), stop()).when(world.poc_batch()).then_refused(bar("L3", POC))
    assert "it is resumed first" in ledger.answer.findings[0].must


@pytest.mark.parametrize(
    "other",
    [
        {"product": world.name("product.MPC", "other")},
        {"masterfile": world.name("dmmf.MPC", "DMMF-002")},
        {"of": world.SECOND_POC_SITE},
    ],
    ids=["another product", "another master file", "another site"],
)
def test_L3_accepts_what_a_pause_does_not_concern(other: world.Data) -> None:
    given(*world.until("poc_batch"), pause(**other)).when(world.poc_batch()).then_recorded()


def test_L3_accepts_to_finish_a_batch_in_process_where_the_pause_says_so() -> None:
    paused = pause(at="2026-04-14T06:45Z", batches_in_process="BATCHES_IN_PROCESS_FINISH_UNDER_QA")
    given(*world.until("completion"), paused).when(world.completion()).then_recorded()
    given(*world.until("completion"), pause(at="2026-04-14T06:45Z")).when(world.completion()).then_refused(
        bar("L3", POC)
    )


def test_L3_accepts_work_again_from_the_resumption() -> None:
    ledger = given(*world.until("poc_batch"), QA, pause())
    ledger.given(resuming(ledger.position)).when(world.poc_batch()).then_recorded()


def test_L3_refuses_what_was_not_resumed_for_its_master_file() -> None:
    ledger = given(*world.until("poc_batch"), QA, pause())
    ledger.given(resuming(ledger.position, masterfile=world.name("dmmf.MPC", "DMMF-002")))
    ledger.when(world.poc_batch()).then_refused(bar("L3", POC))


def test_L3_refuses_a_site_that_ended_its_work_until_it_is_onboarded_again() -> None:
    ledger = given(*world.until("poc_batch"), ceasing()).when(world.poc_batch()).then_refused(bar("L3", POC))
    ledger.given(assessing(), onboarding(at="2026-04-14T06:00Z"))
    ledger.when(world.poc_batch(at="2026-04-14T06:40Z")).then_recorded()


def test_L3_refuses_to_onboard_a_site_that_the_version_in_force_does_not_list() -> None:
    elsewhere = world.masterfile(sites=[{"site": world.SECOND_POC_SITE}])
    ledger = given(*world.registers(masterfile=elsewhere), assessing())
    ledger.when(onboarding()).then_refused(bar("L3", POC))


def test_L3_notes_a_site_that_is_onboarded_before_anybody_found_it_suitable() -> None:
    ledger = given(*world.registers()).when(onboarding()).then_noted(note("L3", POC))
    ledger.given(assessing(purpose="REMOTE_REVIEW")).when(onboarding()).then_noted(note("L3", POC))
    ledger.given(assessing("NOT_SUITABLE")).when(onboarding()).then_noted(note("L3", POC))
    ledger.given(assessing("SUITABLE_WITH_ACTIONS", at="2026-04-13T08:30Z")).when(onboarding()).then_recorded()


def test_a_card_of_a_site_tells_how_it_was_assessed_and_reviewed_last() -> None:
    ledger = given(*world.registers(), assessing(), assessing("SUITABLE_WITH_ACTIONS", "ON_SITE_REVIEW"))
    told = next(card for card in ledger.ledger.look_up(POC).cards if card.tag == POC)
    first, second = ledger.position - 1, ledger.position
    assert told.conditions[-2:] == (
        f"suitability on 13 Apr 2026 08:00 UTC: suitable (fact {first})",
        f"on site review on 13 Apr 2026 08:00 UTC: suitable with actions (fact {second})",
    )


def test_L3_refuses_a_step_that_the_master_file_does_not_have_for_the_place() -> None:
    listed = world.masterfile(sites=[{"site": POC_SITE, "steps": ["BatchOpened"]}])
    ledger = given(*world.until("completion", masterfile=listed))
    ledger.when(world.completion()).then_refused(bar("L3", POC))


@pytest.mark.parametrize("in_process", [True, False])
def test_L3_refuses_by_a_newer_version_only_where_it_applies_to_batches_in_process(in_process: bool) -> None:
    newer = world.masterfile(
        version="2.0",
        sites=[{"site": world.SECOND_POC_SITE}],
        applies_to_batches_in_process=in_process,
        effective_from="2026-04-14",
    )
    opened = world.poc_batch(at="2026-04-13T21:00Z")
    ledger = given(*world.until("poc_batch"), opened, newer).when(world.completion())
    ledger.then_refused(bar("L3", POC)) if in_process else ledger.then_recorded()


# L4


def test_L4_accepts_the_version_in_force_and_refuses_another() -> None:
    given(*world.until("poc_batch")).when(world.poc_batch()).then_recorded()
    ledger = given(*world.until("poc_batch")).when(world.poc_batch(masterfile_version="0.9"))
    ledger.then_refused(bar("L4", FILE))


def test_L4_refuses_the_old_version_from_midnight_of_the_new_ones_first_day() -> None:
    newer = world.masterfile(version="2.0", effective_from="2026-04-14")
    told = (*world.until("poc_batch"), newer)
    exact = {"uncertainty_ms": 0}
    given(*told).when(world.poc_batch(at="2026-04-13T22:59:59Z", **exact)).then_recorded()
    given(*told).when(world.poc_batch(at="2026-04-13T23:00:00Z", **exact)).then_refused(bar("L4", FILE))


def test_L4_notes_a_step_that_follows_a_version_which_does_not_rule_the_batch() -> None:
    newer = world.masterfile(version="2.0", effective_from="2026-04-14")
    told = (*world.until("poc_batch"), world.poc_batch(at="2026-04-13T21:00Z"), newer)
    given(*told).when(world.completion(envelope={"procedure": "2.0"})).then_noted(note("L4", FILE))
    given(*told).when(world.completion(envelope={"procedure": "1.0"})).then_recorded()


def test_L4_notes_at_the_release_what_the_batch_was_opened_under() -> None:
    wrong = world.poc_batch(masterfile_version="0.9", exceptions=[world.DEVIATION])
    ledger = given(*world.until("poc_batch")).when(wrong).then_deviation("L4")
    opened = ledger.position
    blocked = bar("R6", tag("batch", world.POC_BATCH))
    ledger.when(world.completion()).then_noted(note("L4", FILE))
    ledger.when(world.release()).then_refused(blocked, note("L4", FILE))
    ledger.given(world.assessed(opened, at="2026-04-14T10:28Z"))
    ledger.when(world.release()).then_noted(note("L4", FILE))


# L5


def unit(**place: object) -> world.Draft:
    """The POC site, as a modular unit."""
    return world.poc_site(**{**MODULAR, "latitude": "51.5000", "longitude": "-0.1200", **place})


def standing(there: world.Draft, tolerance: int | None = 50) -> dict[str, world.Draft]:
    """Slots by which a modular unit is lawful at 51.5, -0.12."""
    entry = {"site": POC_SITE, "latitude": "51.5000", "longitude": "-0.1200", "tolerance_metres": tolerance}
    modular = "MANUFACTURING_MODE_MODULAR"
    return {
        "poc_site": there,
        "masterfile": world.masterfile(sites=[{key: value for key, value in entry.items() if value is not None}]),
        "licence": world.licence(modes=[modular]),
        "designation": world.designation(mode=modular),
    }


BATCH = world.poc_batch(mode="MANUFACTURING_MODE_MODULAR")


@pytest.mark.parametrize(
    ("latitude", "tolerance", "barred"),
    [("51.5004", 50, False), ("51.5005", 50, True), ("51.5008", None, False), ("51.5010", None, True)],
    ids=["44 m of 50", "55 m of 50", "88 m of the rulebook's 100", "111 m of the rulebook's 100"],
)
def test_L5_refuses_a_unit_beyond_the_tolerance_of_its_place(
    latitude: str, tolerance: int | None, barred: bool
) -> None:
    ledger = given(*world.until("poc_batch", **standing(unit(latitude=latitude), tolerance))).when(BATCH)
    ledger.then_refused(bar("L5", POC)) if barred else ledger.then_recorded()


def test_L5_accepts_a_degree_of_longitude_as_short_as_it_is_in_the_north() -> None:
    given(*world.until("poc_batch", **standing(unit(longitude="-0.1207")))).when(BATCH).then_recorded()


def moved(latitude: str, **changes: object) -> world.Draft:
    """UnitRelocated."""
    data = {"masterfile": MASTER_FILE, "latitude": latitude, "longitude": "-0.1200", "requalified": True}
    return said("UnitRelocated", data, **changes)


def test_L5_refuses_a_unit_that_moved_until_its_relocation_is_recorded() -> None:
    far = standing(unit(latitude="51.6000"))
    place = {"site": POC_SITE, "latitude": "51.5000", "longitude": "-0.1200"}
    here = world.poc_batch(mode="MANUFACTURING_MODE_MODULAR", envelope={"place": place})
    given(*world.until("poc_batch", **far)).when(here).then_refused(bar("L5", POC))
    given(*world.until("poc_batch", **far), moved("51.5000")).when(here).then_recorded()


def test_L5_notes_a_move_to_a_place_that_the_master_file_does_not_give() -> None:
    told = world.until("poc_batch", **standing(unit()))
    ledger = given(*told).when(moved("51.7000")).then_noted(note("L5", POC))
    ledger.when(BATCH).then_refused(bar("L5", POC))


def test_L5_notes_a_move_without_requalification_or_from_elsewhere() -> None:
    told = world.until("poc_batch", **standing(unit()))
    given(*told).when(moved("51.5001", requalified=None)).then_noted(note("L5", POC))
    before = {"previous_latitude": "52.0000", "previous_longitude": "-0.1200"}
    given(*told).when(moved("51.5001", **before)).then_noted(note("L5", POC))


def test_L5_notes_a_unit_of_which_nobody_recorded_where_it_stands() -> None:
    nowhere = unit(latitude=None, longitude=None)
    given(*world.until("poc_batch", **standing(nowhere))).when(BATCH).then_noted(note("L5", POC))


def at_home(chain: world.Data = CHAIN, **slots: world.Draft) -> tuple[world.Draft, ...]:
    """A home under the control site, listed as a category."""
    home = world.poc_site(world.name("home.MPC", "7Q4"), kind="SITE_KIND_HOME", home_of=[chain])
    category = {"site": CONTROL_SITE, "category": "homes within an hour, approved by the control site"}
    listed = world.masterfile(sites=[{"site": POC_SITE}, category])
    return (*world.until("poc_batch", masterfile=listed, second_poc_site=home), *slots.values())


THERE = world.poc_batch(site=world.name("home.MPC", "7Q4"))
APPROVED = onboarding(of=world.name("home.MPC", "7Q4"))


def test_L5_accepts_a_home_that_was_approved_and_is_the_patients() -> None:
    given(*at_home(), APPROVED).when(THERE).then_recorded()


def test_L5_refuses_a_home_that_nobody_approved_or_of_another_chain() -> None:
    given(*at_home()).when(THERE).then_refused(bar("L5", HOME))
    given(*at_home(world.OTHER_CHAIN), APPROVED).when(THERE).then_refused(bar("L5", HOME))


# L6, L7


def by_authority() -> Asked:
    """The POC site is suspended by the licensing authority."""
    return given(*world.until("poc_batch"), QA, world.suspension())


def test_L6_refuses_to_resume_what_the_authority_suspended_without_a_variation() -> None:
    ledger = by_authority()
    stop = ledger.position
    ledger.when(resuming(stop)).then_refused(bar("L6", POC))
    ledger.when(world.poc_batch()).then_refused(bar("L3", POC))


def test_L6_notes_it_where_the_rulebook_does_not_take_the_mirror_of_the_law_for_the_law() -> None:
    told = [{"name": "suspension-lifted-by-variation", "value": "1"}]
    ledger = by_authority()
    stop = ledger.position
    ledger.given(world.rulebook(parameters=told, at="2026-04-13T09:00Z"))
    ledger.when(resuming(stop)).then_noted(note("L6", POC))


def test_L6_accepts_to_resume_it_with_an_approved_variation() -> None:
    ledger = by_authority()
    ledger.when(resuming(ledger.position, variation_reference="VAR-99001")).then_recorded()
    ledger.when(world.poc_batch()).then_recorded()


def test_L6_refuses_a_reinstatement_without_the_authoritys_reference() -> None:
    licence, told = tag("licence", MIA_POC), (*world.registers(), world.suspended_licence())
    given(*told).when(world.reinstated_licence(reference=None)).then_refused(bar("L6", licence))
    given(*told).when(world.reinstated_licence(since="2026-04-14T06:00Z")).then_recorded()
    given(*world.registers()).when(world.reinstated_licence()).then_noted(note("L6", licence))


def test_L7_accepts_a_resumption_that_quality_assurance_of_the_control_site_signed() -> None:
    ledger = given(*world.registers(), QA, holder())
    ledger.when(resuming(ledger.position)).then_recorded()


@pytest.mark.parametrize(
    "role",
    [
        world.role(REGISTRAR, "QUALITY_ASSURANCE", at_site=world.CENTRAL_SITE),
        world.role(REGISTRAR, "OPERATOR", at_site=CONTROL_SITE),
        world.role(REGISTRAR, "QUALITY_ASSURANCE", at_site=CONTROL_SITE, effective_to="2026-04-12"),
    ],
    ids=["of another site", "another role", "no more"],
)
def test_L7_refuses_a_resumption_that_somebody_else_signed(role: world.Draft) -> None:
    ledger = given(*world.registers(), role, pause())
    ledger.when(resuming(ledger.position)).then_refused(bar("L7", POC))


def test_L7_refuses_an_unsigned_resumption_and_accepts_to_be_asked_before_the_signature() -> None:
    ledger = given(*world.registers(), QA, pause())
    stop = ledger.position
    ledger.when(resuming(stop, signed=None)).then_refused(bar("L7", POC), bar("E2", tag("person", REGISTRAR)))
    ledger.when(resuming(stop, signed=None, validate_only=True)).then_noted(note("E2", tag("person", REGISTRAR)))


def test_L7_refuses_to_lift_what_is_no_stop_and_notes_a_second_lifting() -> None:
    ledger = given(*world.registers(), QA, pause())
    stop = ledger.position
    ledger.when(resuming(stop - 1)).then_refused(bar("L7", POC))
    ledger.given(resuming(stop)).when(resuming(stop, at="2026-04-13T19:00Z")).then_noted(note("L7", POC))


# L8


def test_L8_accepts_a_live_designation_and_refuses_none() -> None:
    given(*world.until("poc_batch")).when(world.poc_batch()).then_recorded()
    given(*world.until("poc_batch", designation=None)).when(world.poc_batch()).then_refused(bar("L8", ITEM))


def test_L8_refuses_a_designation_for_another_mode_or_one_that_ended() -> None:
    other = world.designation(mode="MANUFACTURING_MODE_MODULAR")
    given(*world.until("poc_batch", designation=other)).when(world.poc_batch()).then_refused(bar("L8", ITEM))
    withdrawn = {
        "designation": world.DESIGNATION,
        "product": PRODUCT,
        "reason": "DESIGNATION_END_REASON_WITHDRAWN",
        "effective_from": "2026-04-14",
    }
    ended = world.fact("DesignationEnded", withdrawn, FRAME, {})
    told = (*world.until("poc_batch"), ended)
    exact = {"uncertainty_ms": 0}
    given(*told).when(world.poc_batch(at="2026-04-13T22:59:59Z", **exact)).then_recorded()
    given(*told).when(world.poc_batch(at="2026-04-13T23:00:00Z", **exact)).then_refused(bar("L8", ITEM))


def test_L8_accepts_central_manufacture_without_a_designation_and_refuses_to_onboard() -> None:
    given(*world.until("central_batch", designation=None)).when(world.central_batch()).then_recorded()
    given(*world.registers(designation=None), assessing()).when(onboarding()).then_refused(bar("L8", ITEM))


def test_L8_notes_a_change_of_a_designated_product_of_which_the_authority_was_not_asked() -> None:
    given(*world.registers()).when(change(product=PRODUCT)).then_noted(note("L8", ITEM))
    given(*world.registers()).when(change(product=PRODUCT, regulator_reference="MHRA-7")).then_recorded()
    given(*world.registers(designation=None)).when(change(product=PRODUCT)).then_recorded()
    unknown = world.name("product.MPC", "unheard-of")
    given(*world.registers()).when(change(product=unknown)).then_refused(bar("L8", tag("product", unknown)))


def test_L4_takes_a_change_of_a_master_file_that_leads_to_a_new_version() -> None:
    given(*world.registers()).when(change(masterfile=MASTER_FILE, version="9")).then_recorded()
    old = change(masterfile=MASTER_FILE, version=world.plain(world.masterfile())["fact"]["version"])
    given(*world.registers()).when(old).then_noted(note("L4", FILE))
    unknown = world.name("dmmf.MPC", "DMMF-777")
    given(*world.registers()).when(change(masterfile=unknown)).then_refused(bar("L4", tag("masterfile", unknown)))


# L9


def test_L9_accepts_a_control_site_at_home_that_the_licence_names() -> None:
    given(*world.until("poc_batch"), assessing(), onboarding()).when(world.poc_batch()).then_recorded()


def test_L9_refuses_a_control_site_abroad() -> None:
    abroad = world.site(CONTROL_SITE, world.CONTROL, nation="NATION_EEA", bases=[world.basis("MANUFACTURE", MIA_POC)])
    given(*world.registers(poc_site=None, second_poc_site=None, control_site=abroad)).when(
        world.poc_site()
    ).then_refused(bar("L9", CONTROL))
    later = world.site(CONTROL_SITE, world.CONTROL, nation="NATION_OTHER", bases=[world.basis("MANUFACTURE", MIA_POC)])
    given(*world.until("poc_batch"), later).when(world.poc_batch()).then_refused(bar("L9", CONTROL))


def test_L9_refuses_a_control_site_that_the_licence_does_not_name() -> None:
    ours = world.licence(sites=[POC_SITE])
    given(*world.until("poc_batch", licence=ours)).when(world.poc_batch()).then_refused(bar("L9", CONTROL))


def test_L9_refuses_a_licence_for_the_point_of_care_with_sites_abroad_alone() -> None:
    works = world.site(world.CENTRAL_SITE, world.CENTRAL, nation="NATION_EEA")
    decentralised = world.central_licence(modes=["MANUFACTURING_MODE_POINT_OF_CARE"])
    told = (*world.registers(central_site=works),)
    given(*told).when(decentralised).then_refused(bar("L9", tag("licence", world.MIA)))
    given(*told).when(world.central_licence()).then_recorded()


# E7


def test_E7_accepts_an_ending_with_a_custodian_and_refuses_one_without() -> None:
    given(*world.registers()).when(ceasing()).then_recorded()
    given(*world.registers()).when(ceasing(records_custodian=None)).then_refused(bar("E7", POC))
    licence = tag("licence", MIA_POC)
    given(*world.registers()).when(world.ended_licence()).then_recorded()
    given(*world.registers()).when(world.ended_licence(records_custodian=None)).then_refused(bar("E7", licence))


def test_E7_refuses_no_ending_by_an_authority() -> None:
    revoked = world.ended_licence(records_custodian=None, reason="LICENCE_END_REASON_REVOKED")
    given(*world.registers()).when(revoked).then_noted(note("E7", tag("licence", MIA_POC)))
