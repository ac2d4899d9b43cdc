"""Rule E1 on imported history: it counts as the fact inside it, judged by nobody, and every answer says so."""

import msgspec
import pytest

from ledger.audit.rejudge import rejudge
from ledger.audit.replay import Step
from ledger.domain.facts.catalogue import field_name
from ledger.domain.facts.record import Record
from ledger.store import filing
from tests.support import making, vigilance, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import CONSULTANT, NURSE, REGISTRAR, SECOND_NURSE, VECTOR_LOT, name, tag

OLD_PATIENT, OLD_CHAIN = name("pseudonym", "01DB0Z8Y0TE5Q7"), name("isbt128-coi", "CHA999919000004")
OLD_DONATION = name("isbt128-din", "A999919000471")
OLD_BAG, OLD_CELLS = (
    name("isbt128-mpho", "A9999S1128A999919000471A00000"),
    name("isbt128-mpho", "A9996A0002A999919000471A00000"),
)
OLD_BATCH = name("batch.RXK", "19-004")
PATIENT, CELLS, LOT = tag("patient", OLD_PATIENT), tag("material", OLD_CELLS), tag("lot", VECTOR_LOT)
ME = tag("person", NURSE)


def imported(told: world.Draft, **changes: object) -> world.Draft:
    """HistoricRecordImported: a ward's register of 2019, copied in 2026."""
    whole = world.plain(told)
    data = {
        "envelope": msgspec.convert(_timed(whole["envelope"]), world.Data),
        "fact": {field_name(whole["type"]): _timed(whole["fact"])},
        "source": "HISTORIC_SOURCE_PAPER",
        "transcribed_by": NURSE,
        "evidence": {"sha256": bytes(range(32)), "media_type": "application/pdf"},
    }
    frame = {
        "at": "2026-05-04T10:00Z",
        "site": world.POC_SITE,
        "by": NURSE,
        "organisation": world.TREATING,
        "signed": [(NURSE, "PERFORMED"), (SECOND_NURSE, "VERIFIED")],
    }
    return world.fact("HistoricRecordImported", data, frame, changes)


def _timed(value: object) -> object:
    """Stored JSON as data: times are moments again."""
    if isinstance(value, dict):
        return {key: world.time(item) if key in _TIMES else _timed(item) for key, item in value.items()}
    return [_timed(item) for item in value] if isinstance(value, list) else value


_TIMES = ("time", "ended_at", "completed_at")


def chain_of_2019() -> tuple[world.Draft, ...]:
    """What is still known of a patient who was treated in 2019: collected, modified with a vector, given."""
    frame = {"source": "OPERATOR", "uncertainty_ms": None}
    return (
        world.chain(OLD_CHAIN, OLD_PATIENT, at="2019-04-01T09:00Z"),
        world.apheresis(
            coi=OLD_CHAIN,
            autologous={"patient": OLD_PATIENT},
            donation=OLD_DONATION,
            bags=[world.filled(OLD_BAG, world.quantity("118"))],
            ended_at=world.time("2019-04-02T12:00Z"),
            at="2019-04-02T08:00Z",
        ),
        world.modification(
            batch=OLD_BATCH,
            inputs=[{"material": OLD_BAG}],
            outputs=[world.filled(OLD_CELLS, world.quantity("60"))],
            ended_at=world.time("2019-04-05T12:00Z"),
            at="2019-04-04T08:00Z",
            **frame,
        ),
        world.start(material=OLD_CELLS, patient=OLD_PATIENT, coi=OLD_CHAIN, at="2019-05-14T09:30Z"),
    )


def remembered() -> Asked:
    """A ledger that begins in 2026, with that history copied into it."""
    ledger = given(*world.registers())
    for draft in chain_of_2019():
        ledger.when(imported(draft)).then_recorded()
    return ledger


def steps(ledger: Asked, thing: str) -> list[Step]:
    """The story of a thing, without registers."""
    return [step for step in ledger.ledger.replay(thing).steps if step.fact.type == "HistoricRecordImported"]


def records(found: list[Step]) -> list[Record]:
    """What they say."""
    return [step.fact.record for step in found if step.fact.record is not None]


def test_history_is_stored_as_it_was_told_and_is_not_judged() -> None:
    ledger = remembered()
    stored = ledger.record
    assert (stored.content.type, stored.verdict.judged) == ("HistoricRecordImported", False)
    assert {PATIENT, CELLS, tag("coi", OLD_CHAIN)} <= set(stored.verdict.tags)
    assert ledger.receipt.clearance is None
    types = {(row.tag, row.type) for row in filing.tag_rows(stored, None)}
    assert {(CELLS, "AdministrationStarted"), (CELLS, "HistoricRecordImported")} <= types


