"""I5: used while consent is in force, disposed of as the donor asked; what D8 and I4 ask of any procedure."""

import pytest

from tests.support import released, world
from tests.support.judged import bar, given, note, overridden
from tests.support.world import APHERESIS_UNIT, BAG_A, CHAIN, DESIGNATED, DONATION, PATIENT, basis, tag

DONATED, UNIT = tag("donation", DONATION), tag("site", APHERESIS_UNIT)
OVERNIGHT = {"at": "2026-04-08T07:00Z"}


def withdrawn(*kinds: str, **changes: object) -> world.Draft:
    """ConsentWithdrawn, of some kinds."""
    return world.withdrawal(kinds=[f"CONSENT_KIND_{kind}" for kind in kinds], **changes)


def test_I5_accepts_use_before_a_withdrawal_and_after_consent_was_given_again() -> None:
    ledger = given(*world.until("modification"), withdrawn("PROCUREMENT_STORAGE_USE", at="2026-04-08T07:30Z"))
    ledger.when(world.modification()).then_recorded()
    again = given(*world.until("modification"), withdrawn("PROCUREMENT_STORAGE_USE", **OVERNIGHT))
    again.given(world.consent(at="2026-04-08T07:05Z")).when(world.modification()).then_recorded()


def test_I5_refuses_use_after_that_kind_of_consent_was_withdrawn() -> None:
    ledger = given(*world.until("modification"), withdrawn("PROCUREMENT_STORAGE_USE", **OVERNIGHT))
    ledger.when(world.modification()).then_refused(bar("I5", DONATED))
    ended = given(*world.until("start"), withdrawn("PROCUREMENT_STORAGE_USE", at="2026-04-14T10:25Z"))
    ended.when(world.start()).then_refused(bar("I5", DONATED))


def test_I5_and_I4_hear_a_withdrawal_under_another_pseudonym_of_the_same_patient() -> None:
    other = world.name("pseudonym", "01OLDNAME")
    linked = released.linked(PATIENT, other, at="2026-04-01T09:00Z", effective_from="2026-04-01")
    gone = {"patient": other, "at": "2026-04-07T07:00Z"}
    ledger = given(*world.until("apheresis"), linked, withdrawn("PROCUREMENT_STORAGE_USE", **gone))
    ledger.when(world.apheresis()).then_refused(bar("I4", tag("patient", PATIENT)))
    ledger = given(*world.until("modification"), linked, withdrawn("PROCUREMENT_STORAGE_USE", **gone | OVERNIGHT))
    ledger.when(world.modification()).then_refused(bar("I5", DONATED))
    ledger.given(world.consent(other, at="2026-04-08T07:05Z")).when(world.modification()).then_recorded()


@pytest.mark.parametrize("kind", ["FOLLOW_UP_AND_DATA_SHARING", "RESEARCH", "TRIAL"])
def test_I5_lets_no_withdrawal_of_another_kind_stop_a_dose(kind: str) -> None:
    given(*world.until("start"), withdrawn(kind, at="2026-04-14T10:25Z")).when(world.start()).then_recorded()


def test_I5_notes_cells_of_a_donor_whose_consent_is_on_no_record() -> None:
    told = world.until("modification", consent=None, identification=None, apheresis=None, circulation=None)
    told = tuple(draft for draft in told if draft.content.type not in ("ConsignmentDispatched", "MaterialAccepted"))
    told = tuple(draft for draft in told if draft.content.type != "ConsignmentReceived")
    ledger = given(*told)
    ledger.tell(world.apheresis(exceptions=[world.DEVIATION]))
    ledger.tell(world.dispatch())
    ledger.tell(world.receipt())
    ledger.when(world.modification())
    assert note("I5", DONATED) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}


def destroyed(**changes: object) -> world.Draft:
    """MaterialDestroyed: the first bag, at the unit."""
    frame = {**world._UNIT, "at": "2026-04-07T12:40Z"}
    return world.sample("MaterialDestroyed", **frame, **{"materials": [BAG_A], "method": "Incinerated.", **changes})


def test_I5_asks_whether_an_instruction_for_disposal_was_honoured() -> None:
    told = world.until("dispatch", consent=world.consent(disposal_instruction="Return to the hospital's chapel."))
    given(*told).when(destroyed(instruction_honoured=True)).then_recorded()
    given(*told).when(destroyed(instruction_honoured=None)).then_noted(note("I5", DONATED))
    given(*told).when(destroyed(instruction_honoured=False)).then_refused(bar("I5", DONATED))
    role = world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", in_organisation=world.COLLECTING)
    decided = destroyed(instruction_honoured=False, exceptions=[world.override(DESIGNATED, rule="I5")])
    given(*told, role).when(decided).then_recorded(overridden("I5", DONATED))


