"""Rules R: may it be used, and still?"""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given, note
from tests.support.released import packed
from tests.support.world import FINAL, PHARMACIST, POC_SITE, quantity, tag

FINAL_BAG, BATCH, RELEASER = tag("material", FINAL), tag("batch", world.POC_BATCH), tag("person", PHARMACIST)


# R1


@pytest.mark.parametrize("materials", [[FINAL], None], ids=["the container", "the whole batch"])
def test_R1_accepts_what_was_released(materials: list[world.Data] | None) -> None:
    given(*world.until("start", release=world.release(materials=materials))).when(world.start()).then_recorded()


def test_R1_refuses_what_was_not_released() -> None:
    given(*world.until("start", release=None)).when(world.start()).then_refused(bar("R1", FINAL_BAG))


def test_R1_accepts_a_pack_for_what_was_released() -> None:
    given(*world.until("check")).when(packed()).then_recorded()


def test_R1_refuses_a_pack_for_what_was_not_released() -> None:
    given(*world.until("check", release=None)).when(packed()).then_refused(bar("R1", FINAL_BAG))


def test_R1_refuses_another_container_of_the_batch() -> None:
    other = world.release(materials=[world.OTHER_BAG])
    given(*world.until("start", release=other)).when(world.start()).then_refused(bar("R1", FINAL_BAG))


def test_R1_refuses_a_start_before_the_release() -> None:
    ledger = given(*world.until("start"))
    ledger.when(world.start(at="2026-04-14T09:50Z")).then_refused(bar("R1", FINAL_BAG), bar("I8", FINAL_BAG))


@pytest.mark.parametrize(
    ("scope", "role"),
    [
        ({"at_site": POC_SITE}, "RELEASER"),
        ({"at_site": world.CONTROL_SITE}, "QUALITY_CONTROLLER"),
        ({"in_organisation": world.TREATING}, "RELEASER"),
        ({"in_organisation": world.CONTROL}, "QUALIFIED_PERSON"),
        ({"on_licence": world.MIA_POC}, "QUALIFIED_PERSON"),
        ({"at_site": POC_SITE, "steps": ["PointOfCareReleased"], "products": [world.PRODUCT]}, "RELEASER"),
        ({"at_site": POC_SITE, "effective_to": "2026-04-14"}, "RELEASER"),
    ],
)
def test_R1_accepts_a_releaser_of_the_place(scope: world.Data, role: str) -> None:
    told = world.until("release", releaser_role=world.role(PHARMACIST, role, **scope))
    given(*told).when(world.release()).then_recorded()


@pytest.mark.parametrize(
    ("scope", "role"),
    [
        ({"at_site": POC_SITE}, "NURSE"),
        ({"at_site": world.CENTRAL_SITE}, "RELEASER"),
        ({"on_licence": world.MIA}, "QUALIFIED_PERSON"),
        ({"at_site": POC_SITE, "steps": ["QpCertified"]}, "RELEASER"),
        ({"at_site": POC_SITE, "products": [world.name("product.MPC", "other")]}, "RELEASER"),
        ({"at_site": POC_SITE, "effective_to": "2026-04-13"}, "RELEASER"),
        ({"at_site": POC_SITE, "effective_from": "2026-04-15"}, "RELEASER"),
    ],
)
def test_R1_refuses_who_may_not_release_there(scope: world.Data, role: str) -> None:
    told = world.until("release", releaser_role=world.role(PHARMACIST, role, **scope))
    given(*told).when(world.release()).then_refused(bar("R1", RELEASER))


CONFIRMATION = "control-site-confirmation"


def test_R1_notes_a_release_at_a_point_of_care_that_the_control_site_did_not_confirm() -> None:
    given(*world.until("release")).when(world.release(oversight=None)).then_noted(note("R1", BATCH))


@pytest.mark.parametrize("asked", [0, 2], ids=["not asked", "refused"])
def test_R1_asks_for_the_confirmation_of_a_control_site_as_the_rulebook_says(asked: int) -> None:
    rulebook = world.rulebook(parameters=[{"name": CONFIRMATION, "value": str(asked)}], at="2026-04-01T09:00Z")
    ledger = given(*world.until("release"), rulebook).when(world.release(oversight=None))
    if asked:
        ledger.then_refused(bar("R1", BATCH))
        return
    ledger.then_recorded()


def test_R1_takes_the_release_by_a_QP_for_the_confirmation_of_the_control_site() -> None:
    told = world.until("release", releaser_role=world.role(PHARMACIST, "QUALIFIED_PERSON", on_licence=world.MIA_POC))
    given(*told).when(world.release(oversight=None)).then_recorded()


def test_R1_accepts_a_releaser_under_a_professional_number() -> None:
    badge = world.name("staff.RXK", "0012")
    ledger = given(*world.until("release"), world.person(PHARMACIST, numbers=[badge]))
    ledger.when(world.release(by=badge)).then_recorded()


@pytest.mark.parametrize("model", ["CENTRAL_CERTIFICATION", "TWO_STEP"])
def test_R1_refuses_another_release_model(model: str) -> None:
    other = world.release(release_model=f"RELEASE_MODEL_{model}")
    given(*world.until("release")).when(other).then_refused(bar("R1", BATCH))


def test_R1_refuses_a_model_that_does_not_release_locally() -> None:
    model = {"release_model": "RELEASE_MODEL_CENTRAL_CERTIFICATION"}
    given(*world.until("release", masterfile=world.masterfile(**model))).when(world.release(**model)).then_refused(
        bar("R1", BATCH)
    )


def test_R1_refuses_when_a_critical_parameter_is_not_met() -> None:
    given(*world.until("release")).when(world.release(critical_parameters_met=False)).then_refused(bar("R1", BATCH))


