"""Rules I1, I2 and R6 on material that is set aside for one patient, and on giving it then."""

import pytest

from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import RULES
from ledger.domain.subjects.allocation import ALLOCATION, Allocation
from ledger.domain.subjects.containers import Material
from ledger.domain.subjects.giving import RECIPIENT, Recipient
from ledger.domain.subjects.materials import MATERIAL
from tests.support import released, world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import (
    BAG_A,
    CHAIN,
    CONSULTANT,
    DESIGNATED,
    FINAL,
    OTHER_CHAIN,
    OTHER_PATIENT,
    PATIENT,
    tag,
)

DONOR = world.name("pseudonym", "01DONOR")
FINAL_BAG, FIRST_BAG, PERSON = tag("material", FINAL), tag("material", BAG_A), tag("patient", PATIENT)
THEIRS: world.Data = {"patient": OTHER_PATIENT, "coi": None}


def allocation(*materials: world.Data, **changes: object) -> world.Draft:
    """MaterialAllocated: the final container to the patient, by the consultant."""
    recipient = {} if {"coi", "patient"} & set(changes) else {"patient": PATIENT}
    frame = {
        "at": "2026-04-14T10:05Z",
        "site": world.POC_SITE,
        "by": CONSULTANT,
        "checked_by": [world.NURSE],
        "organisation": world.TREATING,
    }
    return world.fact("MaterialAllocated", {"materials": list(materials or (FINAL,)), **recipient}, frame, changes)


def of_anybody(**changed: world.Draft | None) -> Asked:
    """Cells of a donor, a product for anybody, at the bedside."""
    return given(*world.until("check", **{**world.allogeneic(), **changed}))


def directed() -> Asked:
    """Cells that a donor gave for the patient, at the bedside."""
    use = "INTENDED_USE_DIRECTED"
    return of_anybody(
        product=world.product(intended_use=use),
        chain=world.chain(intended_use=use),
        apheresis=world.apheresis(autologous=None, directed={"donor": DONOR, "recipient": PATIENT}),
    )


def test_I1_accepts_what_is_set_aside_for_the_patient_who_gets_it() -> None:
    of_anybody().given(allocation(), world.check()).when(world.start()).then_recorded()


def test_I1_accepts_an_allocation_to_a_chain_for_the_patient_of_the_chain() -> None:
    of_anybody().given(allocation(coi=CHAIN), world.check()).when(world.start()).then_recorded()


def theirs(ledger: Asked) -> Asked:
    """Another patient with a prescription and a check of the container."""
    ledger.given(world.prescription(patient=OTHER_PATIENT, coi=None, at="2026-04-14T10:10Z"))
    ledger.tell(world.check(scanned_patient=OTHER_PATIENT, **THEIRS))
    return ledger


def test_I1_refuses_to_give_to_another_what_is_set_aside_for_one_patient_and_notes_it_at_the_check() -> None:
    ledger = of_anybody().given(allocation(), world.prescription(**THEIRS, at="2026-04-14T10:10Z"))
    ledger.when(world.check(scanned_patient=OTHER_PATIENT, **THEIRS)).then_noted(note("I1", FINAL_BAG))
    ledger.when(world.start(**THEIRS)).then_refused(bar("I1", FINAL_BAG))


def test_I1_reads_the_allocation_of_the_cells_from_which_a_container_was_made() -> None:
    early = allocation(BAG_A, at="2026-04-07T13:00Z", site=world.APHERESIS_UNIT, organisation=world.COLLECTING)
    slots = world.until("check", **world.allogeneic())
    place = next(number for number, draft in enumerate(slots) if draft.content.type == "ConsignmentDispatched")
    ledger = theirs(given(*slots[:place], early, *slots[place:]))
    ledger.when(world.start(**THEIRS)).then_refused(bar("I1", FINAL_BAG))


def test_I1_lets_what_nobody_set_aside_go_to_anybody() -> None:
    theirs(of_anybody()).when(world.start(**THEIRS)).then_recorded()


def test_I1_refuses_to_allocate_the_patients_own_cells_to_another() -> None:
    ledger = given(*world.until("check"))
    ledger.when(allocation(patient=OTHER_PATIENT)).then_refused(bar("I1", FINAL_BAG))
    ledger.when(allocation()).then_recorded()


def test_I1_refuses_an_allocation_to_a_chain_that_leads_to_nobody() -> None:
    of_anybody().when(allocation(coi=OTHER_CHAIN)).then_refused(bar("I1", tag("coi", OTHER_CHAIN)))


def test_I2_refuses_an_allocation_to_another_that_does_not_say_what_it_replaces() -> None:
    ledger = of_anybody().given(allocation())
    ledger.when(allocation(patient=OTHER_PATIENT)).then_refused(bar("I2", FINAL_BAG))
    ledger.when(allocation(patient=OTHER_PATIENT, replaces=1)).then_refused(bar("I2", FINAL_BAG))


