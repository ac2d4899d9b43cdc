"""What a chain folds beside its cells: orders, prescriptions cancelled, route, readiness, another site, the end."""

from datetime import UTC, datetime

from ledger.domain.facts.ordering import ChainOutcome
from ledger.domain.subjects.people import CHAIN, Chain, Order
from ledger.domain.subjects.subject import Entry
from tests.support import released, world
from tests.support.world import PATIENT, PRODUCT, SECOND_POC_SITE, name, tag

FRAME = {"at": "2026-04-01T09:00Z", "site": world.POC_SITE, "by": world.CONSULTANT, "organisation": world.TREATING}
WARD = tag("site", world.POC_SITE)
A = Order(position=1, reference="A", site=WARD)
COURSE = {"coi": world.CHAIN, "patient": PATIENT}


def told(*drafts: world.Draft) -> Chain:
    """The chain after some facts, at positions from 1."""
    state: Chain = CHAIN.empty
    for position, draft in enumerate(drafts, 1):
        entry = Entry(
            tag=tag("coi", world.CHAIN),
            position=position,
            at=datetime(2026, 4, 1, tzinfo=UTC),
            content=draft.content,
        )
        state = CHAIN.fold(state, entry)
    return state


def order(fact_type: str, number: str | None, **more: object) -> world.Draft:
    """A fact about an order."""
    return world.fact(fact_type, {**COURSE, **({"order": number} if number else {}), **more}, FRAME, {})


def test_a_chain_keeps_the_orders_that_stand() -> None:
    maker = {"product": PRODUCT, "manufacturer": world.CENTRAL}
    placed = order("OrderPlaced", "A", **maker), order("OrderPlaced", "B", **maker)
    accepted = order("OrderAccepted", "B", product=PRODUCT, site=world.CENTRAL_SITE)
    assert told(*placed, accepted).orders == (
        A,
        Order(position=2, reference="B", site=WARD),
        Order(position=3, reference="B"),
    )
    assert told(*placed, accepted, order("OrderCancelled", "B", reason="remission")).orders == (A,)
    assert told(*placed, order("OrderCancelled", None, reason="remission")).orders == ()


def test_a_cancelled_prescription_stands_no_longer() -> None:
    assert told(world.prescription(), world.prescription()).prescriptions == (1, 2)
    assert told(world.prescription(), world.prescription(), released.cancelled(1)).prescriptions == (2,)


def test_a_chain_tells_its_readiness_its_site_and_its_end() -> None:
    moved = world.fact(
        "TreatingSiteChanged",
        {"coi": world.CHAIN, "leaving": world.POC_SITE, "joining": SECOND_POC_SITE, "reason": "moved house"},
        FRAME,
        {},
    )
    eligible = world.fact("EligibilityConfirmed", {**COURSE, "product": PRODUCT, "indication": "C91.0"}, FRAME, {})
    closed = world.fact("ChainClosed", {"coi": world.CHAIN, "outcome": "CHAIN_OUTCOME_INFUSED"}, FRAME, {})
    facts = (eligible, released.route("SPECIAL"), moved, released.go_ahead(), released.ready(), closed)
    assert told(*facts) == Chain(
        eligible=1,
        treating_site=tag("site", SECOND_POC_SITE),
        go_ahead=4,
        ready=5,
        closed=6,
        outcome=ChainOutcome.INFUSED,
    )


def test_what_another_order_cancels_is_not_this_one() -> None:
    placed = order("OrderPlaced", "A", product=PRODUCT, manufacturer=name("ods", "RR8"))
    assert told(placed, order("OrderCancelled", "C", reason="typed wrongly")).orders == (A,)
