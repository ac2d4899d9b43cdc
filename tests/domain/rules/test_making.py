"""Rules Q1, Q5, C7, I1, L1-L3 over every type of work: what goes in, what comes out, and whose it is."""

import pytest

from tests.support import making, world
from tests.support.judged import Asked, bar, given, note
from tests.support.making import FROZEN, PART_A, PART_B, SAMPLE
from tests.support.world import BAG_A, BAG_B, CELLS, FINAL, OTHER_CHAIN, OTHER_PATIENT, filled, quantity, tag

A, B, CELL_BAG, FINAL_BAG = (tag("material", item) for item in (BAG_A, BAG_B, CELLS, FINAL))
A_PART, FROZEN_BAG, A_SAMPLE = (tag("material", item) for item in (PART_A, FROZEN, SAMPLE))
SITE, BATCH = tag("site", world.CENTRAL_SITE), tag("batch", world.CENTRAL_BATCH)
CD3 = ("10*9", "viable-cd3")


def before() -> Asked:
    """Both bags at the central site, in a batch that is open."""
    return given(*world.until("modification"))


WORK = {
    "ContentsTransferred": making.salvage(),
    "CellsExpanded": making.expansion(),
    "ContainersFilled": making.filling(),
    "MaterialCryopreserved": making.freezing(),
    "MaterialSplit": making.split(),
    "MaterialsConsumed": making.consumption(),
    "ProcessStepPerformed": making.step(),
    "SampleTaken": making.sampling(),
}


@pytest.mark.parametrize("name", WORK)
def test_work_that_adds_up_is_accepted(name: str) -> None:
    before().when(WORK[name]).then_recorded()


@pytest.mark.parametrize(
    "draft",
    [
        making.salvage(output=filled(FROZEN, quantity("124"))),
        making.filling(containers=[filled(FROZEN, quantity("106"))]),
        making.split(
            divisions=[making.division("A0", FROZEN, quantity("60")), making.division("B0", PART_B, quantity("64"))]
        ),
        making.step(outputs=[filled(FROZEN, quantity("124"))]),
        making.expansion(outputs=[filled(FROZEN, quantity("10.35", *CD3))]),
    ],
    ids=["transferred", "filled", "split", "step", "expanded beyond its growth"],
)
def test_Q1_refuses_more_out_than_went_in_whatever_the_work(draft: world.Draft) -> None:
    before().when(draft).then_refused(bar("Q1", FROZEN_BAG))


def test_Q1_refuses_a_sample_larger_than_what_was_taken_for_it() -> None:
    before().when(making.sampling(sample=filled(SAMPLE, quantity("3")))).then_refused(bar("Q1", A_SAMPLE))


def test_Q1_refuses_losses_alone_above_what_went_in() -> None:
    before().when(making.step(outputs=None, losses=[quantity("124")])).then_refused(bar("Q1", A))


def test_Q1_refuses_negative_growth_and_a_negative_count() -> None:
    before().when(making.expansion(growth=[quantity("-1", *CD3)])).then_refused(bar("Q1", SITE), bar("Q1", A_PART))
    before().when(making.recount(quantity("-1"))).then_refused(bar("Q1", A))


def test_Q1_counts_from_the_new_basis_after_a_recount() -> None:
    counted = making.recount(quantity("130"), at="2026-04-08T06:50Z")
    ledger = before().given(counted)
    ledger.when(making.step(outputs=[filled(PART_A, quantity("136.5"))])).then_recorded()
    ledger = before().given(counted)
    ledger.when(making.step(outputs=[filled(PART_A, quantity("136.6"))])).then_refused(bar("Q1", A_PART))


def test_Q1_accepts_a_completion_of_what_was_filled_and_refuses_more_than_that() -> None:
    at = {"at": "2026-04-08T09:00Z", "completed_at": world.time("2026-04-08T09:30Z"), "site": world.CENTRAL_SITE}
    ours = {"batch": world.CENTRAL_BATCH, "inputs": None, "losses": None, **at, "organisation": world.CENTRAL}
    people = {"by": world.CELL_OPERATOR, "checked_by": [world.SECOND_OPERATOR]}
    filled_before = before().given(making.filling())
    filled_before.when(world.completion(**ours, **people, containers=[filled(FINAL, quantity("100"))])).then_recorded()
    again = world.completion(**ours, **people, containers=[filled(FINAL, quantity("100"))])
    filled_before.when(again).then_refused(bar("Q5", FINAL_BAG))
    more = world.completion(**ours, **people, containers=[filled(FINAL, quantity("105.1"))])
    before().given(making.filling()).when(more).then_refused(bar("Q1", FINAL_BAG))