def test_I2_accepts_a_new_allocation_that_names_the_one_that_it_replaces() -> None:
    ledger = of_anybody().given(allocation())
    first = ledger.position
    ledger.when(allocation(patient=OTHER_PATIENT, replaces=first, reason="too ill")).then_recorded()
    theirs(ledger).when(world.start(**THEIRS)).then_recorded()


def test_I2_accepts_the_same_allocation_twice() -> None:
    of_anybody().given(allocation()).when(allocation(coi=CHAIN)).then_recorded()


def test_I2_refuses_to_allocate_directed_cells_to_another_without_the_designated_individual() -> None:
    directed().when(allocation(patient=OTHER_PATIENT)).then_refused(bar("I2", FINAL_BAG))


def test_I2_accepts_a_new_allocation_that_the_designated_individual_approves_and_what_rests_on_it() -> None:
    ledger = directed()
    ledger.given(world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", at_site=world.POC_SITE))
    approved = allocation(patient=OTHER_PATIENT, exceptions=[world.override(DESIGNATED)])
    ledger.when(approved).then_recorded(overridden("I2", FINAL_BAG))
    theirs(ledger).when(world.start(**THEIRS)).then_recorded()


def test_I2_accepts_a_new_allocation_by_the_designated_individual() -> None:
    ledger = directed()
    ledger.given(world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", at_site=world.POC_SITE))
    ledger.when(allocation(patient=OTHER_PATIENT, by=DESIGNATED)).then_recorded()


def test_I2_refuses_the_named_recipient_what_was_set_aside_anew_for_another() -> None:
    ledger = directed()
    ledger.given(world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", at_site=world.POC_SITE))
    ledger.given(allocation(patient=OTHER_PATIENT, by=DESIGNATED))
    ledger.tell(world.check())
    ledger.when(world.start()).then_refused(bar("I1", FINAL_BAG))


def test_I1_notes_what_was_given_when_its_allocation_is_taken_back() -> None:
    ledger = directed()
    ledger.given(world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", at_site=world.POC_SITE))
    ledger.given(allocation(patient=OTHER_PATIENT, by=DESIGNATED))
    anew = ledger.position
    theirs(ledger).given(world.start(**THEIRS))
    ledger.when(world.did_not_happen(anew))
    assert ("I2", FINAL_BAG) in {(finding.rule, finding.tag) for finding in ledger.receipt.findings}


@pytest.mark.parametrize(
    ("against", "refused"),
    [(released.rejected(), True), (released.destroyed(), True), (released.quarantine(), False)],
    ids=["rejected", "destroyed", "quarantined"],
)
def test_R6_refuses_to_allocate_what_will_never_be_used_and_lets_it_wait_in_quarantine(
    against: world.Draft, refused: bool
) -> None:
    ledger = of_anybody().given(against).when(allocation())
    assert ("R6" in {finding.rule for finding in ledger.answer.findings}) is refused


def pooled(*, allocated: world.Data) -> set[tuple[str, str]]:
    """What I2 says of a pool of two donations given to the patient; the first was directed to the other patient."""
    first, second, pool = FIRST_BAG, tag("material", world.OTHER_BAG), tag("material", FINAL)
    gifts = tag("donation", world.DONATION), tag("donation", world.OTHER_DONATION)
    draft = world.start()
    case = Case(
        content=draft.content,
        kind=TYPES[draft.content.type].about.kind,
        position=99,
        at=draft.content.envelope.occurred_at.time,
        recorded_at=draft.content.envelope.occurred_at.time,
        recorder=draft.recorder,
        states={
            (MATERIAL.name, pool): Material(parents=(first, second)),
            (MATERIAL.name, first): Material(donation=gifts[0]),
            (MATERIAL.name, second): Material(donation=gifts[1]),
            (RECIPIENT.name, gifts[0]): Recipient(patient=tag("patient", OTHER_PATIENT)),
            (ALLOCATION.name, tag("material", allocated)): Allocation(position=7, patient=PERSON),
        },
        lineages={pool: frozenset({first, second, *gifts})},
    )
    return {(broken.tag, broken.found) for broken in RULES["I2"].judge(case)}


def test_I2_refuses_a_pool_of_which_an_allocation_of_one_part_replaces_no_recipient_of_another() -> None:
    found = f"given for {tag('patient', OTHER_PATIENT)}; offered to {PERSON}"
    assert pooled(allocated=world.OTHER_BAG) == {(FINAL_BAG, found)}
    assert pooled(allocated=BAG_A) == set()
    assert pooled(allocated=FINAL) == set()
