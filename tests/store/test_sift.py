"""Searching by several conditions: each alone, together, both ways round, in bounded steps, and by index only."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from ledger.postgres.migrations import migrate, shipped
from ledger.store import sifting
from ledger.store.log import Log, Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import Sifted, TagRow, Wanted
from tests.model import world
from tests.model.desk import Desk
from tests.store.drafts import Draft, store
from tests.support.clusters import ORIGIN, Database

FACTS = (
    Draft("Given", ["a", "b"], organisation="ods:RR8"),
    Draft("Given", ["a", TagRow("c", "Given", own=False)], marks=["rule:I1", "sender:HL7-1"], organisation="ods:RR8"),
    Draft("Refused", ["a"], marks=["outcome:refused", "refused:Given", "rule:I1"], organisation="ods:RXK"),
    Draft("Moved", ["a", "c"], marks=["outcome:deviation", "rule:C1"], organisation="ods:RXK"),
    Draft("Corrected", ["b", TagRow("a", "Given"), TagRow("a", "Corrected")], organisation="ods:RR8"),
)


@pytest.fixture
def five(log: Log) -> Log:
    """A log of five facts that differ in everything that can be asked for."""
    store(log, *FACTS)
    return log


def all_of(reading: Reading, wanted: Wanted, *, newest: bool = False, limit: int = 50, through: int = 5) -> list[int]:
    """Every wanted position, however many steps it takes."""
    found: list[int] = []
    left = Sifted((), 0, through)
    while left.after < left.through:
        left = reading.sift(wanted, left.after, left.through, limit, newest=newest)
        found += left.positions
    return found


CASES: tuple[tuple[Wanted, list[int]], ...] = (
    (Wanted(), [1, 2, 3, 4, 5]),
    (Wanted(tags=("a",)), [1, 2, 3, 4, 5]),
    (Wanted(tags=("c",)), [2, 4]),
    (Wanted(tags=("a", "b")), [1, 5]),
    (Wanted(tags=("nobody",)), []),
    (Wanted(marks=("rule:I1",)), [2, 3]),
    (Wanted(marks=("sender:HL7-1",)), [2]),
    (Wanted(marks=("rule:I1", "outcome:refused")), [3]),
    (Wanted(unmarked=("outcome:refused", "outcome:deviation")), [1, 2, 5]),
    (Wanted(types=("Given",)), [1, 2, 3]),
    (Wanted(types=("Given", "Moved"), organisation="ods:RXK"), [3, 4]),
    (Wanted(organisation="ods:RR8"), [1, 2, 5]),
    (Wanted(tags=("a",), types=("Corrected",)), [5]),
    (Wanted(tags=("a", "c"), marks=("rule:C1",), types=("Moved",), organisation="ods:RXK"), [4]),
    (Wanted(tags=("a",), unmarked=("rule:I1",), organisation="ods:RXK"), [4]),
)


@pytest.mark.parametrize("newest", [False, True])
def test_every_condition_holds_of_what_is_found_in_whatever_steps(five: Log, newest: bool) -> None:
    with five.reading() as reading:
        for limit in (1, 2, 50):
            found = [all_of(reading, wanted, newest=newest, limit=limit) for wanted, _ in CASES]
            assert found == [positions[::-1] if newest else positions for _, positions in CASES]


def test_a_step_looks_at_no_more_facts_than_it_may_and_says_where_to_go_on(five: Log) -> None:
    with five.reading() as reading:
        wanted = Wanted(marks=("rule:I1",), types=("Moved",))
        assert reading.sift(wanted, 0, 5, 1, newest=False) == Sifted((), 4, 5)
        assert reading.sift(Wanted(), 0, 5, 2, newest=True) == Sifted((5, 4), 0, 3)


def test_nothing_outside_the_bounds_is_found(five: Log) -> None:
    with five.reading() as reading:
        assert reading.sift(Wanted(tags=("a",)), 1, 3, 50, newest=False).positions == (2, 3)


def test_marks_are_read_back_by_position(five: Log) -> None:
    with five.reading() as reading:
        assert reading.mark_rows(2, 4) == [
            (3, "outcome:refused"),
            (3, "refused:Given"),
            (3, "rule:I1"),
            (4, "outcome:deviation"),
            (4, "rule:C1"),
        ]


def plan(log: PostgresLog, statement: str, given: dict[str, object]) -> Iterator[str]:
    """The lines of a statement's plan, on a connection with the settings of every reader."""
    with log.reading() as reading:
        for (line,) in reading._ask(f"explain {statement}", given):
            yield line.decode() if isinstance(line, bytes) else line


