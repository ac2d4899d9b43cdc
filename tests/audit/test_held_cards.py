"""Cards of containers that are held, and of what came out of them: look-up tells what rule R6 will say."""

from ledger.audit.cards.card import Card
from tests.support import making, released, world
from tests.support.judged import Asked, given
from tests.support.making import PART_A
from tests.support.world import BAG_A, FINAL, Draft, tag

A, PART, FINAL_BAG = tag("material", BAG_A), tag("material", PART_A), tag("material", FINAL)


def of(ledger: Asked, thing: str) -> Card:
    """The card of a thing, at the ledger's clock."""
    return ledger.ledger.look_up(thing).cards[0]


def on_bag_a(make: released.Make, at: str = "2026-04-08T06:40Z") -> Draft:
    """A hold on bag A."""
    return make(containers={"materials": [BAG_A]}, at=at)


def lifted(position: int, **changes: object) -> Draft:
    """Lifted for the part."""
    return released.lifted(position, containers={"materials": [PART_A]}, at="2026-04-08T07:20Z", **changes)


def test_a_container_in_quarantine_says_so_until_that_is_lifted() -> None:
    ledger = given(*world.until("start"), released.quarantine())
    made = of(ledger, FINAL_BAG)
    assert (made.status, made.next) == ("quarantined", ("QuarantineLifted",))
    assert made.sentence == f"Not to be used: quarantined (fact {ledger.position})."
    assert f"quarantined (fact {ledger.position})" in made.conditions
    ledger.given(released.lifted(ledger.position, at="2026-04-14T10:21Z"))
    assert of(ledger, FINAL_BAG).status == "checked"


def test_a_container_says_through_which_batch_or_donation_it_is_held() -> None:
    for scope in ({"batch": world.POC_BATCH}, {"donation": world.DONATION}, {"batch": world.CENTRAL_BATCH}):
        kind, thing = next(iter(scope.items()))
        ledger = given(*world.until("start"), released.quarantine(**scope))
        made = of(ledger, FINAL_BAG)
        assert made.status == "quarantined"
        assert f"{tag(kind, thing)} is quarantined (fact {ledger.position})" in made.conditions


def test_what_came_out_of_a_held_container_says_so_until_it_is_lifted_for_it() -> None:
    ledger = given(*world.until("modification"), on_bag_a(released.quarantine))
    quarantine = ledger.position
    ledger.given(making.split())
    made = of(ledger, PART)
    assert made.status == "quarantined"
    assert made.conditions == (f"{A} is quarantined (fact {quarantine})",)
    ledger.given(lifted(quarantine, for_patient=world.PATIENT))
    for_one = of(ledger, PART)
    assert for_one.conditions == (f"{A} is quarantined (fact {quarantine}), lifted for one patient only",)
    assert for_one.status != "quarantined"
    assert world.PATIENT["value"] not in str(for_one)
    ledger.given(lifted(quarantine))
    assert of(ledger, PART).conditions == ()


def test_what_came_out_of_a_rejected_container_is_rejected() -> None:
    frame = {"site": world.CENTRAL_SITE, "by": world.QUALITY, "organisation": world.CENTRAL, "at": "2026-04-08T06:40Z"}
    scope = {"reason": "a positive culture", "containers": {"materials": [BAG_A]}}
    ledger = given(*world.until("modification"), world.fact("RejectionDecided", scope, frame, {}))
    rejection = ledger.position
    ledger.given(making.split())
    made = of(ledger, PART)
    assert (made.status, made.next) == ("rejected", ("MaterialDestroyed",))
    assert made.sentence == f"Not to be used: {A} was rejected (fact {rejection})."


def test_a_card_says_that_it_looked_back_at_so_many_containers_only() -> None:
    numbered = [world.name("isbt128-mpho", f"A9997F1{number:03}A999926123456A00000") for number in range(70)]
    ledger = given(*world.until("modification"), on_bag_a(released.quarantine))
    for number, (source, into) in enumerate(zip([BAG_A, *numbered], numbered, strict=False)):
        output = world.filled(into, world.quantity("118"))
        at = f"2026-04-08T07:{number // 2:02}:{number % 2 * 30:02}Z"
        ledger.tell(making.salvage(source, output=output, at=at))
        assert ledger.receipt.position  # half a minute apart: that the clocks make the order doubtful is noted
    said = "came from more than 64 containers: what stands against others is not told here"
    assert said in of(ledger, tag("material", numbered[-1])).conditions
    assert said not in of(ledger, tag("material", numbered[40])).conditions
    ledger.when(making.consumption(inputs=[{"material": numbered[-1]}], at="2026-04-08T08:00Z")).then_refused("R6")