def test_trace_leads_from_a_lot_to_the_patient_of_2019_and_says_that_it_is_imported() -> None:
    found = remembered().ledger.trace(LOT, "forward")
    assert PATIENT in {node.tag for node in found.nodes}
    assert {edge.imported for edge in found.edges} == {True}


def test_replay_tells_it_at_its_own_time() -> None:
    found = steps(remembered(), tag("coi", OLD_CHAIN))
    assert [step.effective.year for step in found] == [2019] * 4
    assert [record.verdict.judged for record in records(found)] == [False] * 4


def test_subjects_fold_it_as_the_fact_inside_so_that_a_bag_that_was_given_is_given() -> None:
    ledger = remembered()
    again = world.start(material=OLD_CELLS, patient=OLD_PATIENT, coi=OLD_CHAIN, at="2026-05-05T10:00Z")
    ledger.tell(again)
    assert "Q5" in {finding.rule for finding in ledger.answer.findings}


def test_a_recall_in_2027_of_the_lot_reaches_the_patient_of_2019() -> None:
    ledger = remembered()
    ledger.tell(making.recall(lot=VECTOR_LOT, at="2027-02-01T10:00Z"))
    assert ledger.receipt.position
    reached = ledger.ledger.trace(LOT, "forward").nodes
    assert PATIENT in {node.tag for node in reached}


def test_a_reaction_of_the_patient_of_2019_is_recorded() -> None:
    ledger = remembered()
    ledger.tell(vigilance.reaction(coi=OLD_CHAIN, patient=OLD_PATIENT, at="2026-06-01T10:00Z"))
    assert ledger.receipt.position


def test_history_that_was_copied_wrongly_is_taken_back_and_leaves_no_trace() -> None:
    ledger = remembered()
    ledger.when(world.did_not_happen(ledger.position, at="2026-05-05T09:00Z"))
    assert PATIENT not in {node.tag for node in ledger.ledger.trace(LOT, "forward").nodes}
    assert rejudge(ledger.rows()) is None
    assert ledger.ledger.verify().holds


def test_E1_refuses_to_correct_history_in_place() -> None:
    ledger = remembered()
    wrong = ledger.position
    right = world.start(material=OLD_CELLS, patient=OLD_PATIENT, coi=OLD_CHAIN, at="2019-05-15T09:30Z")
    ledger.when(world.corrected(wrong, right, with_envelope=True)).then_refused(bar("E1"))


@pytest.mark.parametrize(
    "signed",
    [[(NURSE, "PERFORMED")], [(SECOND_NURSE, "VERIFIED")], [(NURSE, "PERFORMED"), (NURSE, "VERIFIED")]],
    ids=["nobody compared it", "nobody imports it", "the same person"],
)
def test_E1_refuses_history_that_two_people_do_not_stand_for(signed: list[tuple[world.Data, str]]) -> None:
    told = imported(chain_of_2019()[0], signed=signed)
    given(*world.registers()).when(told).then_refused(bar("E1", ME))


@pytest.mark.parametrize(("at", "barred"), [("2026-04-03T09:00Z", False), ("2026-04-05T09:00Z", True)])
def test_E1_refuses_to_import_what_is_too_new_to_be_history(at: str, barred: bool) -> None:
    ledger = given(*world.registers())
    ledger.when(imported(world.chain(OLD_CHAIN, OLD_PATIENT, at=at)))
    ledger.then_refused(bar("E1", ME)) if barred else ledger.then_recorded()


def test_E1_refuses_a_rulebook_as_history() -> None:
    book = imported(world.rulebook(at="2019-01-01T09:00Z", by=REGISTRAR))
    given(*world.registers()).when(book).then_refused(bar("E1", ME))


def test_history_counts_where_it_stands_in_time_and_late_history_names_what_it_makes_impossible() -> None:
    ledger = remembered()
    earlier = world.start(
        material=OLD_CELLS, patient=name("pseudonym", "01DB0Z8Y0TE5Q8"), at="2019-05-10T09:30Z", coi=None
    )
    ledger.when(imported(earlier)).then_noted(note("Q5", CELLS))


def test_a_release_that_was_imported_stands_for_the_batch_of_then() -> None:
    ledger = remembered()
    released = world.release(batch=OLD_BATCH, at="2019-05-14T08:00Z", by=CONSULTANT)
    ledger.when(imported(released)).then_recorded()
    assert rejudge(ledger.rows()) is None
