"""Rule Q7: may the lots that touched it be used?"""

import pytest

from tests.support import making, released, world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import VECTOR_LOT, name, override, tag

LOT = tag("lot", VECTOR_LOT)
QA = world.SECOND_OPERATOR
OLD_NAME = name("pseudonym", "01OLDNAME")


def with_lot(**slots: world.Draft | None) -> Asked:
    """Bags at the central site; the vector lot as the slots say."""
    return given(*world.until("modification", **slots))


@pytest.mark.parametrize(
    "release",
    [
        world.lot_release(until="2026-04-08"),
        world.lot_release(products=[world.PRODUCT]),
        world.lot_release(tests=["sterility"]),
    ],
    ids=["last day included", "for this product", "on tests"],
)
def test_Q7_accepts_a_lot_released_for_this_use(release: world.Draft) -> None:
    with_lot(vector_release=release).when(world.modification()).then_recorded()


@pytest.mark.parametrize(
    "release",
    [
        None,
        world.lot_release(until="2026-04-07"),
        world.lot_release(products=[name("product.MPC", "other")]),
    ],
    ids=["not released", "released until yesterday", "for another product"],
)
def test_Q7_refuses_a_lot_that_is_not_released_for_this_use(release: world.Draft | None) -> None:
    with_lot(vector_release=release).when(world.modification()).then_refused(bar("Q7", LOT))


def test_Q7_says_of_a_release_that_came_in_after_the_use_who_may_take_it_on() -> None:
    """At go-live: released on paper in March, used on 8 April, both entered on 9 April."""
    late = world.lot_release(at="2026-03-20T09:00Z")
    ledger = with_lot(vector_release=None).clock("2026-04-09T08:00Z")
    ledger.given(late).when(world.modification()).then_refused(bar("Q7", LOT))
    assert ledger.answer.findings[0].found == (
        f"released by fact {ledger.position_of('LotReleased')}, recorded later; it says 2026-03-20T09:00Z"
    )
    assert "OVERRIDE of Q7" in ledger.answer.findings[0].must
    role = world.role(QA, "QUALITY_ASSURANCE", at_site=world.CENTRAL_SITE)
    known = world.modification(exceptions=[override(QA, rule="Q7")])
    ledger.given(role).when(known).then_recorded(overridden("Q7", LOT))


def test_Q7_says_nothing_of_a_release_that_was_decided_after_the_use() -> None:
    ledger = with_lot(vector_release=None).clock("2026-04-09T08:00Z")
    ledger.given(world.lot_release(at="2026-04-09T07:00Z")).when(world.modification()).then_refused(bar("Q7", LOT))
    assert ledger.answer.findings[0].found == "not released"


def test_Q7_notes_a_lot_that_no_register_has() -> None:
    ledger = with_lot(vector_lot=None, vector_release=None)
    ledger.when(world.modification()).then_noted(note("Q7", LOT))


@pytest.mark.parametrize(("expiry", "ok"), [("2026-04", True), ("2026-04-08", True), ("2026-03", False)])
def test_Q7_accepts_a_lot_to_the_end_of_its_last_day_or_month_and_no_longer(expiry: str, *, ok: bool) -> None:
    ledger = with_lot(vector_lot=world.lot(expiry=expiry)).when(world.modification())
    assert [item.rule for item in ledger.answer.findings] == ([] if ok else ["Q7"])


def test_Q7_refuses_from_the_midnight_on_the_clocks_of_the_united_kingdom_and_notes_what_is_uncertain() -> None:
    lot = world.lot(expiry="2026-04-07")
    told = world.until("modification", vector_lot=lot, central_batch=world.central_batch(at="2026-04-07T20:00Z"))
    given(*told).when(world.modification(at="2026-04-07T22:58Z")).then_recorded()
    given(*told).when(world.modification(at="2026-04-07T23:00:00Z", uncertainty_ms=1)).then_noted(note("Q7", LOT))
    given(*told).when(world.modification(at="2026-04-07T23:00:02Z")).then_refused(bar("Q7", LOT))


def test_Q7_refuses_by_the_expiry_printed_on_the_lot_that_no_register_has() -> None:
    printed = {"lot": VECTOR_LOT, "item": "Vector", "expiry": "2026-03"}
    ledger = with_lot(vector_lot=None, vector_release=None)
    ledger.when(world.modification(lots=[printed])).then_refused(bar("Q7", LOT), note("Q7", LOT))


@pytest.mark.parametrize("stop", [making.rejection, making.quarantine, making.recall])
def test_Q7_refuses_a_lot_that_is_rejected_held_or_recalled(stop: object) -> None:
    assert callable(stop)
    with_lot().given(stop(lot=VECTOR_LOT)).when(world.modification()).then_refused(bar("Q7", LOT))


def test_Q7_accepts_a_lot_whose_quarantine_was_lifted_or_whose_recall_was_closed() -> None:
    held = with_lot().given(making.quarantine(lot=VECTOR_LOT))
    held.given(making.lifting(held.position, lot=VECTOR_LOT)).when(world.modification()).then_recorded()
    recalled = with_lot().given(making.recall(lot=VECTOR_LOT), making.case_closed())
    recalled.when(world.modification()).then_recorded()


@pytest.mark.parametrize(("patient", "ok"), [(world.PATIENT, True), (world.OTHER_PATIENT, False)])
def test_Q7_accepts_a_lot_whose_quarantine_was_lifted_for_this_patient_only(patient: world.Data, *, ok: bool) -> None:
    held = with_lot().given(making.quarantine(lot=VECTOR_LOT))
    held.given(making.lifting(held.position, lot=VECTOR_LOT, for_patient=patient)).when(world.modification())
    assert [item.rule for item in held.answer.findings] == ([] if ok else ["Q7"])


@pytest.mark.parametrize("ours", [True, False], ids=["linked", "linked the other way"])
def test_Q7_accepts_a_lot_whose_quarantine_was_lifted_for_the_patient_under_another_pseudonym(*, ours: bool) -> None:
    names = (world.PATIENT, OLD_NAME) if ours else (OLD_NAME, world.PATIENT)
    held = with_lot().given(making.quarantine(lot=VECTOR_LOT))
    held.given(making.lifting(held.position, lot=VECTOR_LOT, for_patient=OLD_NAME))
    held.given(released.linked(*names, at="2026-04-08T06:58Z")).when(world.modification()).then_recorded()


def test_Q7_accepts_what_quality_assurance_took_on_before_use() -> None:
    role = world.role(QA, "QUALITY_ASSURANCE", at_site=world.CENTRAL_SITE)
    ledger = with_lot(vector_release=None).given(role)
    ledger.when(world.modification(exceptions=[override(QA)])).then_recorded(overridden("Q7", LOT))


def test_Q7_notes_a_lot_out_of_date_at_a_salvage() -> None:
    used = [{"lot": VECTOR_LOT, "item": "Bag", "expiry": "2026-03"}]
    with_lot().when(making.salvage(lots=used)).then_noted(note("Q7", LOT))


@pytest.mark.parametrize(
    "draft",
    [making.consumption, making.step, making.expansion, making.filling],
    ids=lambda it: it.__name__,
)
def test_Q7_refuses_a_rejected_lot_in_any_work(draft: object) -> None:
    assert callable(draft)
    used = [{"lot": VECTOR_LOT, "item": "Medium"}]
    with_lot().given(making.rejection(lot=VECTOR_LOT)).when(draft(lots=used)).then_refused(bar("Q7", LOT))