def test_Q1_refuses_less_in_all_than_before_the_pause() -> None:
    ledger = given(*world.until("end"), making.pause(), making.resumption())
    ledger.when(world.end(given=[quantity("19")])).then_refused(bar("Q1", FINAL_BAG))


def test_Q1_refuses_given_and_not_given_above_what_there_was() -> None:
    short = {"remainder": "REMAINDER_DISPOSITION_DESTROYED", "given": [quantity("40")]}
    ledger = given(*world.until("end"))
    ledger.when(world.end(**short, not_given=[quantity("12.6")])).then_refused(bar("Q1", FINAL_BAG))
    given(*world.until("end")).when(world.end(**short, not_given=[quantity("12.5")])).then_recorded()


# Q5


def test_Q5_accepts_a_container_frozen_in_itself_as_the_container_that_it_was() -> None:
    ledger = before().given(making.freezing())
    taken = [{"material": BAG_A, "taken": [quantity("130")]}]
    ledger.when(making.step(inputs=taken, at="2026-04-08T09:00Z", ended_at=world.time("2026-04-08T10:00Z")))
    ledger.then_recorded()
    ledger = before().given(making.freezing())
    more = [{"material": BAG_A, "taken": [quantity("136.6")]}]
    ledger.when(making.step(inputs=more, at="2026-04-08T09:00Z", ended_at=world.time("2026-04-08T10:00Z")))
    ledger.then_refused(bar("Q5", A))


def test_Q5_refuses_a_second_filling_of_a_container_that_did_not_go_in() -> None:
    before().when(making.salvage(output=filled(BAG_B, quantity("118")))).then_refused(bar("Q5", B))


@pytest.mark.parametrize("again", ["MaterialSplit", "MaterialsConsumed", "ContentsTransferred", "SampleTaken"])
def test_Q5_refuses_what_was_emptied_before_whatever_the_work(again: str) -> None:
    emptied = making.salvage(at="2026-04-08T06:50Z", output=filled(FROZEN, quantity("118")))
    too_much = {"MaterialSplit": ("Q1",), "ContentsTransferred": ("Q1", "Q5")}
    before().given(emptied).when(WORK[again]).then_refused("Q5", *too_much.get(again, ()))


def test_Q5_accepts_what_a_new_count_found_in_an_emptied_container() -> None:
    emptied = making.salvage(at="2026-04-08T06:50Z", output=filled(FROZEN, quantity("110")))
    found = making.recount(quantity("8"), at="2026-04-08T06:55Z")
    before().given(emptied, found).when(making.sampling()).then_recorded()


def test_Q5_refuses_a_destroyed_container_even_when_it_was_counted_again() -> None:
    works = {"site": world.CENTRAL_SITE, "by": world.CELL_OPERATOR, "organisation": world.CENTRAL}
    gone = making.destruction(BAG_A, **works, checked_by=[world.SECOND_OPERATOR], at="2026-04-08T06:50Z")
    ledger = before().given(gone, making.recount(quantity("8"), at="2026-04-08T06:55Z"))
    ledger.when(making.sampling()).then_refused(bar("Q5", A))
    thawed = world.sample("MaterialThawed", material=BAG_A, **works, at="2026-04-08T08:00Z", checked_by=[world.NURSE])
    ledger.when(thawed).then_refused(bar("Q5", A))


def test_Q5_accepts_a_pause_and_a_resumption_as_one_administration() -> None:
    ledger = given(*world.until("end"), making.pause(), making.resumption())
    ledger.when(world.end()).then_recorded()


def test_Q5_refuses_a_resumption_for_another_patient() -> None:
    ledger = given(*world.until("end"), making.pause())
    ledger.when(making.resumption(patient=OTHER_PATIENT)).then_refused(
        *(bar(rule, FINAL_BAG) for rule in ("Q5", "I1", "I8"))
    )


# C7


def test_C7_refuses_a_resumption_of_what_was_never_begun_and_notes_one_without_a_pause() -> None:
    given(*world.until("start")).when(making.resumption()).then_refused(bar("C7", FINAL_BAG))
    given(*world.until("end")).when(making.resumption()).then_noted(note("C7", FINAL_BAG))


