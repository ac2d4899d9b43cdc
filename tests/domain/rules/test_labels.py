"""I6: a label names its own container, carries what its regime asks for, and every copy is accounted for."""

import pytest

from tests.support import making, world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import (
    APHERESIS_UNIT,
    BAG_A,
    BAG_B,
    CHAIN,
    COLLECTING,
    COLLECTOR,
    DONATION,
    FINAL,
    OTHER_CHAIN,
    OTHER_PATIENT,
    PATIENT,
    POC_BATCH,
    QUALITY,
    name,
    tag,
)

BAG, FINAL_BAG, UNIT = tag("material", BAG_A), tag("material", FINAL), tag("site", APHERESIS_UNIT)
FRAME = {"site": APHERESIS_UNIT, "by": COLLECTOR, "organisation": COLLECTING, "at": "2026-04-07T12:20Z"}


def applied(regime: str, material: world.Data = BAG_A, **carried: object) -> world.Draft:
    """LabelApplied."""
    said = {"items": world.items(of=regime), "material": material, "regime": _of(regime)}
    return world.sample("LabelApplied", **{**FRAME, **said, **carried})


def _of(regime: str) -> str:
    return f"LABEL_REGIME_{regime}"


def counted(printed: int, used: int, **rest: object) -> world.Draft:
    """LabelsReconciled, of both bags: nothing destroyed or left."""
    said = {"printed": printed, "applied": used, "destroyed": 0, "left": 0, "batch": None}
    return world.sample("LabelsReconciled", **FRAME, **{**said, "containers": {"materials": [BAG_A, BAG_B]}, **rest})


def printed(copies: int, **rest: object) -> world.Draft:
    """LabelsPrinted, for both bags."""
    return world.sample("LabelsPrinted", **{**FRAME, "materials": [BAG_A, BAG_B], "copies": copies, **rest})


@pytest.mark.parametrize(
    "label",
    [
        applied("TISSUE", donation=DONATION, patient=PATIENT),
        applied("TISSUE", donation=DONATION, items=world.items("PATIENT", of="TISSUE")),
        applied("TISSUE", donation=DONATION, accompanying_sheet={"sha256": bytes(32), "media_type": "text/plain"}),
        applied("STARTING_MATERIAL", donation=DONATION, coi=CHAIN),
        applied("SHIPPING"),
        applied("TISSUE", name("isbt128-mpho", "A9999S1128A999926654321A00000"), donation=DONATION),
    ],
)
def test_I6_accepts_a_label_that_carries_what_its_regime_asks_for(label: world.Draft) -> None:
    given(*world.until("dispatch")).when(label).then_recorded()


@pytest.mark.parametrize(
    "label",
    [
        applied("TISSUE", donation=name("isbt128-din", "A999926654321"), patient=PATIENT),
        applied("TISSUE", donation=DONATION, patient=OTHER_PATIENT),
        applied("STARTING_MATERIAL", donation=DONATION, coi=OTHER_CHAIN),
        applied("TISSUE", patient=PATIENT),
        applied("STARTING_MATERIAL", donation=DONATION),
    ],
)
def test_I6_refuses_a_label_of_something_else_or_without_an_identifier(label: world.Draft) -> None:
    given(*world.until("dispatch")).when(label).then_refused(bar("I6", BAG))


def test_I6_refuses_a_product_label_without_the_batch() -> None:
    told = world.until("release")
    bare = applied("PRODUCT", FINAL, patient=PATIENT, at="2026-04-14T09:50Z")
    given(*told).when(bare).then_refused(bar("I6", FINAL_BAG))
    right = applied("PRODUCT", FINAL, patient=PATIENT, batch=POC_BATCH, at="2026-04-14T09:50Z")
    given(*told).when(right).then_recorded()


def test_I6_lets_quality_assurance_take_on_what_is_missing_and_nothing_wrong() -> None:
    role = world.role(QUALITY, "QUALITY_ASSURANCE", in_organisation=COLLECTING)
    approved = [world.override(QUALITY, rule="I6")]
    ledger = given(*world.until("dispatch"), role)
    ledger.when(applied("TISSUE", patient=PATIENT, exceptions=approved)).then_recorded(overridden("I6", BAG))
    ledger.when(applied("TISSUE", donation=DONATION, patient=OTHER_PATIENT, exceptions=approved)).then_refused(
        bar("I6", BAG)
    )


def test_I6_notes_a_label_that_a_second_person_found_different() -> None:
    differing = world.sample(
        "LabelVerified",
        **{**FRAME, "checked_by": [world.SECOND_COLLECTOR]},
        material=BAG_A,
        checks=world.DIFFERING,
        outcome="CHECK_OUTCOME_DIFFERS",
    )
    given(*world.until("dispatch")).when(differing).then_noted(note("I6", BAG))


