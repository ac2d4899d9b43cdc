"""What little-read facts leave behind: a collection broken off, a dose not given, a shipper that came back."""

from decimal import Decimal
from typing import Any

from ledger.domain.subjects.containers import MATERIAL
from ledger.domain.subjects.equipment import EQUIPMENT
from ledger.domain.subjects.giving import DOSES
from ledger.domain.subjects.subject import AnySubject, Entry
from tests.support import world
from tests.support.world import tag

WARD = {"at": "2026-04-14T10:30Z", "site": world.POC_SITE, "by": world.NURSE, "organisation": world.TREATING}


def after(subject: AnySubject, about: str, *drafts: world.Draft) -> Any:  # noqa: ANN401 - each subject has its own state
    """The state of one thing after some facts, at positions from 1."""
    state = subject.empty
    for position, draft in enumerate(drafts, 1):
        moment = draft.content.envelope.occurred_at.time
        state = subject.fold(state, Entry(tag=about, position=position, at=moment, content=draft.content))
    return state


def test_what_a_collection_yielded_before_it_was_broken_off_is_a_container_with_contents() -> None:
    data = {
        "coi": world.CHAIN,
        "patient": world.PATIENT,
        "donation": world.DONATION,
        "reason": "ABANDON_REASON_ACCESS",
        "bags": [world.filled(world.BAG_A, world.quantity("30"))],
    }
    bag = after(MATERIAL, tag("material", world.BAG_A), world.fact("CollectionAbandoned", data, WARD, {}))
    assert (bag.origins, bag.donation, bag.remaining) == (
        (1,),
        tag("donation", world.DONATION),
        (("mL", "", Decimal(30)),),
    )


def test_a_dose_that_was_not_given_is_told_beside_those_that_were() -> None:
    not_given = world.fact(
        "ProductNotAdministered", {"materials": [world.FINAL], "reason": "bag leaked", "coi": world.CHAIN}, WARD, {}
    )
    doses = after(DOSES, tag("material", world.FINAL), world.start(), world.end(), not_given)
    assert (doses.ended, doses.not_given) == ((2,), (3,))


def test_a_shipper_that_came_back_stands_where_it_was_returned_to_and_holds_no_more() -> None:
    shipper = {"shipper": world.SHIPPER}
    recharged = world.fact("ShipperRecharged", {**shipper, "hold_until": world.time("2026-04-20T10:00Z")}, WARD, {})
    returned = world.fact("ShipperReturned", {**shipper, "destination": world.CENTRAL_SITE}, WARD, {})
    about = tag("equipment", world.SHIPPER)
    there = after(EQUIPMENT, about, world.equipment(), recharged)
    back = after(EQUIPMENT, about, world.equipment(), recharged, returned)
    assert there.hold_until == world.time("2026-04-20T10:00Z")
    assert (back.hold_until, back.site) == (None, tag("site", world.CENTRAL_SITE))