def test_R1_refuses_a_master_file_that_is_not_in_force_or_not_that_of_the_batch() -> None:
    ledger = given(*world.until("release"))
    ledger.when(world.release(masterfile=world.name("dmmf.MPC", "DMMF-002"))).then_refused(bar("R1", BATCH))
    assert [finding.found for finding in ledger.answer.findings] == [
        "masterfile:dmmf.MPC:DMMF-002 is not in force",
        f"the batch was opened under {tag('masterfile', world.MASTER_FILE)}",
    ]


# R5


def limited(completion: world.Draft | None = None, /, **limits: object) -> Asked:
    """Released under these limits of the product; completed at 09:48."""
    made = completion or world.completion(containers=[world.filled(FINAL, quantity("50"))])
    product = world.product(**{"in_use_limit_seconds": None, **limits})
    return given(*world.until("check", product=product, completion=made))


def at(time: str) -> world.Data:
    """That exact moment."""
    return {"at": time, "uncertainty_ms": 0}


def checked(ledger: Asked, time: str) -> Asked:
    """With a check just before."""
    return ledger.given(world.check(at=time))


@pytest.mark.parametrize("name", ["in_use_limit_seconds", "shelf_life_seconds"])
def test_R5_accepts_a_start_at_the_limit_and_refuses_one_after_it(name: str) -> None:
    ledger = checked(limited(**{name: 3600}), "2026-04-14T10:40Z")
    ledger.when(world.start(**at("2026-04-14T10:48:00.000001Z"))).then_refused(bar("R5", FINAL_BAG))
    ledger.when(world.start(**at("2026-04-14T10:48:00Z"))).then_recorded()


def test_R5_notes_a_limit_inside_the_uncertainty() -> None:
    ledger = checked(limited(in_use_limit_seconds=3600), "2026-04-14T10:40Z")
    ledger.when(world.start(at="2026-04-14T10:48:30Z")).then_noted(note("R5", FINAL_BAG))


def test_R5_accepts_a_start_after_an_in_use_limit_that_binds_the_end_and_refuses_the_end() -> None:
    limits = {"in_use_limit_seconds": 3600, "in_use_limit_binds": "LIMIT_BINDS_END"}
    ledger = checked(limited(**limits), "2026-04-14T10:40Z").given(world.start(**at("2026-04-14T10:50:00Z")))
    ledger.when(world.end(**at("2026-04-14T10:52:00Z"))).then_refused(bar("R5", FINAL_BAG))
    in_time = checked(limited(**limits), "2026-04-14T10:20Z").given(world.start())
    in_time.when(world.end(**at("2026-04-14T10:48:00Z"))).then_recorded()


def test_R5_accepts_an_end_after_an_in_use_limit_that_binds_the_start() -> None:
    ledger = checked(limited(in_use_limit_seconds=3600), "2026-04-14T10:20Z").given(world.start())
    ledger.when(world.end()).then_recorded()


def test_R5_refuses_after_the_time_on_the_label() -> None:
    expiring = world.filled(FINAL, quantity("50"), expires_at=world.time("2026-04-14T10:30Z"))
    ledger = checked(limited(world.completion(containers=[expiring])), "2026-04-14T10:20Z")
    ledger.when(world.start(**at("2026-04-14T10:30:00.000001Z"))).then_refused(bar("R5", FINAL_BAG))
    ledger.when(world.start(**at("2026-04-14T10:30:00Z"))).then_recorded()


@pytest.mark.parametrize(
    ("printed", "midnight"), [("2026-04-14", "2026-04-14T23:00:00Z"), ("2026-04", "2026-04-30T23:00:00Z")]
)
def test_R5_refuses_from_midnight_after_the_day_or_month_on_the_label(printed: str, midnight: str) -> None:
    expiring = world.filled(FINAL, quantity("50"), expiry=printed)
    before = world.time(midnight).replace(hour=22, minute=50)
    ledger = checked(limited(world.completion(containers=[expiring])), before.isoformat())
    ledger.when(world.start(**at(midnight))).then_refused(bar("R5", FINAL_BAG))
    ledger.when(world.start(**at(midnight.replace("23:00:00Z", "22:59:59.999999Z")))).then_recorded()


def test_R5_accepts_any_time_when_nothing_limits_it() -> None:
    checked(limited(), "2026-04-20T10:20Z").when(world.start(at="2026-04-20T10:27Z")).then_recorded()


def test_R5_accepts_the_longest_limit_on_the_last_day_there_is() -> None:
    last = world.completion(
        completed_at=world.time("9999-12-31T00:00Z"), containers=[world.filled(FINAL, quantity("50"))]
    )
    ledger = given(
        *world.until("completion", product=world.product(shelf_life_seconds=2**32 - 1)),
        last,
        world.label(),
        world.check(),
    )
    ledger.when(world.start()).then_refused(bar("R1", FINAL_BAG), bar("C7", FINAL_BAG))


def test_R1_refuses_a_container_that_was_completed_after_its_whole_batch_was_released() -> None:
    ledger = given(*world.until("release"), world.release(materials=[]))
    late = world.name("isbt128-mpho", "A9996A0002A999926123456A00001")
    again = {"inputs": [{"material": FINAL, "taken": [quantity("20")]}], "losses": []}
    ended = {"at": "2026-04-14T10:05Z", "completed_at": world.time("2026-04-14T10:06Z")}
    ledger.given(world.completion(containers=[world.filled(late, quantity("20"))], **again, **ended))
    ledger.given(world.label(material=late, at="2026-04-14T10:07Z"), world.check(materials=[FINAL, late]))
    ledger.when(world.start(material=late)).then_refused(bar("R1", tag("material", late)))
    ledger.when(world.start()).then_recorded()
