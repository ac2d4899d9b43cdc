"""Rule C3: does it travel as cells must?"""

import pytest

from tests.support import world
from tests.support.judged import bar, given, note
from tests.support.world import SHIPPER, tag

JOURNEY, BOX = tag("consignment", world.FIRST_CONSIGNMENT), tag("equipment", SHIPPER)
OTHER = world.name("agreement.RR8", "CAR-9")


def test_C3_accepts_a_carrier_bound_by_agreement_with_a_qualified_shipper_and_limits() -> None:
    given(*world.until("dispatch")).when(world.dispatch()).then_recorded()


@pytest.mark.parametrize(
    "gone",
    [{"shippers": None}, {"min_celsius": None, "max_celsius": None}, {"due_by": None}, {"carrier": world.CENTRAL}],
    ids=["no shipper", "no conditions", "no time limit", "a carrier that is not bound"],
)
def test_C3_refuses_cells_sent_without_what_they_need(gone: world.Data) -> None:
    given(*world.until("dispatch")).when(world.dispatch(**gone)).then_refused(bar("C3", JOURNEY))


def test_C3_refuses_each_thing_that_is_missing_by_name() -> None:
    bare = world.dispatch(shippers=None, min_celsius=None, max_celsius=None, due_by=None, agreement=None, carrier=None)
    ledger = given(*world.until("dispatch")).when(bare).then_refused(bar("C3", JOURNEY))
    assert [finding.found for finding in ledger.answer.findings] == [
        "no agreement with a carrier is known",
        "sent without a qualified shipper",
        "sent without a time limit",
        "sent without defined conditions",
    ]


def test_C3_notes_what_is_missing_where_the_ledger_does_not_know_that_it_is_cells() -> None:
    sample = world.dispatch(materials=[world.name("sample.RR8", "S-1")], shippers=None)
    given(*world.until("dispatch")).when(sample).then_noted(note("C3", JOURNEY))


def test_C3_accepts_lots_alone_in_any_box() -> None:
    lots = world.dispatch(materials=None, lots=[world.name("lot.VEC", "V123")], shippers=None, due_by=None)
    given(*world.until("dispatch")).when(lots).then_recorded()


def packed(**changes: object) -> world.Draft:
    """ConsignmentPacked: both bags, with all that the journey needs."""
    data = {
        "consignment": world.FIRST_CONSIGNMENT,
        "materials": [world.BAG_A, world.BAG_B],
        "shippers": [SHIPPER],
        "min_celsius": "2",
        "max_celsius": "8",
        "hold_until": world.time("2026-04-09T12:00Z"),
    }
    frame = {
        "at": "2026-04-07T12:40Z",
        "site": world.APHERESIS_UNIT,
        "by": world.COLLECTOR,
        "checked_by": [world.SECOND_COLLECTOR],
        "organisation": world.COLLECTING,
    }
    return world.fact("ConsignmentPacked", data, frame, changes)


BARE = world.dispatch(shippers=None, min_celsius=None, max_celsius=None, due_by=None)


def test_C3_accepts_what_the_packing_said() -> None:
    given(*world.until("dispatch"), packed()).when(BARE).then_recorded()


def test_C3_refuses_a_shipper_that_holds_for_less_than_the_journey_may_last() -> None:
    short = packed(hold_until=world.time("2026-04-08T12:59Z"))
    given(*world.until("dispatch"), short).when(world.dispatch()).then_refused(bar("C3", BOX))
    hours = {"hold_seconds": 86_400}
    given(*world.until("dispatch", shipper_qualification=world.qualification(**hours))).when(
        world.dispatch(uncertainty_ms=0)
    ).then_recorded()
    hours = {"hold_seconds": 86_399}
    given(*world.until("dispatch", shipper_qualification=world.qualification(**hours))).when(
        world.dispatch(uncertainty_ms=0)
    ).then_refused(bar("C3", BOX))


