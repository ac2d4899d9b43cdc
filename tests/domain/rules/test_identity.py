"""Rules I: is it this patient's?"""

import pytest

from tests.support import transport, world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import BAG_A, CELLS, CHAIN, DEVIATION, FINAL, OTHER_CHAIN, OTHER_PATIENT, PATIENT, tag

FINAL_BAG, CELL_BAG, FIRST_BAG = tag("material", FINAL), tag("material", CELLS), tag("material", BAG_A)
PERSON, OTHER_PERSON = tag("patient", PATIENT), tag("patient", OTHER_PATIENT)


def at_the_bedside(**changed: world.Draft | None) -> Asked:
    """Everything is ready, and nobody has checked yet."""
    return given(*world.until("check", **changed))


# I1


def test_I1_accepts_a_start_for_the_patient_of_the_chain() -> None:
    given(*world.until("start")).when(world.start()).then_recorded()


def test_I1_accepts_a_start_that_names_no_chain() -> None:
    given(*world.until("start")).when(world.start(coi=None)).then_recorded()


def test_I1_refuses_another_patient() -> None:
    given(*world.until("start")).when(world.start(patient=OTHER_PATIENT)).then_refused(
        bar("I1", FINAL_BAG), bar("I8", FINAL_BAG), bar("R9", FINAL_BAG)
    )


def test_I1_refuses_a_label_of_another_chain_on_the_right_patient() -> None:
    given(*world.until("start"), world.chain(OTHER_CHAIN, OTHER_PATIENT)).when(
        world.start(coi=OTHER_CHAIN)
    ).then_refused(bar("I1", FINAL_BAG))


def test_I1_notes_a_check_against_another_patient_and_keeps_it() -> None:
    at_the_bedside().when(world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT)).then_noted(
        note("I1", FINAL_BAG)
    )


def test_I1_refuses_cells_of_another_chain_in_a_batch() -> None:
    given(
        *world.until("central_batch"),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.central_batch(coi=OTHER_CHAIN),
    ).when(world.modification()).then_refused(bar("I1", FIRST_BAG), bar("I1", tag("material", world.BAG_B)))


def test_I1_refuses_completion_from_cells_of_another_chain() -> None:
    given(
        *world.until("poc_batch"),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.poc_batch(coi=OTHER_CHAIN),
    ).when(world.completion()).then_refused(bar("I1", CELL_BAG))


def test_I1_refuses_an_autologous_batch_whose_chain_leads_to_nobody() -> None:
    found = bar("I1", tag("batch", world.POC_BATCH))
    given(*world.until("poc_batch")).when(world.poc_batch(coi=None)).then_refused(found)
    given(*world.until("poc_batch")).when(world.poc_batch(coi=OTHER_CHAIN)).then_refused(found)


def test_I1_accepts_an_allogeneic_container_for_anybody() -> None:
    checked = world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT, coi=None)
    prescribed = world.prescription(patient=OTHER_PATIENT, coi=None)
    given(*world.until("start", **world.allogeneic(), check=checked), prescribed).when(
        world.start(patient=OTHER_PATIENT, coi=None)
    ).then_recorded()


def test_I1_refuses_cells_given_for_the_donor_alone_whatever_the_product_says() -> None:
    own = {
        "apheresis": world.apheresis(),
        "identification": world.identification(),
        "sampling": world.sampling(),
        "results": world.results(),
        "eligibility": world.eligibility(),
    }
    open_to_all = {**world.allogeneic(), **own}
    checked = world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT, coi=None)
    given(*world.until("start", **{**open_to_all, "consent": world.consent()}, check=checked)).when(
        world.start(patient=OTHER_PATIENT, coi=None)
    ).then_refused(bar("I1", FINAL_BAG), bar("R9", FINAL_BAG))


