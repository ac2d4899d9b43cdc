"""Rule R5 of what was thawed, extended, dispensed and given slowly; expiry and shelf life are in test_release."""

import pytest

from tests.support import transport, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CENTRAL, CONTROL, FINAL, NURSE, QUALITY, name, tag

FINAL_BAG = tag("material", FINAL)


def thawed_at_ten(*, product: world.Draft | None = None, release: world.Draft | None = None, **thaw: object) -> Asked:
    """The final container, frozen when it was finished and thawed from 10:10 to 10:15."""
    frozen = transport.frozen(
        FINAL,
        FINAL,
        **{**transport.WARD, "signed": [(NURSE, "PERFORMED")]},
        at="2026-04-14T09:49Z",
        ended_at=world.time("2026-04-14T09:55Z"),
        outputs=[world.filled(FINAL, world.quantity("50"))],
    )
    slots = {slot: draft for slot, draft in {"product": product, "release": release}.items() if draft is not None}
    thaw_ = transport.thawed(FINAL, at="2026-04-14T10:10Z", ended_at=world.time("2026-04-14T10:15Z"), **thaw)
    return given(*world.until("check", **slots), frozen, thaw_)


def test_R5_accepts_a_start_inside_the_limit_from_the_thaw() -> None:
    ledger = thawed_at_ten(product=world.product(in_use_limit_seconds=1800))
    ledger.given(world.check(at="2026-04-14T10:30Z"))
    ledger.when(world.start(at="2026-04-14T10:45:00Z", uncertainty_ms=0)).then_recorded()


def test_R5_refuses_a_start_after_the_limit_from_the_thaw() -> None:
    ledger = thawed_at_ten(product=world.product(in_use_limit_seconds=1800)).given(world.check(at="2026-04-14T10:30Z"))
    ledger.when(world.start(at="2026-04-14T10:45:01Z", uncertainty_ms=0)).then_refused(bar("R5", FINAL_BAG))
    assert ledger.answer.findings[0].found == "its in-use limit ended at 2026-04-14T10:45:00Z"


def test_R5_refuses_a_start_after_the_limit_on_the_instruction_where_the_product_gives_none() -> None:
    limit = world.time("2026-04-14T10:25Z")
    ledger = thawed_at_ten(product=world.product(in_use_limit_seconds=None), in_use_until=limit).given(world.check())
    ledger.when(world.start(uncertainty_ms=0)).then_refused(bar("R5", FINAL_BAG))
    other = thawed_at_ten(in_use_until=world.time("2026-04-14T10:30Z")).given(world.check())
    other.when(world.start(uncertainty_ms=0)).then_recorded()


def test_R5_refuses_a_start_after_the_earlier_of_the_limit_of_the_product_and_the_one_told_at_the_thaw() -> None:
    earlier = thawed_at_ten(in_use_until=world.time("2026-04-14T10:25Z")).given(world.check())
    earlier.when(world.start(uncertainty_ms=0)).then_refused(bar("R5", FINAL_BAG))
    later = thawed_at_ten(in_use_until=world.time("2026-04-14T15:00Z")).given(world.check(at="2026-04-14T12:10Z"))
    later.when(world.start(at="2026-04-14T12:20Z", uncertainty_ms=0)).then_refused(bar("R5", FINAL_BAG))


def test_R5_refuses_giving_that_lasted_too_long() -> None:
    slow = world.product(administration_limit_seconds=1200)
    ledger = given(*world.until("end", product=slow))
    ledger.when(world.end(at="2026-04-14T10:47:00Z", uncertainty_ms=0)).then_recorded()
    late = given(*world.until("end", product=slow))
    late.when(world.end(at="2026-04-14T10:47:01Z", uncertainty_ms=0)).then_refused(bar("R5", FINAL_BAG))
    assert late.answer.findings[0].found == "its time for giving it ended at 2026-04-14T10:47:00Z"


QP = world.role(QUALITY, "QUALIFIED_PERSON", in_organisation=CENTRAL, products=[world.PRODUCT])
LATE = "2026-04-14T12:00Z"


