"""I6: a label names its own container, carries what its regime asks for, and every copy is accounted for."""

import pytest

from tests.support import world
from tests.support.judged import bar, given, note, overridden
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
    said = {"items": [], "material": material, "regime": _of(regime)}
    return world.sample("LabelApplied", **{**FRAME, **said, **carried})


def _of(regime: str) -> str:
    return f"LABEL_REGIME_{regime}"


def counted(printed: int, used: int, **rest: object) -> world.Draft:
    """LabelsReconciled, of both bags: nothing destroyed or left."""
    said = {"printed": printed, "applied": used, "destroyed": 0, "left": 0, "batch": None}
    return world.sample("LabelsReconciled", **FRAME, **{**said, "containers": {"materials": [BAG_A, BAG_B]}, **rest})


def printed(copies: int, **rest: object) -> world.Draft:
    """LabelsPrinted, for both bags."""
    return world.sample("LabelsPrinted", **FRAME, **{"materials": [BAG_A, BAG_B], "copies": copies, **rest})


@pytest.mark.parametrize(
    "label",
    [
        applied("TISSUE", donation=DONATION, patient=PATIENT),
        applied("TISSUE", donation=DONATION, items=["LABEL_ITEM_PATIENT"]),
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