def test_I1_refuses_a_container_that_holds_cells_collected_for_another_chain_as_well() -> None:
    foreign = world.filled(world.OTHER_BAG)
    ledger = given(
        *world.until("modification"),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.consent(OTHER_PATIENT, coi=OTHER_CHAIN),
        world.identification(OTHER_PATIENT, coi=OTHER_CHAIN),
        world.apheresis(
            coi=OTHER_CHAIN,
            autologous={"patient": OTHER_PATIENT},
            donation=world.OTHER_DONATION,
            bags=[foreign],
        ),
    )
    mixed = world.modification(
        inputs=[{"material": item} for item in (BAG_A, world.BAG_B, foreign["material"])], exceptions=[DEVIATION]
    )
    tag_of_foreign = tag("material", foreign["material"])
    ledger.when(mixed).then_deviation(
        *(bar(rule, tag_of_foreign) for rule in ("I1", "C2", "D9")), bar("Q4", tag("batch", world.CENTRAL_BATCH))
    )
    ledger.given(world.assessed(ledger.position, at="2026-04-10T16:00Z"))
    ledger.given(world.second_dispatch(), world.second_receipt(), world.poc_batch(), world.completion(), world.label())
    ledger.given(world.check())
    other = tag("donation", world.OTHER_DONATION)
    poc = tag("batch", world.POC_BATCH)
    ledger.when(world.release()).then_refused(bar("I1", poc), bar("D1", other), bar("D9", other))
    ledger.when(world.start()).then_refused(bar("I1", FINAL_BAG), bar("R1", FINAL_BAG))


def test_I1_refuses_the_release_of_an_autologous_batch_with_no_collection_behind_it() -> None:
    nothing = dict.fromkeys(("apheresis", "dispatch", "receipt", "circulation", "acceptance", "modification"))
    told = world.until("release", **nothing)
    given(*told).when(world.release()).then_refused(
        bar("I1", tag("batch", world.POC_BATCH)), bar("Q8", tag("material", world.CELLS))
    )


def test_I1_notes_a_start_with_no_collection_behind_it_and_refuses_a_label_of_somebody_elses_chain() -> None:
    given(*world.registers(), world.chain()).when(world.start(patient=OTHER_PATIENT, coi=world.CHAIN)).then_refused(
        *(bar(rule, FINAL_BAG) for rule in ("I1", "I8", "R1", "R9")), note("R7", FINAL_BAG)
    )


def test_I1_accepts_a_container_that_nobody_has_met_as_nobody_knows_whose_it_is() -> None:
    ledger = at_the_bedside().given(world.check(materials=[world.OTHER_BAG]))
    unmet = tag("material", world.OTHER_BAG)
    ledger.when(world.start(material=world.OTHER_BAG)).then_refused(bar("R1", unmet), note("R7", unmet))


def test_I1_refuses_by_what_is_known_now_when_the_start_is_claimed_before_completion() -> None:
    early = world.start(at="2026-04-14T06:40Z", patient=OTHER_PATIENT)
    given(*world.until("start")).when(early).then_refused(
        bar("I1", FINAL_BAG), *(bar(rule, FINAL_BAG) for rule in ("I8", "R1", "R9", "C7", "R7"))
    )


# I4


def test_I4_accepts_a_collection_after_consent_and_identification() -> None:
    given(*world.until("apheresis")).when(world.apheresis()).then_recorded()


def test_I4_refuses_a_collection_without_consent() -> None:
    ledger = given(*world.until("identification", consent=None))
    ledger.when(world.identification()).then_noted(note("I4", PERSON))
    ledger.when(world.apheresis()).then_refused(bar("I4", PERSON))


def test_I4_refuses_a_collection_when_consent_is_for_another_chain() -> None:
    ledger = given(*world.until("identification", consent=world.consent(coi=OTHER_CHAIN)))
    ledger.when(world.identification()).then_noted(note("I4", PERSON))
    ledger.when(world.apheresis()).then_refused(bar("I4", PERSON))


def test_I4_accepts_a_consent_that_is_limited_to_no_chain() -> None:
    given(*world.until("apheresis", consent=world.consent(coi=None))).when(world.apheresis()).then_recorded()


def test_I4_refuses_consent_to_something_else() -> None:
    treatment_only = world.consent(kinds=["CONSENT_KIND_TREATMENT"])
    ledger = given(*world.until("identification", consent=treatment_only))
    ledger.when(world.identification()).then_noted(note("I4", PERSON))
    ledger.when(world.apheresis()).then_refused(bar("I4", PERSON))