def test_I6_refuses_copies_that_do_not_reconcile() -> None:
    ledger = given(*world.until("dispatch"), printed(6))
    ledger.when(counted(6, 5)).then_refused(bar("I6", UNIT))
    ledger.when(counted(5, 5)).then_refused(bar("I6", BAG))
    ledger.when(counted(6, 6)).then_recorded()
    ledger.given(printed(2)).when(counted(8, 7, left=1)).then_recorded()


def test_I6_compares_no_print_run_that_was_for_other_containers_too() -> None:
    others = printed(9, materials=[BAG_A, BAG_B, name("isbt128-mpho", "A9999S1128A999926654321A00000")])
    given(*world.until("dispatch"), others).when(counted(6, 6)).then_recorded()


WHOLE = {
    "TISSUE": {"donation": DONATION, "patient": PATIENT},
    "STARTING_MATERIAL": {"donation": DONATION, "coi": CHAIN},
    "SHIPPING": {},
}


@pytest.mark.parametrize(
    ("regime", "item"), [(regime, item) for regime in WHOLE for item in world.ON_THE_LABEL[regime]]
)
def test_I6_notes_a_label_that_lacks_any_content_of_its_regime(regime: str, item: str) -> None:
    kept = [f"LABEL_ITEM_{one}" for one in world.ON_THE_LABEL[regime] if one != item]
    ledger = given(*world.until("dispatch")).when(applied(regime, items=kept, **WHOLE[regime]))
    ledger.then_noted(note("I6", BAG))
    assert ledger.answer.findings[0].found == f"not said to be on the label: {item.lower().replace('_', ' ')}"


def test_I6_takes_the_words_for_autologous_use_from_the_accompanying_sheet_and_asks_them_of_no_donor() -> None:
    sheet = {"sha256": bytes(32), "media_type": "text/plain"}
    short = world.items("CONTENTS", "ESTABLISHMENT", "EXPIRY")
    label = applied("TISSUE", donation=DONATION, items=short, accompanying_sheet=sheet)
    given(*world.until("dispatch")).when(label).then_recorded()
    donors = applied("TISSUE", donation=DONATION, patient=None, items=short)
    ledger = given(*world.until("dispatch", **world.allogeneic())).when(donors)
    assert "autologous" not in " ".join(finding.found for finding in ledger.answer.findings)


EXEMPT = {
    *("active substance", "autologous use only", "contents", "disposal", "donation", "excipients", "expiry", "holder"),
    *("licence", "origin", "product", "route", "storage"),
}
TRIAL = {
    *("active substance", "contents", "directions", "expiry", "participant", "route", "sponsor", "storage", "trial"),
    "trial use only",
}


@pytest.mark.parametrize(
    ("regime", "wanted"),
    [
        ("EXEMPT_PRODUCT", EXEMPT),
        ("INVESTIGATIONAL", TRIAL),
        ("DISPENSED", {"directions", "product", "supplied on", "supplier"}),
    ],
)
def test_I6_names_everything_that_a_regime_asks_for(regime: str, wanted: set[str]) -> None:
    told = world.until("release", product=world.product(cell_or_tissue_based=True))
    label = applied(regime, FINAL, items=[], patient=PATIENT, batch=POC_BATCH, at="2026-04-14T09:50Z")
    ledger = given(*told).when(label).then_noted(note("I6", FINAL_BAG))
    assert set(ledger.answer.findings[0].found.partition(": ")[2].split(", ")) == wanted


def closed(**runs: world.Draft) -> Asked:
    """The whole story with labels printed for the final container, and what was counted of them."""
    told = (*world.until("release"), printed(2, materials=[FINAL], at="2026-04-14T09:49Z"))
    return given(*told, *world.since("release"), *runs.values()).when(making.closing())


def of_batch(used: int, **changes: object) -> world.Draft:
    """LabelsReconciled, of the batch."""
    said = {"batch": POC_BATCH, "containers": None, "printed": 2, "applied": used, "destroyed": 2 - used, "left": 0}
    return world.sample("LabelsReconciled", **{**said, "at": "2026-04-14T11:00Z", **changes})


def test_I6_refuses_to_close_a_batch_before_its_printed_labels_are_counted() -> None:
    closed().then_refused(bar("I6", FINAL_BAG))
    closed(early=of_batch(1, at="2026-04-14T09:40Z")).then_refused(bar("I6", FINAL_BAG))
    closed(counted=of_batch(1)).then_recorded()
    one_by_one = of_batch(1, batch=None, containers={"materials": [FINAL]})
    closed(counted=one_by_one).then_recorded()


def test_I6_refuses_a_count_of_a_batch_that_is_not_what_was_printed_for_it() -> None:
    told = (*world.until("release"), printed(3, materials=[FINAL], at="2026-04-14T09:49Z"))
    given(*told).when(of_batch(1, at="2026-04-14T09:55Z")).then_refused(bar("I6", FINAL_BAG))


def test_I6_accepts_the_closing_of_a_batch_for_which_no_print_is_on_record() -> None:
    given(*world.registers(), *world.story()).when(making.closing()).then_recorded()
