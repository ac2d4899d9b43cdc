"""A cure reaches what rests on the deviation, on every log: by a warm cache, a cold one, and another process's."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest

from ledger.domain.facts.record import Cure
from ledger.domain.receipt import Draft, Receipt, Refused
from ledger.postgres.migrations import shipped
from ledger.store.log import Log
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import TagRow
from tests.model import world
from tests.model.desk import Desk
from tests.store.test_sequencer import another_opening
from tests.support.clusters import ORIGIN, Database

AT = world.START
WORKED = AT + 40 * world.MINUTE
LATER = AT + timedelta(hours=12)


def modified_in_no_batch(desk: Desk) -> int:
    """Cells are modified in a batch that nobody had opened, and come to the point of care; the deviation's number."""
    desk.furnish()
    steps = list(world.therapy(1, AT))
    desk.treat(1, steps=3)
    made = world.modification(
        "C00001",
        [world.taken("000001A")],
        [world.container("000001B", 60)],
        where=world.CENTRAL,
        at=WORKED,
        exceptions=[world.deviation()],
    )
    number = desk.record(made, max(desk.now, WORKED + world.MINUTE)).position
    for at, draft in steps[5:8]:
        desk.record(draft, max(desk.now, at + 2 * world.MINUTE))
    return number


def opened() -> Draft:
    return world.opening("C00001", 1, where=world.CENTRAL, at=AT + 30 * world.MINUTE)


def finished() -> Draft:
    bags = [world.taken("000001B")], [world.container("000001F", 50)]
    return world.completion("L00001", *bags, where=world.POINT, at=AT + 80 * world.MINUTE)


def rules(answer: object) -> set[str]:
    """Rules that refused; none for what was recorded."""
    assert isinstance(answer, Receipt | Refused), answer
    return {finding.rule for finding in answer.findings} if isinstance(answer, Refused) else set()


def cured_rows(log: Log) -> list[tuple[int, TagRow]]:
    with log.reading() as reading:
        return [(position, row) for position, row in reading.tag_rows(0, 10**6) if row.type == "Cured"]


@pytest.fixture
def desk(log: Log) -> Iterator[Desk]:
    with Desk(log) as opened_:
        yield opened_


def test_the_late_opening_frees_the_container_and_taking_it_back_bars_it_again(desk: Desk) -> None:
    number = modified_in_no_batch(desk)
    assert "R6" in rules(desk.try_(finished(), LATER))
    opening = desk.record(opened(), LATER)
    assert opening.cures == (Cure(deviation=number, rule="C7"), Cure(deviation=number, rule="L1"))
    withdrawn = desk.record(world.not_happened(opening.position, where=world.CENTRAL, at=LATER), LATER)
    assert "R6" in rules(desk.try_(finished(), LATER))
    again = desk.record(opened(), LATER)
    assert rules(desk.try_(finished(), LATER)) == set()
    row = TagRow(f"deviation:ledger:{number}", "Cured")
    assert cured_rows(desk.log) == [
        (position, row) for position in (opening.position, withdrawn.position, again.position)
    ]
    verified, difference = desk.audit()
    assert (verified.first_break, verified.reason, difference) == (0, "", None)


def test_another_process_hears_of_the_cure(log: Log) -> None:
    with another_opening(log) as other, Desk(log) as desk, Desk(other) as second:
        modified_in_no_batch(desk)
        second.now = desk.now
        assert "R6" in rules(second.try_(finished(), LATER))
        desk.now = second.now
        desk.record(opened(), LATER)
        second.now = desk.now
        assert rules(second.try_(finished(), LATER)) == set()


def test_what_waits_in_the_same_commit_behind_the_opening_sees_the_cure(desk: Desk) -> None:
    modified_in_no_batch(desk)
    desk.now = LATER
    with desk.stalled():
        waiting = desk.send([opened(), finished()], LATER)
    assert [rules(answer.result(30)) for answer in waiting] == [set(), set()]


def test_facts_that_were_recorded_before_cures_were_filed_are_filed_by_the_migration(each_database: Database) -> None:
    log = PostgresLog(each_database.writer, origin=ORIGIN)
    with Desk(log) as desk:
        modified_in_no_batch(desk)
        opening = desk.record(opened(), LATER)
        desk.record(world.not_happened(opening.position, where=world.CENTRAL, at=LATER))
        desk.record(opened())
    filed = cured_rows(log)
    log.close()
    step = next(step for step in shipped() if step.name == "0005_cured.sql")
    with closing(psycopg.connect(each_database.owner)) as session:
        session.execute("set search_path = pg_temp, ledger")
        session.execute("create temp table fact_tag as table ledger.fact_tag with no data")
        session.execute(step.text.encode())
        rows = session.execute("select position, tag, type, own from fact_tag order by position").fetchall()
    assert [(position, TagRow(*row)) for position, *row in rows] == filed
    assert len(filed) == 3
