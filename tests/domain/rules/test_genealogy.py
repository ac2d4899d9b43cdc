"""Rules Q2, Q3, Q4 and Q8: is it what it is said to come from, and of one person?"""

import pytest

from tests.support import making, released, world
from tests.support.judged import Asked, bar, given
from tests.support.making import FROZEN, PART_A, PART_B
from tests.support.world import BAG_A, BAG_B, DEVIATION, filled, quantity, tag

A, A_PART = tag("material", BAG_A), tag("material", PART_A)
CENTRAL, POC = tag("batch", world.CENTRAL_BATCH), tag("batch", world.POC_BATCH)
CD3 = ("10*9", "viable-cd3")


def before() -> Asked:
    """Both bags at the central site, in a batch that is open."""
    return given(*world.until("modification"))


def parts(*halves: tuple[str, world.Data, world.Data]) -> list[world.Data]:
    """Parts of a bag: number, container, contents."""
    return [making.division(number, container, contents) for number, container, contents in halves]


# Q2


def test_Q2_refuses_growth_that_is_recorded_as_a_split() -> None:
    grown = parts(("A0", PART_A, quantity("4", *CD3)), ("B0", PART_B, quantity("4", *CD3)))
    before().when(making.split(divisions=grown)).then_refused(bar("Q2", A), bar("Q1", A_PART))


@pytest.mark.parametrize("each", ["0.70", "0.77"], ids=["all of it", "within the tolerance"])
def test_Q2_accepts_parts_that_hold_what_there_was(each: str) -> None:
    same = parts(("A0", PART_A, quantity(each, *CD3)), ("B0", PART_B, quantity(each, *CD3)))
    before().when(making.split(divisions=same)).then_recorded()


def test_Q2_accepts_growth_with_its_yield_and_refuses_growth_in_millilitres() -> None:
    before().when(making.expansion()).then_recorded()
    before().when(making.expansion(growth=[quantity("8", *CD3), quantity("50")])).then_refused(bar("Q2", CENTRAL))


# Q3


def test_Q3_accepts_parts_with_numbers_of_their_own() -> None:
    more = parts(("C0", FROZEN, quantity("10")))
    some = making.split(divisions=parts(("A0", PART_A, quantity("59"))), at="2026-04-08T06:50Z")
    before().given(some).when(making.split(BAG_B, divisions=more)).then_recorded()


def test_Q3_refuses_two_parts_with_one_number() -> None:
    same = parts(("A0", PART_A, quantity("59")), ("A0", PART_B, quantity("59")))
    before().when(making.split(divisions=same)).then_refused(bar("Q3", A))


def test_Q3_refuses_a_number_that_an_earlier_part_of_the_same_container_has() -> None:
    first = making.split(divisions=parts(("A0", PART_A, quantity("30")), ("B0", BAG_A, quantity("88"))))
    again = making.split(divisions=parts(("A0", PART_B, quantity("30"))), at="2026-04-08T08:00Z")
    before().given(first).when(again).then_refused(bar("Q3", A))


# Q4


def two_patients() -> Asked:
    """A bag of another patient is at the central site too; no batch is open."""
    shipment = world.OTHER_CONSIGNMENT
    return given(
        *world.until("central_batch"),
        world.chain(world.OTHER_CHAIN, world.OTHER_PATIENT),
        world.consent(world.OTHER_PATIENT, coi=world.OTHER_CHAIN),
        world.identification(world.OTHER_PATIENT, coi=world.OTHER_CHAIN),
        world.apheresis(
            coi=world.OTHER_CHAIN,
            autologous={"patient": world.OTHER_PATIENT},
            donation=world.OTHER_DONATION,
            bags=[filled(FROZEN, quantity("118"))],
        ),
        world.dispatch(materials=[FROZEN], consignment=shipment),
        world.receipt(materials=[FROZEN], consignment=shipment),
    )


BOTH = {"inputs": [{"material": BAG_A}, {"material": FROZEN}], "outputs": [filled(PART_A, quantity("200"))]}


def test_Q4_accepts_two_bags_of_one_patient() -> None:
    own = {**BOTH, "inputs": [{"material": BAG_A}, {"material": BAG_B}]}
    two_patients().when(making.freezing(**own, lots=None)).then_recorded()


def test_Q4_refuses_to_bring_the_cells_of_two_patients_together_in_any_work() -> None:
    two_patients().when(making.freezing(**BOTH, lots=None)).then_refused(bar("Q4", A))


def test_Q4_accepts_the_cells_of_one_person_under_two_linked_pseudonyms() -> None:
    ledger = two_patients().given(released.linked(world.OTHER_PATIENT, world.PATIENT))
    ledger.when(making.freezing(**BOTH, lots=None)).then_recorded()


def test_Q4_refuses_a_second_patients_bag_in_a_batch_that_took_the_firsts() -> None:
    anybody = world.central_batch(product=world.name("product.MPC", "other"), coi=None)
    other = [world.product(product=world.name("product.MPC", "other"), intended_use="INTENDED_USE_ALLOGENEIC")]
    lines = world.central_licence(product_lines=None)
    ledger = two_patients().given(*other, lines, anybody, making.consumption(inputs=[{"material": BAG_A}]))
    late = making.consumption(inputs=[{"material": FROZEN}], at="2026-04-08T07:30Z")
    ledger.when(late).then_refused(bar("Q4", CENTRAL))


def test_Q4_says_once_that_cells_were_mixed_and_refuses_no_later_work_on_them() -> None:
    ledger = two_patients().when(making.freezing(**BOTH, lots=None, exceptions=[DEVIATION])).then_deviation("Q4")
    later = making.split(PART_A, at="2026-04-08T09:00Z", divisions=parts(("A0", PART_B, quantity("200"))))
    ledger.when(later).then_recorded()


# Q8


def test_Q8_refuses_to_fill_a_container_from_what_was_made_of_it() -> None:
    ledger = before().given(making.salvage(output=filled(FROZEN, quantity("118"))))
    back = making.salvage(FROZEN, at="2026-04-08T08:00Z", output=filled(BAG_A, quantity("100")))
    ledger.when(back).then_refused(bar("Q8", A), bar("Q5", A))


def test_Q8_accepts_what_is_worked_on_in_its_own_container() -> None:
    before().when(making.freezing()).then_recorded()


def test_Q8_refuses_a_batch_made_again_in_itself() -> None:
    again = making.remake(batch=world.CENTRAL_BATCH)
    before().when(again).then_refused(bar("Q8", CENTRAL))


def test_Q8_refuses_the_release_of_what_was_made_of_a_container_that_nobody_filled() -> None:
    cells = tag("material", world.CELLS)
    told = world.until("release", **world.allogeneic(), modification=None)
    given(*told).when(world.release()).then_refused(bar("Q8", cells))


def test_Q8_refuses_the_release_of_what_was_made_of_nothing() -> None:
    told = world.until("release", **world.allogeneic(), completion=world.completion(inputs=None))
    given(*told).when(world.release()).then_refused(bar("Q8", POC))


def test_Q8_accepts_the_release_once_the_missing_filling_is_recorded_late() -> None:
    told = world.until("release", **world.allogeneic(), modification=None)
    ledger = given(*told)
    ledger.when(world.modification(), recorded="2026-04-14T09:50Z").then_recorded()
    ledger.when(world.release()).then_recorded()