@pytest.mark.parametrize("name", ["CellsExpanded", "ContainersFilled", "MaterialsConsumed", "ProcessStepPerformed"])
def test_C7_refuses_work_in_a_batch_that_is_not_open_yet_or_no_more(name: str) -> None:
    unopened = world.until("modification", central_batch=None)
    found = given(*unopened).when(WORK[name])
    assert bar("C7", BATCH) in {(item.rule, item.tag, item.weight) for item in found.answer.findings}
    ended = making.termination(at="2026-04-08T06:50Z")
    before().given(ended).when(WORK[name]).then_refused(bar("C7", BATCH))


def test_C7_accepts_a_sample_of_a_batch_that_was_ended_early() -> None:
    before().given(making.termination(at="2026-04-08T06:50Z")).when(
        making.sampling(batch=world.CENTRAL_BATCH)
    ).then_recorded()


def test_C7_refuses_an_end_before_the_start_and_a_use_before_the_filling() -> None:
    early = making.step(ended_at=world.time("2026-04-08T06:59Z"))
    before().when(early).then_refused(bar("C7", BATCH))
    ledger = before().given(making.salvage())
    ledger.when(making.sampling(FROZEN, at="2026-04-08T06:50Z"))
    ledger.then_refused(bar("C7", FROZEN_BAG))


def test_C7_refuses_to_close_a_batch_that_is_not_known() -> None:
    unknown = world.name("batch.MPC", "26-9999")
    given(*world.registers()).when(making.closing(unknown)).then_refused(bar("C7", tag("batch", unknown)))


# Procurement other than apheresis


def test_a_product_made_of_a_biopsy_is_given_to_the_patient_who_gave_it() -> None:
    ledger = given(*world.registers(), *world.story(apheresis=making.procurement())[:-2])
    ledger.when(world.start(patient=OTHER_PATIENT)).then_refused(*(bar(rule, FINAL_BAG) for rule in ("I1", "I8", "R9")))
    ledger.when(world.start()).then_recorded()
    assert ledger.resolved()["chain"] == tag("coi", world.CHAIN)


def test_C7_refuses_a_procurement_for_a_chain_that_was_not_assigned() -> None:
    ledger = given(*world.until("apheresis"))
    ledger.when(making.procurement(coi=OTHER_CHAIN)).then_refused(
        bar("C7", tag("coi", OTHER_CHAIN)), bar("I4", tag("patient", world.PATIENT))
    )


def test_L1_refuses_a_procurement_at_a_site_without_a_basis_for_it() -> None:
    told = world.until("apheresis", apheresis_unit=world.site(world.APHERESIS_UNIT, world.COLLECTING))
    given(*told).when(making.procurement()).then_refused(
        *(bar(rule, tag("site", world.APHERESIS_UNIT)) for rule in ("L1", "D8"))
    )


# I1


def others_bag() -> Asked:
    """A bag of another patient is at the central site too."""
    collected = world.apheresis(
        coi=OTHER_CHAIN,
        autologous={"patient": OTHER_PATIENT},
        donation=world.OTHER_DONATION,
        bags=[filled(FROZEN, quantity("118"), quantity("1.40", *CD3))],
    )
    sent = world.dispatch(materials=[FROZEN], consignment=world.OTHER_CONSIGNMENT)
    came = world.receipt(materials=[FROZEN], consignment=world.OTHER_CONSIGNMENT)
    return before().given(
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.consent(OTHER_PATIENT, coi=OTHER_CHAIN),
        world.identification(OTHER_PATIENT, coi=OTHER_CHAIN),
        collected,
        sent,
        came,
    )


OTHERS = [{"material": FROZEN}]


@pytest.mark.parametrize(
    "draft",
    [
        making.consumption(inputs=OTHERS),
        making.step(inputs=OTHERS),
        making.expansion(inputs=OTHERS),
        making.filling(inputs=OTHERS),
        making.remake(materials=[FROZEN]),
    ],
    ids=lambda draft: draft.content.type,
)
def test_I1_refuses_another_patients_bag_in_any_work_of_the_batch(draft: world.Draft) -> None:
    others_bag().when(draft).then_refused(bar("I1", FROZEN_BAG))