@pytest.mark.parametrize(
    "gone",
    [{}, {"coi": CHAIN}, {"kinds": ["CONSENT_KIND_PROCUREMENT_STORAGE_USE"]}],
    ids=["all", "of the chain", "of the kind"],
)
@pytest.mark.parametrize("given_for", [CHAIN, None], ids=["for the chain", "for all"])
def test_I4_refuses_after_withdrawal(gone: world.Data, given_for: world.Data | None) -> None:
    ledger = given(*world.until("identification", consent=world.consent(coi=given_for)), world.withdrawal(**gone))
    ledger.when(world.identification()).then_noted(note("I4", PERSON))
    ledger.when(world.apheresis()).then_refused(bar("I4", PERSON))


@pytest.mark.parametrize(
    "other", [{"kinds": ["CONSENT_KIND_TREATMENT"]}, {"coi": OTHER_CHAIN}], ids=["other kind", "other chain"]
)
def test_I4_accepts_after_withdrawal_of_something_else(other: world.Data) -> None:
    given(*world.until("identification"), world.withdrawal(**other), world.identification()).when(
        world.apheresis()
    ).then_recorded()


def test_I4_accepts_a_consent_given_again() -> None:
    again = world.consent(at="2026-04-06T12:00Z")
    given(*world.until("identification"), world.withdrawal(coi=CHAIN), again, world.identification()).when(
        world.apheresis()
    ).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [
        {"checks": world.MATCHING[:1]},
        {"checks": world.DIFFERING},
        {"scanned_patient": OTHER_PATIENT},
        {"coi": OTHER_CHAIN, "consent": {"coi": None}},
        {"how": "IDENTIFICATION_METHOD_CONFIRMED_BY_SUPPLYING_ESTABLISHMENT", "checks": None},
        {"how": "IDENTIFICATION_METHOD_DECEASED_CONFIRMED"},
    ],
    ids=["one identifier", "differs", "band of another", "another chain", "nobody named", "deceased, nobody named"],
)
def test_I4_refuses_a_donor_who_was_not_identified(changes: world.Data) -> None:
    how = dict(changes)
    consent = world.consent(**how.pop("consent", {}))
    given(*world.until("apheresis", consent=consent, identification=world.identification(**how))).when(
        world.apheresis()
    ).then_refused(bar("I4", PERSON))


def test_I4_refuses_a_donor_whose_last_identification_differed() -> None:
    again = world.identification(at="2026-04-07T07:50Z", checks=world.DIFFERING)
    ledger = given(*world.until("apheresis"), again)
    ledger.when(world.apheresis()).then_refused(bar("I4", PERSON))
    ledger.given(world.identification(at="2026-04-07T07:55Z"))
    ledger.when(world.apheresis()).then_recorded()


@pytest.mark.parametrize("how", ["CONFIRMED_BY_SUPPLYING_ESTABLISHMENT", "DECEASED_CONFIRMED"])
def test_I4_accepts_a_confirmation_by_a_supplying_establishment_that_is_named(how: str) -> None:
    confirmed = world.identification(
        how=f"IDENTIFICATION_METHOD_{how}", checks=None, asked_aloud=None, establishment=world.COLLECTING
    )
    given(*world.until("apheresis", identification=confirmed)).when(world.apheresis()).then_recorded()


def test_I4_refuses_the_cells_of_somebody_else_for_the_chain() -> None:
    given(
        *world.until("apheresis"),
        world.consent(OTHER_PATIENT, coi=None),
        world.identification(OTHER_PATIENT, coi=None),
    ).when(world.apheresis(autologous={"patient": OTHER_PATIENT})).then_refused(bar("I4", tag("coi", CHAIN)))


@pytest.mark.parametrize("use", ["directed", "allogeneic"])
def test_I4_accepts_a_donor_who_gives_for_others(use: str) -> None:
    donor = world.name("pseudonym", "01DONOR")
    gift = {"donor": donor, **({"recipient": PATIENT} if use == "directed" else {})}
    given(
        *world.until("identification"),
        world.consent(None, donor=donor),
        world.identification(None, donor=donor),
    ).when(world.apheresis(autologous=None, **{use: gift})).then_recorded()