@pytest.mark.parametrize("scope", [{"batch": world.POC_BATCH}, {"containers": {"materials": [FINAL]}}])
def test_R5_accepts_a_start_inside_a_limit_that_the_qp_extended(scope: world.Data) -> None:
    ledger = given(*world.until("check"), QP, transport.extended("2026-04-14T12:30Z", **scope))
    ledger.given(world.check(at="2026-04-14T11:50Z")).when(world.start(at=LATE)).then_recorded()
    told = given(*world.until("check"), QP, transport.extended("2026-04-14T11:55Z", **scope))
    told.given(world.check(at="2026-04-14T11:50Z")).when(world.start(at=LATE)).then_refused(bar("R5", FINAL_BAG))


def test_R5_refuses_a_start_when_only_another_limit_or_another_container_was_extended() -> None:
    shelf = transport.extended("2026-04-14T12:30Z", "SHELF_LIFE", batch=world.POC_BATCH)
    other = transport.extended("2026-04-14T12:30Z", containers={"materials": [world.CELLS]})
    ledger = given(*world.until("check"), QP, shelf, other, world.check(at="2026-04-14T11:50Z"))
    ledger.when(world.start(at=LATE)).then_refused(bar("R5", FINAL_BAG))


def test_R5_accepts_use_after_the_expiry_on_the_label_when_the_qp_extended_the_shelf_life() -> None:
    ample = world.product(in_use_limit_seconds=None)
    ledger = given(*world.until("check", product=ample), QP)
    ledger.given(transport.extended("2026-04-15T15:48Z", "SHELF_LIFE", batch=world.POC_BATCH))
    ledger.given(world.check(at="2026-04-14T16:00Z")).when(world.start(at="2026-04-14T16:10Z")).then_recorded()


def test_R5_refuses_an_extension_by_somebody_who_does_not_certify() -> None:
    ledger = given(*world.until("check"))
    by_quality = transport.extended("2026-04-14T12:30Z", batch=world.POC_BATCH)
    ledger.when(by_quality).then_refused(bar("R5", tag("person", QUALITY)))
    elsewhere = world.role(QUALITY, "QUALIFIED_PERSON", in_organisation=CONTROL)
    ledger.given(elsewhere).when(by_quality).then_refused(bar("R5", tag("person", QUALITY)))


def test_R5_notes_what_comes_to_the_ward_after_its_expiry() -> None:
    ledger = given(*world.until("check"))
    ledger.when(transport.on_the_ward(FINAL, at="2026-04-14T16:00Z")).then_noted(note("R5", FINAL_BAG))


def test_R5_refuses_to_dispense_after_expiry() -> None:
    data = {"materials": [FINAL], "batch": world.POC_BATCH, "patient": world.PATIENT, "coi": world.CHAIN}
    signed = {"signed": [(world.PHARMACIST, "PERFORMED"), (world.NURSE, "VERIFIED")]}
    frame = {**transport.WARD, "by": world.PHARMACIST, "checked_by": [NURSE], **signed}
    ledger = given(*world.until("check"))
    ledger.when(world.fact("ProductDispensed", data, {**frame, "at": "2026-04-14T16:00Z"}, {}))
    assert [(item.rule, item.tag) for item in ledger.answer.findings] == [("R5", FINAL_BAG), ("R5", FINAL_BAG)]


# what was divided or filled over keeps the limits of what it came from


SPARE = name("isbt128-mpho", "A9999S1128A999926123456AX0000")
SPARE_BAG = tag("material", SPARE)
ALL = world.release(materials=None)


def saved(until: str | None = None) -> world.Draft:
    """ContentsTransferred: the final container into another bag; `until` is what its label says."""
    label = {"expires_at": world.time(until)} if until else {}
    data = {
        "source": {"material": FINAL},
        "output": {**world.filled(SPARE, world.quantity("50")), **label},
        "reason": "the port leaked",
    }
    frame = {**transport.WARD, "signed": [(NURSE, "PERFORMED")], "at": "2026-04-14T10:18Z"}
    return world.fact("ContentsTransferred", data, frame, {})


def labelled(**changes: object) -> world.Draft:
    """LabelApplied: on the bag that was filled over into."""
    return world.label(**{"material": SPARE, "at": "2026-04-14T10:19Z", **changes})


def spare(time: str) -> world.Draft:
    """The start of what was saved, at that exact moment."""
    return world.start(material=SPARE, at=time, uncertainty_ms=0)