def test_C3_accepts_a_shipper_that_was_recharged_to_hold_for_the_journey() -> None:
    short = packed(hold_until=world.time("2026-04-08T12:59Z"))
    data = {
        "shipper": SHIPPER,
        "consignment": world.FIRST_CONSIGNMENT,
        "hold_until": world.time("2026-04-09T12:00Z"),
    }
    frame = {"site": world.APHERESIS_UNIT, "by": world.COLLECTOR, "organisation": world.COLLECTING}
    recharged = world.fact("ShipperRecharged", data, {**frame, "at": "2026-04-07T12:50Z"}, {})
    given(*world.until("dispatch"), short, recharged).when(world.dispatch()).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [{"outcome": "QUALIFICATION_OUTCOME_FAILED"}, {"effective_to": "2026-04-06"}],
    ids=["failed", "out of date"],
)
def test_C3_refuses_a_shipper_that_is_not_qualified_now(changes: world.Data) -> None:
    told = world.until("dispatch", shipper_qualification=world.qualification(**changes))
    given(*told).when(world.dispatch()).then_refused(bar("C3", BOX))
    given(*told).when(packed()).then_refused(bar("C3", BOX))


def test_C3_notes_a_shipper_that_nobody_registered() -> None:
    told = world.until("dispatch", shipper=None, shipper_qualification=None)
    given(*told).when(world.dispatch()).then_noted(note("C3", BOX))


# the carrier


def test_C3_accepts_an_agreement_on_record_that_the_dispatch_does_not_name() -> None:
    given(*world.until("dispatch")).when(world.dispatch(agreement=None)).then_recorded()


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_to": "2026-04-06"},
        {"purpose": "AGREEMENT_PURPOSE_SITE"},
        {"giver": world.CONTROL},
        {"acceptor": world.CONTROL},
    ],
    ids=["ended", "for something else", "of neither end", "with another carrier"],
)
@pytest.mark.parametrize("named", [True, False])
def test_C3_refuses_an_agreement_that_does_not_bind_the_carrier_now(changes: world.Data, named: bool) -> None:
    told = world.until("dispatch", carriage=world.carriage(**changes))
    sent = world.dispatch() if named else world.dispatch(agreement=None)
    given(*told).when(sent).then_refused(bar("C3", JOURNEY))


def test_C3_refuses_an_agreement_that_was_ended() -> None:
    ended = world.ended_agreement(world.CARRIAGE, since="2026-04-07T12:00Z")
    given(*world.until("dispatch"), ended).when(world.dispatch()).then_refused(bar("C3", JOURNEY))


def test_C3_notes_an_agreement_that_is_named_and_not_on_record() -> None:
    given(*world.until("dispatch")).when(world.dispatch(agreement=OTHER)).then_noted(note("C3", JOURNEY))


# other ways to travel


def test_C3_accepts_an_own_vehicle_with_container_and_limits_and_refuses_one_without() -> None:
    own = {"transport": "TRANSPORT_OWN_VEHICLE", "carrier": None, "agreement": None}
    given(*world.until("dispatch")).when(world.dispatch(**own)).then_recorded()
    given(*world.until("dispatch")).when(world.dispatch(**own, shippers=None)).then_refused(bar("C3", JOURNEY))


def test_C3_accepts_a_porter_in_a_corridor_and_notes_what_was_not_done() -> None:
    inside = {"transport": "TRANSPORT_INTERNAL", "carrier": None, "agreement": None, "shippers": None}
    two = {"checked_by": [world.SECOND_COLLECTOR]}
    given(*world.until("dispatch")).when(world.dispatch(**inside, **two)).then_recorded()
    given(*world.until("dispatch")).when(world.dispatch(**inside)).then_noted(note("C3", JOURNEY))
    given(*world.until("dispatch")).when(world.dispatch(**inside, **two, due_by=None)).then_noted(note("C3", JOURNEY))


def test_C3_accepts_as_a_deviation_what_left_without() -> None:
    left = world.dispatch(shippers=None, exceptions=[world.DEVIATION])
    given(*world.until("dispatch")).when(left).then_deviation(bar("C3", JOURNEY))