def test_I4_refuses_consent_recorded_for_after_the_start() -> None:
    later = world.consent(at="2026-04-07T09:00Z")
    ledger = given(*world.until("identification", consent=None))
    ledger.when(world.identification()).then_noted("I4")
    ledger.given(later).when(world.apheresis()).then_refused(bar("I4", PERSON))


# I8


def test_I8_accepts_a_check_by_two_people_half_an_hour_before() -> None:
    exact = world.start(uncertainty_ms=0)
    at_the_bedside().given(world.check(at="2026-04-14T09:57Z")).when(exact).then_recorded()


def test_I8_refuses_a_start_without_a_check() -> None:
    at_the_bedside().when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_refuses_a_check_of_another_container() -> None:
    at_the_bedside().given(world.check(materials=[world.OTHER_BAG])).when(world.start()).then_refused(
        bar("I8", FINAL_BAG)
    )


def test_I8_refuses_a_stale_check() -> None:
    at_the_bedside().given(world.check(at="2026-04-14T09:55Z")).when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_refuses_what_was_moved_after_its_check_until_it_is_checked_again() -> None:
    ledger = at_the_bedside().given(world.check(at="2026-04-14T10:00Z"), transport.on_the_ward(FINAL))
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))
    assert ledger.answer.findings[0].found.startswith("moved at 2026-04-14T10:05Z, after the check (fact ")
    physician = world.override(world.CONSULTANT)
    ledger.when(world.start(exceptions=[physician])).then_recorded(overridden("I8", FINAL_BAG))


def test_I8_accepts_a_check_made_where_it_was_moved_to() -> None:
    ledger = at_the_bedside().given(transport.on_the_ward(FINAL), world.check(at="2026-04-14T10:10Z"))
    ledger.when(world.start()).then_recorded()


def test_I8_refuses_a_check_by_one_person() -> None:
    ledger = at_the_bedside()
    ledger.when(world.check(checked_by=[])).then_noted("I9")
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_refuses_a_check_by_one_person_under_two_numbers() -> None:
    badge = world.name("staff.RXK", "0003")
    ledger = at_the_bedside(nurse_again=None)
    ledger.given(world.person(world.NURSE, numbers=[badge]))
    ledger.when(world.check(by=badge, checked_by=[world.NURSE])).then_noted("I9")
    ledger.when(world.start(by=world.SCIENTIST)).then_refused(bar("I8", FINAL_BAG))


def test_I8_accepts_one_person_and_a_validated_electronic_check() -> None:
    checked = world.check(checked_by=[], envelope={"electronic_check": {"equipment": world.SCANNER}})
    ledger = at_the_bedside()
    ledger.when(checked).then_noted(note("I9", tag("person", world.NURSE)))
    ledger.when(world.start()).then_recorded()


MISMATCHES: dict[str, world.Data] = {
    "outcome": {"outcome": "IDENTITY_OUTCOME_MISMATCH"},
    "field": {"checks": world.DIFFERING},
    "band": {"scanned_patient": OTHER_PATIENT},
    "too few": {"checks": world.MATCHING[:1]},
}


@pytest.mark.parametrize("wrong", MISMATCHES.values(), ids=MISMATCHES)
def test_I8_refuses_a_mismatch_until_a_new_check_matches(wrong: world.Data) -> None:
    ledger = at_the_bedside()
    ledger.tell(world.check(**wrong))
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))
    ledger.given(world.check(at="2026-04-14T10:26Z")).when(world.start()).then_recorded()


@pytest.mark.parametrize("wrong", [MISMATCHES["outcome"], MISMATCHES["field"]], ids=["outcome", "field"])
def test_I8_notes_a_mismatch_in_the_check_itself(wrong: world.Data) -> None:
    at_the_bedside().when(world.check(**wrong)).then_noted(note("I8", PERSON))


