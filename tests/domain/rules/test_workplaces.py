"""Rule I7: is only one patient's batch open where it is worked on?"""

import pytest

from tests.support import making, world
from tests.support.judged import Asked, bar, given, note
from tests.support.making import ZONE
from tests.support.world import CENTRAL_BATCH, OTHER_CHAIN, OTHER_PATIENT, name, tag

NEXT, ISOLATOR = name("batch.PCW", "26-0043"), tag("zone", ZONE)


def opened(**changes: object) -> world.Draft:
    """The batch of another patient, in the same zone."""
    return world.central_batch(
        **{"batch": NEXT, "coi": OTHER_CHAIN, "zones": [ZONE], "at": "2026-04-08T09:00Z", **changes}
    )


def one_open(**slots: world.Draft | None) -> Asked:
    """One autologous batch is open in a zone."""
    told = world.until("modification", **{"central_batch": world.central_batch(zones=[ZONE]), **slots})
    return given(*told, world.chain(OTHER_CHAIN, OTHER_PATIENT))


def test_I7_refuses_a_second_patients_batch_in_the_zone() -> None:
    one_open().when(opened()).then_refused(bar("I7", ISOLATOR))
    here = opened(zones=None, envelope={"place": {"site": world.CENTRAL_SITE, "zone": ZONE}})
    one_open().when(here).then_refused(bar("I7", ISOLATOR))


def test_I7_accepts_it_in_another_zone_of_the_same_room() -> None:
    one_open().when(opened(zones=[name("zone.PCW", "ISOLATOR-2")])).then_recorded()


def test_I7_accepts_it_after_line_clearance_for_it() -> None:
    one_open().given(making.clearance(NEXT, at="2026-04-08T08:30Z")).when(opened()).then_recorded()


@pytest.mark.parametrize(
    "cleared",
    [
        making.clearance(name("batch.PCW", "26-0044"), at="2026-04-08T08:30Z"),
        making.clearance(NEXT, at="2026-04-08T06:20Z"),
    ],
    ids=["for another batch", "before the first one came"],
)
def test_I7_refuses_a_clearance_that_is_not_between_the_two(cleared: world.Draft) -> None:
    one_open().given(cleared).when(opened()).then_refused(bar("I7", ISOLATOR))


def test_I7_notes_a_zone_found_not_clear_and_refuses_the_batch_after_it() -> None:
    ledger = one_open().when(making.clearance(NEXT, at="2026-04-08T08:30Z", clear=False))
    ledger.then_noted(note("I7", ISOLATOR))
    ledger.when(opened()).then_refused(bar("I7", ISOLATOR))


ENDS = {
    "terminated": making.termination(at="2026-04-08T08:00Z"),
    "closed": making.closing(
        CENTRAL_BATCH, at="2026-04-08T08:00Z", site=world.CENTRAL_SITE, organisation=world.CENTRAL
    ),
    "completed": world.completion(
        batch=CENTRAL_BATCH,
        inputs=None,
        losses=None,
        at="2026-04-08T07:00Z",
        completed_at=world.time("2026-04-08T08:00Z"),
        site=world.CENTRAL_SITE,
        by=world.CELL_OPERATOR,
        checked_by=[world.SECOND_OPERATOR],
        organisation=world.CENTRAL,
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_I7_accepts_the_next_batch_once_the_first_has_ended_wherever_that_was_said(end: world.Draft) -> None:
    one_open().given(end).when(opened()).then_recorded()


def test_I7_accepts_batches_side_by_side_that_are_for_anybody() -> None:
    ledger = one_open(**world.allogeneic())
    ledger.given(world.chain(name("isbt128-coi", "CHA999926000019"), intended_use="INTENDED_USE_ALLOGENEIC"))
    ledger.when(opened(coi=name("isbt128-coi", "CHA999926000019"))).then_recorded()


def test_I7_refuses_to_complete_the_first_batch_in_the_zone_after_it_was_cleared_for_the_second() -> None:
    ledger = one_open().given(making.clearance(NEXT, at="2026-04-08T08:30Z"), opened())
    place = {"envelope": {"place": {"site": world.CENTRAL_SITE, "zone": ZONE}}}
    frame = {
        "site": world.CENTRAL_SITE,
        "by": world.CELL_OPERATOR,
        "checked_by": [world.SECOND_OPERATOR],
        "organisation": world.CENTRAL,
        "at": "2026-04-08T10:00Z",
        "completed_at": world.time("2026-04-08T10:30Z"),
    }
    done = {"batch": CENTRAL_BATCH, "inputs": None, "losses": None, **frame, **place}
    ledger.when(world.completion(**done)).then_refused(bar("I7", ISOLATOR))
    ledger.given(making.clearance(CENTRAL_BATCH, at="2026-04-08T09:50Z"))
    ledger.when(world.completion(**done)).then_recorded()