def test_I1_accepts_the_patients_own_cells_in_a_remake() -> None:
    before().given(making.termination(at="2026-04-08T06:50Z")).when(making.remake()).then_recorded()


def test_I1_follows_a_bag_through_freezing_and_splitting_to_its_patient() -> None:
    parts = [making.division(number, item, quantity("52")) for number, item in (("A0", PART_A), ("B0", PART_B))]
    halves = making.split(BAG_B, at="2026-04-08T06:50Z", divisions=parts)
    frozen = making.freezing(
        inputs=[{"material": PART_A}], outputs=[filled(FROZEN, quantity("54"))], at="2026-04-08T06:55Z", lots=None
    )
    more = {"inputs": [{"material": BAG_A}, {"material": FROZEN}], "at": "2026-04-08T08:30Z"}
    ledger = before().given(halves, frozen, world.modification(**more))
    ledger.given(*world.since("second_dispatch", "start"))
    ledger.when(world.start(patient=OTHER_PATIENT)).then_refused(*(bar(rule, FINAL_BAG) for rule in ("I1", "I8", "R9")))
    ledger.when(world.start()).then_recorded()


def test_I1_refuses_a_part_of_another_patients_bag() -> None:
    parts = making.split(FROZEN, at="2026-04-08T06:50Z")
    others_bag().given(parts).when(making.step(inputs=[{"material": PART_B}], outputs=None)).then_refused(
        bar("I1", tag("material", PART_B))
    )


# L1 L2 L3

MAKING = {
    "CellsExpanded": making.expansion(),
    "ContainersFilled": making.filling(),
    "IntermediateDeclared": world.sample(
        "IntermediateDeclared",
        batch=world.CENTRAL_BATCH,
        materials=[BAG_A],
        site=world.CENTRAL_SITE,
        by=world.CELL_OPERATOR,
        organisation=world.CENTRAL,
        checked_by=[],
        at="2026-04-08T07:00Z",
    ),
    "ProcessStepPerformed": making.step(),
    "RemakeStarted": making.remake(),
}


@pytest.mark.parametrize("name", MAKING)
def test_L1_refuses_any_making_once_the_licence_is_not_in_force(name: str) -> None:
    ended = world.central_licence(effective_to="2026-04-07")
    told = world.until("modification", central_licence=ended, central_batch=None)
    found = given(*told).when(MAKING[name]).answer.findings
    assert bar("L1", SITE) in {(item.rule, item.tag, item.weight) for item in found}
    before().when(MAKING[name]).then_recorded()


def at_the_poc_site(draft: world.Draft) -> Asked:
    """A making of the batch at a POC site that no licence and no master file names."""
    told = world.until("completion", licence=world.licence(product_lines=None), masterfile=None, poc_batch=None)
    return given(*told).when(draft)


HERE = {
    "site": world.POC_SITE,
    "by": world.SCIENTIST,
    "checked_by": [world.PHARMACIST],
    "organisation": world.TREATING,
    "at": "2026-04-14T07:00Z",
    "batch": world.POC_BATCH,
    "inputs": [{"material": CELLS}],
    "ended_at": world.time("2026-04-14T08:00Z"),
}


def test_L2_and_L3_refuse_any_making_at_a_site_of_no_licence_line_and_no_master_file() -> None:
    step = making.step(**HERE, outputs=[filled(PART_A, quantity("50"))])
    found = {item.rule for item in at_the_poc_site(step).answer.findings}
    assert {"L2", "L3"} <= found


def test_L2_and_L3_accept_the_reconstitution_of_tissue_that_is_no_making() -> None:
    step = making.step(**HERE, outputs=[filled(PART_A, quantity("50"))], activity="ACTIVITY_PROCESSING")
    found = {item.rule for item in at_the_poc_site(step).answer.findings}
    assert not {"L2", "L3"} & found


# What a late fact reaches


def test_a_late_consumption_of_another_patients_bag_names_what_was_given_of_its_batch() -> None:
    ledger = others_bag()
    ledger.given(world.modification(at="2026-04-08T08:30Z"), *world.since("second_dispatch"))
    late = making.consumption(
        batch=world.POC_BATCH, inputs=OTHERS, at="2026-04-14T07:00Z", exceptions=[world.DEVIATION]
    )
    ledger.when(late)
    named = {position for item in ledger.answer.findings if item.rule == "I1" for position in item.positions}
    assert ledger.position_of("AdministrationStarted") in named