def test_I5_asks_nothing_of_a_disposal_without_instruction() -> None:
    given(*world.until("dispatch")).when(destroyed(instruction_honoured=None)).then_recorded()


# Any procedure


def procured(method: str = "BONE_MARROW", **changes: object) -> world.Draft:
    """ProcurementPerformed: two bags, by another procedure than apheresis."""
    said = {
        "coi": CHAIN,
        "donation": DONATION,
        "autologous": {"patient": PATIENT},
        "method": f"PROCUREMENT_METHOD_{method}",
        "ended_at": world.time("2026-04-07T09:00Z"),
        "bags": [world.filled(BAG_A)],
    }
    return world.fact("ProcurementPerformed", said, {**world._UNIT, "at": "2026-04-07T08:04Z"}, changes)


@pytest.mark.parametrize("method", ["BONE_MARROW", "BIOPSY", "TISSUE", "CORD_BLOOD", "WHOLE_BLOOD"])
def test_I4_and_D8_hold_for_every_procedure(method: str) -> None:
    ledger = given(*world.until("apheresis")).when(procured(method))
    assert not {"I4", "D8"} & {found.rule for found in ledger.answer.findings}
    unasked = given(*world.until("apheresis", consent=None, identification=None)).when(procured(method))
    assert bar("I4", tag("patient", PATIENT)) in {(one.rule, one.tag, one.weight) for one in unasked.answer.findings}


@pytest.mark.parametrize(
    ("kind", "method", "lawful"),
    [
        ("BLOOD_ESTABLISHMENT", "WHOLE_BLOOD", True),
        ("BLOOD_ESTABLISHMENT", "BONE_MARROW", False),
        ("HUMAN_APPLICATION", "GAMETE", False),
        ("FERTILITY", "GAMETE", True),
        ("FERTILITY", "EMBRYO", True),
        ("FERTILITY", "TISSUE", False),
    ],
)
def test_D8_asks_for_the_licence_of_what_is_taken(kind: str, method: str, lawful: bool) -> None:
    held = world.tissue_licence(kind=f"LICENCE_KIND_{kind}")
    ledger = given(*world.until("apheresis", tissue_licence=held)).when(procured(method))
    assert (bar("D8", UNIT) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}) is not lawful


def test_D8_accepts_procurement_abroad_under_an_agreement_with_the_supplier() -> None:
    agreed = basis("PROCUREMENT", agreement=world.name("agreement.RR8", "SUP-7"))
    abroad = world.site(APHERESIS_UNIT, world.COLLECTING, nation="NATION_EEA", bases=[agreed])
    ledger = given(*world.until("apheresis", apheresis_unit=abroad)).when(procured("TISSUE"))
    assert "D8" not in {found.rule for found in ledger.answer.findings}


def test_I4_accepts_a_deceased_donor_whom_a_named_establishment_confirmed() -> None:
    donor = world.name("pseudonym", "01DONOR")
    proxy = world.consent(
        None, donor=donor, given_by="CONSENT_GIVER_QUALIFYING_RELATIVE", capacity="CAPACITY_BASIS_DECEASED"
    )
    seen = {"how": "IDENTIFICATION_METHOD_DECEASED_CONFIRMED", "checks": None, "asked_aloud": None}
    named = world.identification(None, donor=donor, establishment=world.COLLECTING, **seen)
    slots = {**world.allogeneic(), "consent": proxy, "sampling": None, "results": None, "eligibility": None}
    taken = procured("TISSUE", autologous=None, allogeneic={"donor": donor}, deceased=True)
    told = {key: value for key, value in slots.items() if key not in ("apheresis", "results", "eligibility")}
    ledger = given(*world.until("apheresis", **{**told, "identification": named})).when(taken)
    assert "I4" not in {found.rule for found in ledger.answer.findings}
    unnamed = world.identification(None, donor=donor, **seen)
    ledger = given(*world.until("apheresis", **{**told, "identification": None}))
    ledger.tell(unnamed)
    ledger.when(taken)
    assert bar("I4", tag("donor", donor)) in {(one.rule, one.tag, one.weight) for one in ledger.answer.findings}
