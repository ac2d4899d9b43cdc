"""Rules Q1, Q3, Q4 and I5 on pools: numbered, with all their parents, of cells that may go to the same people."""

import pytest

from tests.domain.rules.test_genealogy import two_patients
from tests.support import making, world
from tests.support.judged import Asked, bar, given
from tests.support.making import FROZEN, PART_A
from tests.support.world import BAG_A, BAG_B, DONATION, OTHER_DONATION, filled, quantity, tag

A, POOL = tag("material", BAG_A), tag("material", PART_A)
FIRST, SECOND = tag("donation", DONATION), tag("donation", OTHER_DONATION)
NEW = world.name("isbt128-din", "A999926123499")
SHIPMENTS = (world.FIRST_CONSIGNMENT, world.OTHER_CONSIGNMENT)
INELIGIBLE = "DONOR_ELIGIBILITY_INELIGIBLE"
DONORS = [world.name("pseudonym", "01KMZ8Y0TE5Q01"), world.name("pseudonym", "01KMZ8Y0TE5Q02")]


def pool(*bags: world.Data, **changes: object) -> world.Draft:
    """MaterialsPooled: both bags of the story, in the open batch's place."""
    data = {
        "inputs": [{"material": bag} for bag in bags or (BAG_A, BAG_B)],
        "output": filled(PART_A, quantity("200")),
        "pool_number": "P-1",
    }
    return world.fact("MaterialsPooled", data, making._WORKS, changes)


def of_donors(*, recipients: tuple[world.Data | None, world.Data | None] = (None, None)) -> Asked:
    """Bags of two donors at the central site, given for anybody or for somebody they named."""
    told = [*world.registers()]
    bags = zip(DONORS, (BAG_A, FROZEN), (DONATION, OTHER_DONATION), SHIPMENTS, recipients, strict=True)
    for donor, bag, donation, shipment, recipient in bags:
        use = {"directed": {"donor": donor, "recipient": recipient}} if recipient else {"allogeneic": {"donor": donor}}
        told += [
            world.consent(None, donor=donor, coi=None),
            world.identification(None, donor=donor, coi=None),
            world.apheresis(coi=None, autologous=None, **use, donation=donation, bags=[filled(bag, quantity("118"))]),
            world.dispatch(materials=[bag], consignment=shipment),
            world.receipt(materials=[bag], consignment=shipment),
        ]
    ledger = Asked()
    for draft in told:
        ledger.tell(draft)
        assert ledger.receipt.position  # recorded; what of a donor's tests and papers is noted is not the question here
    return ledger


def test_Q3_accepts_a_pool_with_a_number_of_its_own_and_all_its_parents() -> None:
    ledger = given(*world.until("central_batch")).when(pool(new_donation=NEW, pool_number=None, donations=[DONATION]))
    ledger.then_recorded()
    edges = ledger.ledger.trace(POOL).edges
    assert {(edge.child, edge.parent) for edge in edges if edge.kind == "pooled"} == {
        (POOL, A),
        (POOL, tag("material", BAG_B)),
        (POOL, tag("donation", NEW)),
        (tag("donation", NEW), FIRST),
    }


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"pool_number": None}, POOL),
        ({"pool_number": None, "new_donation": DONATION}, FIRST),
        ({"donations": [OTHER_DONATION]}, FIRST),
    ],
    ids=["no number", "a code in use", "a donation left out"],
)
def test_Q3_refuses_a_pool_without_a_new_number_or_without_a_parent(changes: world.Data, about: str) -> None:
    given(*world.until("central_batch")).when(pool(**changes)).then_refused(bar("Q3", about))


def test_Q1_refuses_more_out_of_a_pool_than_went_in() -> None:
    more = pool(output=filled(PART_A, quantity("300")))
    given(*world.until("central_batch")).when(more).then_refused(bar("Q1", POOL))


def test_Q4_refuses_a_pool_of_the_own_cells_of_two_patients_and_traces_one_that_happened() -> None:
    ledger = two_patients().when(pool(BAG_A, FROZEN)).then_refused(bar("Q4", A))
    ledger.when(world.as_deviation(ledger.position, at="2026-04-08T07:05Z")).then_deviation(bar("Q4", A))
    nodes = {node.tag for node in ledger.ledger.trace(POOL).nodes}
    assert {FIRST, SECOND} <= nodes


def test_Q4_accepts_a_pool_of_two_donors_who_gave_for_anybody() -> None:
    of_donors().when(pool(BAG_A, FROZEN)).then_recorded()


def test_Q4_accepts_a_pool_of_two_donors_who_named_one_person_and_refuses_two() -> None:
    patient, other = world.PATIENT, world.OTHER_PATIENT
    of_donors(recipients=(patient, patient)).when(pool(BAG_A, FROZEN)).then_recorded()
    of_donors(recipients=(patient, other)).when(pool(BAG_A, FROZEN)).then_refused(bar("Q4", POOL))
    of_donors(recipients=(patient, None)).when(pool(BAG_A, FROZEN)).then_refused(bar("Q4", POOL))


def test_Q4_refuses_a_pool_with_the_cells_of_a_donor_who_is_not_eligible() -> None:
    ledger = of_donors()
    decided = world.eligibility(None, donor=DONORS[1], coi=None, donation=OTHER_DONATION, outcome=INELIGIBLE)
    ledger.tell(decided)
    assert ledger.receipt.position
    ledger.when(pool(BAG_A, FROZEN)).then_refused(bar("Q4", SECOND))


def test_I5_refuses_a_pool_with_cells_whose_donor_withdrew_consent_to_their_use() -> None:
    ledger = of_donors()
    gone = world.withdrawal(
        patient=None, donor=DONORS[1], coi=None, kinds=["CONSENT_KIND_PROCUREMENT_STORAGE_USE"], at="2026-04-08T06:50Z"
    )
    ledger.tell(gone)
    ledger.when(pool(BAG_A, FROZEN)).then_refused(bar("I5", SECOND))