BOUNDS: dict[str, object] = {"lead": "a", "under": ["Given"], "after": 0, "through": 20_000, "limit": 9, "counted": 9}
EVERYTHING = sifting.given(Wanted(tags=("a", "b"), marks=("m",), unmarked=("n",), types=("T",), organisation="o"))
FILL = """
insert into ledger.fact select n, 'T' || n % 7, n, 'o' || n % 3, '{}', repeat('s', 32)::bytea, repeat('l', 32)::bytea
from generate_series(1, 20000) n;
insert into ledger.fact_tag select chr(97 + n % 2), 'T' || n % 7, n, true from generate_series(1, 20000) n;
insert into ledger.fact_mark select 'm' || n % 2, n from generate_series(1, 20000) n;
analyze ledger.fact, ledger.fact_tag, ledger.fact_mark"""


@pytest.fixture
def large(database: Database) -> Iterator[PostgresLog]:
    """A log of twenty thousand facts, whose sizes the planner knows."""
    with psycopg.connect(database.owner) as owner:
        for statement in FILL.split(";"):
            owner.execute(statement.encode())
    log = PostgresLog(database.writer, origin=ORIGIN)
    yield log
    log.close()


def test_every_statement_of_a_search_reads_by_index_and_in_its_order(large: PostgresLog) -> None:
    for statement in (sifting.SIZES, sifting.UNDER, *sifting.SIFT.values()):
        told = "\n".join(plan(large, statement, {**BOUNDS, **EVERYTHING}))
        assert [word for word in ("Seq Scan", "Bitmap") if word in told] == [], told


def test_what_leads_is_read_from_the_index_that_it_names(large: PostgresLog) -> None:
    indexes = {
        "tag": "fact_tag_pkey",
        "mark": "fact_mark_pkey",
        "type": "fact_type",
        "organisation": "fact_organisation",
        "log": "fact_pkey",
    }
    for (what, newest), statement in sifting.SIFT.items():
        lead = "\n".join(plan(large, statement, {**BOUNDS, **EVERYTHING})).partition("CTE led")[2]
        backward = " Backward" if newest else ""
        assert f"Scan{backward} using {indexes[what]} on" in lead, lead


def test_facts_from_before_the_marks_are_marked_as_they_would_be_now(database: Database) -> None:
    schema = "before"
    migrate(database.owner, schema=schema, steps=shipped()[:2])
    with Desk(MemoryLog("ledger.test/before")) as desk, psycopg.connect(database.owner) as owner:
        desk.furnish()
        desk.treat(1)
        late = desk.now + timedelta(days=40)
        desk.try_(world.start("000001F", 1, where=world.POINT, at=late), late)
        desk.try_(world.start("000001F", 1, where=world.POINT, at=late, exceptions=[world.deviation()]), late)
        store(desk.log, Draft("dcb:Any", record=b'{"verdict":{"outcome":"OUTCOME_REFUSED"}}'), Draft(record=b"\xff"))
        for row in desk.rows():
            columns = (row.position, row.type, row.recorded_at, row.organisation, row.record, row.salt, row.leaf)
            owner.execute("insert into before.fact values (%s, %s, %s, %s, %s, %s, %s)", columns)
        owner.commit()
        migrate(database.owner, schema=schema)
        marked = owner.execute("select position, mark from before.fact_mark order by position, mark").fetchall()
        with desk.log.reading() as reading:
            assert marked == reading.mark_rows(0, 999)
    assert {mark for _, mark in marked} >= {"outcome:refused", "outcome:deviation", "refused:AdministrationStarted"}
