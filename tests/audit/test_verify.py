"""Verify names the first position that was touched, whatever a superuser with the triggers off does to it."""

from collections.abc import Iterator

import psycopg
import pytest

from ledger.audit.verify import verify
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import Stored
from tests.model import world
from tests.model.desk import Desk
from tests.store.drafts import Draft as Raw
from tests.store.drafts import store
from tests.support.clusters import ORIGIN, Database

AT = 30
"""A position in the middle: what is done to it must be named by this number."""


def _told() -> list[Stored]:
    """The log that is verified here, in memory."""
    with Desk(MemoryLog(ORIGIN)) as desk:
        desk.furnish()
        desk.treat(1)
        return desk.rows()


SIZE = len(_told())
EDGED = next(row.position for row in _told() if row.type == "ApheresisPerformed")
"""A fact that states lineage."""

TABLES = ("fact", "fact_tag", "fact_mark", "edge", "commit", "key")

TOUCHED = {
    "a byte of a record": (
        "update fact set record = set_byte(record, 20, get_byte(record, 20) # 1) where position = 30",
        AT,
    ),
    "a byte of a salt": ("update fact set salt = set_byte(salt, 3, get_byte(salt, 3) # 128) where position = 30", AT),
    "a byte of a leaf": ("update fact set leaf = set_byte(leaf, 31, get_byte(leaf, 31) # 1) where position = 30", AT),
    "a time": ("update fact set recorded_at = recorded_at + 1 where position = 30", AT),
    "an earlier time": ("update fact set recorded_at = 1 where position = 30", AT),
    "an organisation": ("update fact set organisation = 'ods:ZZZ' where position = 30", AT),
    "a type": ("update fact set type = 'Refused' where position = 30", AT),
    "a tag row removed": (
        "delete from fact_tag where ctid = (select ctid from fact_tag where position = 30 limit 1)",
        AT,
    ),
    "a tag row added": ("insert into fact_tag values ('coi:x:y', 'ConsentRecorded', 30, true)", AT),
    "a tag row said to be inherited": ("update fact_tag set own = not own where position = 30", AT),
    "a mark added": ("insert into fact_mark values ('rule:I1', 30)", AT),
    "an edge row added": ("insert into edge values ('material:x:y', 'lot:x:z', 'touched', 30, 30, true)", AT),
    "an edge row removed": ("delete from edge where position = :edged", EDGED),
    "an edge row withdrawn": ("update edge set live = false where position = :edged", EDGED),
    "two records swapped": (
        """update fact f set record = g.record, salt = g.salt, leaf = g.leaf
           from fact g where (f.position, g.position) in ((30, 31), (31, 30))""",
        AT,
    ),
    "two facts swapped": (
        """update fact f set record = g.record, salt = g.salt, leaf = g.leaf, type = g.type,
               organisation = g.organisation, recorded_at = g.recorded_at
           from fact g where (f.position, g.position) in ((30, 31), (31, 30))""",
        AT,
    ),
    "a fact deleted": ("delete from fact where position = 30", AT),
    "the newest fact deleted": ("delete from fact where position = :size", SIZE),
    "the frontier": (
        "update commit set frontier = set_byte(frontier, 0, get_byte(frontier, 0) # 1) where size = :size",
        SIZE,
    ),
    "a key that answers with another fact": ("update key set position = 29 where position = 30", AT),
    "a key of other content": (
        "update key set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where position = 30",
        AT,
    ),
    "a key that belongs to nothing": (
        "insert into key select organisation, gen_random_uuid(), hash, position, 1 from key where position = 30",
        AT,
    ),
    "a key beyond the head": (
        "insert into key select organisation, gen_random_uuid(), hash, 99, 1 from key where position = 30",
        99,
    ),
    "a key removed": ("delete from key where position = 30", AT),
    "a mark beyond the head": ("insert into fact_mark values ('rule:I1', 99)", 99),
    "a tag row beyond the head": ("insert into fact_tag values ('coi:x:y', 'ConsentRecorded', 99, true)", 99),
    "an edge row before the first": ("insert into edge values ('material:x:y', 'lot:x:z', 'touched', 1, 0, true)", 1),
    "bytes that are no record": ("update fact set record = 'x' where position = 30", AT),
}


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """A log of one patient's whole way on Postgres."""
    log = PostgresLog(database.writer, origin=ORIGIN)
    with Desk(log) as opened:
        opened.furnish()
        opened.treat(1)
        yield opened
    log.close()