def test_R5_refuses_a_part_after_the_expiry_of_what_it_was_filled_over_from() -> None:
    ample = world.product(in_use_limit_seconds=None)
    short = world.completion(
        containers=[{**world.filled(FINAL, world.quantity("50")), "expires_at": world.time("2026-04-14T11:00Z")}]
    )
    ledger = given(*world.until("check", release=ALL, product=ample, completion=short), saved("2026-04-14T15:48Z"))
    ledger.given(labelled(), world.check(materials=[SPARE], at="2026-04-14T10:50Z"))
    ledger.when(spare("2026-04-14T11:00:01Z")).then_refused(bar("R5", SPARE_BAG))
    assert ledger.answer.findings[0].found == "its expiry ended at 2026-04-14T11:00:00Z"
    ledger.when(spare("2026-04-14T11:00:00Z")).then_recorded()


@pytest.mark.parametrize("extended", [FINAL, SPARE], ids=["what it came from", "the part"])
def test_R5_accepts_a_part_inside_an_expiry_that_was_extended(extended: world.Data) -> None:
    ample = world.product(in_use_limit_seconds=None)
    ledger = given(*world.until("check", release=ALL, product=ample), QP, saved(), labelled())
    ledger.given(transport.extended("2026-04-15T15:48Z", "SHELF_LIFE", containers={"materials": [extended]}))
    ledger.given(world.check(materials=[SPARE], at="2026-04-14T16:00Z")).when(
        spare("2026-04-14T16:10Z")
    ).then_recorded()


def test_R5_counts_the_in_use_limit_of_a_part_from_the_thaw_of_what_it_came_from() -> None:
    product = world.product(in_use_limit_seconds=1800)
    ledger = thawed_at_ten(product=product, release=ALL).given(
        saved(), labelled(), world.check(materials=[SPARE], at="2026-04-14T10:30Z")
    )
    ledger.when(spare("2026-04-14T10:45:01Z")).then_refused(bar("R5", SPARE_BAG))
    assert ledger.answer.findings[0].found == "its in-use limit ended at 2026-04-14T10:45:00Z"
    ledger.when(spare("2026-04-14T10:45:00Z")).then_recorded()


def test_R5_counts_the_in_use_limit_of_a_part_from_its_own_thaw_when_it_was_divided_frozen() -> None:
    frozen = transport.frozen(
        FINAL,
        FINAL,
        **{**transport.WARD, "signed": [(NURSE, "PERFORMED")]},
        at="2026-04-14T09:49Z",
        ended_at=world.time("2026-04-14T09:55Z"),
        outputs=[world.filled(FINAL, world.quantity("50"))],
    )
    thaw = transport.thawed(SPARE, at="2026-04-14T10:35Z", ended_at=world.time("2026-04-14T10:40Z"))
    slots = world.until("check", release=ALL, product=world.product(in_use_limit_seconds=1800))
    ledger = given(*slots, frozen, saved(), labelled(), thaw, world.check(materials=[SPARE], at="2026-04-14T11:00Z"))
    ledger.when(spare("2026-04-14T11:10:01Z")).then_refused(bar("R5", SPARE_BAG))
    ledger.when(spare("2026-04-14T11:10:00Z")).then_recorded()


def test_R5_gives_what_was_frozen_from_a_fresh_container_a_shelf_life_of_its_own() -> None:
    fresh = world.completion(
        containers=[{**world.filled(FINAL, world.quantity("50")), "expires_at": world.time("2026-04-14T10:30Z")}]
    )
    put = {**world.filled(SPARE, world.quantity("50")), "expires_at": world.time("2027-04-14T10:30Z")}
    frozen = transport.frozen(
        FINAL,
        SPARE,
        **{**transport.WARD, "signed": [(NURSE, "PERFORMED")]},
        at="2026-04-14T10:20Z",
        ended_at=world.time("2026-04-14T10:25Z"),
        outputs=[put],
    )
    thaw = transport.thawed(SPARE, at="2026-04-14T10:35Z", ended_at=world.time("2026-04-14T10:40Z"))
    ledger = given(
        *world.until("check", release=ALL, completion=fresh),
        frozen,
        labelled(at="2026-04-14T10:26Z"),
        thaw,
        world.check(materials=[SPARE], at="2026-04-14T11:00Z"),
    )
    ledger.when(spare("2026-04-14T11:10:00Z")).then_recorded()
