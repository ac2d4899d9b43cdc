"""D6: how long material may be stored, and how long it may wait."""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import BAG_A, BAG_B, CELLS, DESIGNATED, QUALITY, tag

A, B, CELL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS))


def waits(what: str, seconds: int) -> world.Draft:
    """A master file with a hold limit."""
    return world.masterfile(hold_limits=[{"what": what, "limit_seconds": seconds}])


def fresh(hours: int, **slots: world.Draft | None) -> Asked:
    """Before the first step of making, with a limit for fresh cells; collection ended at 12:06 the day before."""
    return given(*world.until("modification", masterfile=waits("fresh-collection", hours * 3600), **slots))


def longer(by: world.Data = QUALITY, limit: str = "HOLD", **changes: object) -> world.Draft:
    """ShelfLifeExtended, of both bags."""
    said = {
        "containers": {"materials": [BAG_A, BAG_B]},
        "limit": f"LIMIT_KIND_{limit}",
        "until": world.time("2026-04-08T12:00Z"),
        "basis": "Viability data to 48 hours.",
    }
    frame = {**world._WORKS, "by": by, "checked_by": [], "at": "2026-04-08T06:35Z"}
    return world.fact("ShelfLifeExtended", said, frame, changes)


@pytest.mark.parametrize(
    ("start", "lawful"), [("2026-04-08T12:06Z", True), ("2026-04-08T12:06:00.001Z", False), ("2026-04-08T07:15Z", True)]
)
def test_D6_accepts_fresh_cells_up_to_the_last_moment_of_their_limit(start: str, lawful: bool) -> None:
    ledger = fresh(24).when(world.modification(at=start, uncertainty_ms=0, ended_at=world.time("2026-04-09T12:40Z")))
    ledger.then_recorded() if lawful else ledger.then_refused(bar("D6", A), bar("D6", B))


def test_D6_refuses_fresh_cells_that_waited_longer_than_their_limit() -> None:
    ledger = fresh(12).when(world.modification()).then_refused(bar("D6", A), bar("D6", B))
    assert ledger.answer.findings[0].found == "hold time ended at 2026-04-08T00:06:00Z"


def test_D6_is_lifted_by_a_decision_of_quality_assurance_for_that_limit_alone() -> None:
    fresh(12).given(longer()).when(world.modification()).then_recorded()
    other = fresh(12).given(longer(limit="STORAGE"))
    other.when(world.modification()).then_refused(bar("D6", A), bar("D6", B))


def test_D6_refuses_an_extension_by_somebody_who_owns_no_such_risk() -> None:
    operator = tag("person", world.CELL_OPERATOR)
    fresh(12).when(longer(world.CELL_OPERATOR)).then_refused(bar("D6", operator))


@pytest.mark.parametrize("scope", [{"in_organisation": world.CENTRAL}, {"on_licence": world.MIA}], ids=str)
def test_D6_is_taken_on_by_the_designated_individual_of_the_place_or_of_its_licence(scope: world.Data) -> None:
    ledger = fresh(12).given(world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", **scope))
    ledger.when(world.modification(exceptions=[world.override(DESIGNATED, rule="D6")])).then_recorded(
        overridden("D6", A), overridden("D6", B)
    )


def test_D6_is_not_taken_on_by_the_designated_individual_of_a_licence_that_the_place_does_not_work_under() -> None:
    of_the_collection = world.override(DESIGNATED, rule="D6")
    fresh(12).when(world.modification(exceptions=[of_the_collection])).then_refused(bar("D6", A), bar("D6", B))


def test_D6_lets_the_designated_individual_of_the_licence_of_the_place_extend_a_hold_time() -> None:
    fresh(12).when(longer(DESIGNATED)).then_refused(bar("D6", tag("person", DESIGNATED)))
    here = world.role(DESIGNATED, "DESIGNATED_INDIVIDUAL", on_licence=world.MIA)
    fresh(12).given(here).when(longer(DESIGNATED)).then_recorded()


def test_D6_refuses_an_intermediate_that_waited_too_long_for_its_last_step() -> None:
    told = world.until("completion", masterfile=waits("intermediate", 4 * 86_400))
    given(*told).when(world.completion()).then_refused(bar("D6", CELL_BAG))


def test_D6_reads_a_specification_and_the_name_of_the_step_that_filled_it() -> None:
    approved = world.sample(
        "SpecificationApproved",
        product=world.PRODUCT,
        hold_limits=[{"what": "CellsModified", "limit_seconds": 86_400}],
        effective_from="2026-01-05",
    )
    ledger = given(*world.until("completion"))
    ledger.tell(approved)
    ledger.when(world.completion()).then_refused(bar("D6", CELL_BAG))


def test_D6_refuses_what_was_stored_beyond_its_time() -> None:
    stored = world.sample(
        "MaterialStored",
        **{**world._WORKS, "at": "2026-04-07T19:00Z"},
        materials=[BAG_A],
        until=world.time("2026-04-08T07:00Z"),
    )
    ledger = given(*world.until("modification"))
    ledger.tell(stored)
    ledger.when(world.modification()).then_refused(bar("D6", A), note("C7", A))
    assert ledger.answer.findings[0].found == "storage time ended at 2026-04-08T07:00:00Z"


def test_D6_notes_what_an_uncertain_clock_leaves_open() -> None:
    ledger = fresh(24).when(
        world.modification(at="2026-04-08T12:06:30Z", uncertainty_ms=60_000, ended_at=world.time("2026-04-09T12:40Z"))
    )
    assert {found.weight for found in ledger.receipt.findings} == {"WEIGHT_NOTE"}