def placed(statement: str) -> str:
    """The statement with its positions in it."""
    return statement.replace(":edged", str(EDGED)).replace(":size", str(SIZE))


def test_an_untouched_log_verifies(desk: Desk) -> None:
    seen: list[tuple[int, int]] = []
    found = verify(desk.log, lambda done, size: seen.append((done, size)))
    assert (found.holds, found.size, found.first_break, seen) == (True, SIZE, 0, [(SIZE, SIZE)])
    with desk.log.reading() as reading:
        assert found.root == reading.head().frontier.root


@pytest.mark.parametrize(("statement", "position"), TOUCHED.values(), ids=TOUCHED)
def test_the_first_position_that_was_touched_is_named(
    desk: Desk, database: Database, statement: str, position: int
) -> None:
    with psycopg.connect(database.owner, autocommit=True) as superuser:
        superuser.execute("set search_path to ledger")
        for table in TABLES:
            superuser.execute(f"alter table {table} disable trigger all".encode())
        assert superuser.execute(placed(statement).encode()).rowcount
    found = verify(desk.log)
    assert (found.holds, found.first_break) == (False, position)
    assert found.reason


BATCHED = {
    "other content": "update key set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where size = 2",
    "fewer items": "update key set size = 1 where size = 2",
    "more items": "update key set size = 3 where size = 2",
    "other items": "update key set position = position + 1 where size = 2",
    "another organisation": "update key set organisation = 'ods:ZZZ' where size = 2",
    "another key": "update key set id = gen_random_uuid() where size = 2",
}


@pytest.mark.parametrize("statement", BATCHED.values(), ids=BATCHED)
def test_a_touched_key_of_a_batch_is_named(desk: Desk, database: Database, statement: str) -> None:
    assert verify(two_in_a_batch(desk).log).holds
    with psycopg.connect(database.owner, autocommit=True) as superuser:
        superuser.execute("set search_path to ledger")
        superuser.execute("alter table key disable trigger all")
        assert superuser.execute(statement.encode()).rowcount == 1
    found = verify(desk.log)
    assert (found.holds, found.first_break in (SIZE + 1, SIZE + 2)) == (False, True)
    assert "key" in found.reason


def two_in_a_batch(desk: Desk) -> Desk:
    """A desk at which two facts more were recorded under one key."""
    at = world.START + world.MINUTE * 600
    desk.record_batch(
        world.as_batch(
            world.opening("L8", 1, where=world.POINT, at=at),
            world.opening("L9", 1, where=world.POINT, at=at + world.MINUTE),
        ),
        at + 2 * world.MINUTE,
    )
    return desk


def test_a_superuser_is_stopped_by_the_triggers_until_they_are_switched_off(desk: Desk, database: Database) -> None:
    with psycopg.connect(database.owner, autocommit=True) as superuser:
        superuser.execute("set search_path to ledger")
        superuser.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.RestrictViolation):
            superuser.execute(TOUCHED["a time"][0].encode())


def test_corrections_and_facts_that_nobody_judged_verify() -> None:
    with Desk(MemoryLog("ledger.test/verify")) as desk:
        desk.furnish()
        receipts = desk.treat(1)
        when = world.START + 12 * 10 * world.MINUTE + world.MINUTE * 60
        for number in (1, 2):
            fact = world.collection_fact(1, [world.container("000001A", 100 + number)], world.START + world.MINUTE)
            told = world.correction(receipts[0].position, "apheresis_performed", fact, where=world.COLLECTION, at=when)
            desk.record(told, when)
        desk.record(world.not_happened(receipts[0].position, where=world.COLLECTION, at=when), when)
        desk.try_(world.start("000001F", 1, where=world.POINT, at=when))
        assert verify(desk.log).reason == ""
        store(desk.log, Raw("dcb:Anything", ["material:x:y"]))
        assert verify(desk.log).first_break in (0, desk.rows()[-1].position)