def test_I8_refuses_when_a_mismatch_followed_the_match() -> None:
    ledger = at_the_bedside().given(world.check())
    ledger.when(world.check(at="2026-04-14T10:25Z", **MISMATCHES["outcome"])).then_noted("I8")
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_refuses_the_patient_whose_band_was_scanned_for_another() -> None:
    ledger = at_the_bedside()
    ledger.tell(world.check(patient=OTHER_PATIENT, scanned_patient=PATIENT))
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_accepts_what_the_policy_of_the_product_says() -> None:
    policy = {"persons": 1, "identifiers": 1, "valid_for_seconds": 7200}
    ledger = at_the_bedside(product=world.product(bedside_check=policy))
    ledger.when(world.check(at="2026-04-14T10:00Z", checked_by=[], checks=world.MATCHING[:1])).then_noted("I9")
    ledger.when(world.start(at="2026-04-14T11:30Z")).then_recorded()


def test_I8_refuses_what_the_policy_of_the_product_does_not_say() -> None:
    policy = {"persons": 3, "identifiers": 3, "valid_for_seconds": 60}
    ledger = at_the_bedside(product=world.product(bedside_check=policy)).given(world.check())
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))
    assert [finding.must for finding in ledger.answer.findings] == [
        "not older than 1 min at the start",
        "3 people, or one and a validated electronic check",
        "a new check in which all identifiers match",
    ]
    checked = ledger.position_of("BedsideIdentityChecked")
    assert [finding.found for finding in ledger.answer.findings] == [
        f"the check (fact {checked}) is 7 min old",
        f"the check (fact {checked}) was made by 2 of 3 people",
        f"the last check (fact {checked}) did not match (2 of 3 identifiers)",
    ]


def test_I8_refuses_by_the_numbers_of_the_rulebook_adopted() -> None:
    strict = world.rulebook(parameters=[{"name": "bedside-check-valid-seconds", "value": "120"}])
    at_the_bedside().given(strict, world.check()).when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_I8_accepts_a_product_that_is_made_for_nobody_in_particular_without_a_check() -> None:
    at_the_bedside(product=world.product(patient_specific=False)).when(world.start()).then_recorded()


# I9


def test_I9_accepts_two_people() -> None:
    given(*world.until("chain")).when(world.chain()).then_recorded()


def test_I9_accepts_a_validated_electronic_check() -> None:
    checked = world.chain(checked_by=[], envelope={"electronic_check": {"equipment": world.SCANNER}})
    given(*world.until("chain")).when(checked).then_recorded()


def test_I9_refuses_one_person_alone() -> None:
    given(*world.until("chain")).when(world.chain(checked_by=[])).then_refused(
        bar("I9", tag("person", world.CONSULTANT))
    )


def test_I9_refuses_one_person_twice() -> None:
    given(*world.until("chain")).when(world.chain(checked_by=[world.CONSULTANT])).then_refused(
        bar("I9", tag("person", world.CONSULTANT))
    )


def test_I9_refuses_one_person_under_an_equal_professional_number() -> None:
    badge = world.name("staff.RXK", "0007")
    given(*world.until("chain"), world.person(world.CONSULTANT, numbers=[badge])).when(
        world.chain(checked_by=[badge])
    ).then_refused(bar("I9", tag("person", world.CONSULTANT)))


def test_I9_refuses_to_register_one_person_twice_by_number() -> None:
    again = world.person(world.name("staff.RXK", "0007"), numbers=[world.NURSE])
    given(*world.registers()).when(again).then_refused(bar("I9", tag("person", world.NURSE)))


def test_I9_refuses_to_register_one_person_twice_from_an_earlier_day() -> None:
    again = world.person(world.name("staff.RXK", "0007"), numbers=[world.NURSE], effective_from="2020-01-01")
    given(*world.registers()).when(again).then_refused(bar("I9", tag("person", world.NURSE)))


def test_I9_accepts_further_numbers_of_a_person_who_is_registered() -> None:
    more = world.person(world.NURSE, numbers=[world.name("staff.RXK", "0007")])
    given(*world.registers()).when(more).then_recorded()


def test_I9_notes_a_bedside_check_by_one_person_and_keeps_it() -> None:
    at_the_bedside().when(world.check(checked_by=[])).then_noted(note("I9", tag("person", world.NURSE)))
