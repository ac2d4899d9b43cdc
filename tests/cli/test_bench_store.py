"""`coi bench-store`: a store that is filled is a store that was recorded."""

import json
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from ledger.audit.rejudge import rejudge
from ledger.audit.verify import Verification, verify
from ledger.domain.facts import record as records
from ledger.domain.receipt import Unavailable
from ledger.store.loading import fill, recorded
from ledger.store.pattern import PatternError, Told, moved, pattern_of
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import Stored
from services.cli import main
from services.cli.alike import BEGAN, TOGETHER, Cohort
from tests.support.clusters import Database

TWO_CHAINS = 46 + 2 * (6 + 60)
"""Registers, and two chains that each have lots of their own."""

A_BLOCK_AND_MORE = 36 + 6 + 64 * 60 + 6 + 100
"""One whole block of chains, and another that breaks off within a commit."""


def ids(facts: Sequence[Stored]) -> list[UUID]:
    return [records.decode(row.record).content.id for row in facts]


def filled(database: Database, story: Cohort, facts: int) -> int:
    return fill(database.writer, story, facts, secrets.token_bytes, lambda _done, _all: None)


def stored(dsn: str) -> list[tuple[object, ...]]:
    """Everything that a log holds of each fact, but for what chance decides."""
    log = PostgresLog(dsn)
    try:
        with log.reading() as reading:
            size = reading.head().size
            facts = reading.scan(0, size, size)
            more: list[Sequence[tuple[int, object]]] = [
                reading.tag_rows(0, size),
                reading.edge_rows(0, size),
                reading.mark_rows(0, size),
            ]
            keys = reading.keys([(row.organisation, key) for row, key in zip(facts, ids(facts), strict=True)])
    finally:
        log.close()
    return [
        (fact, *([item for at, item in rows if at == fact.position] for rows in more), keys[fact.organisation, key])
        for fact, key in zip(map(without_chance, facts), ids(facts), strict=True)
    ]


def without_chance(row: Stored) -> Stored:
    """A fact without its salt, and so without its leaf."""
    return Stored(row.position, row.type, row.organisation, row.recorded_at, row.record, b"", b"")


def test_what_is_filled_in_is_byte_for_byte_what_the_ledger_records(database: Database) -> None:
    story = Cohort(together=1)
    assert filled(database, story, TWO_CHAINS) == TWO_CHAINS
    told = [story.registers(), story.shared(0), *story.chain(0), story.shared(1), *story.chain(1)]
    really = [
        (without_chance(fact), list(fact.tags), list(fact.edges), list(fact.marks), key)
        for fact, key in ((rows.fact, rows.key) for rows in recorded(told, secrets.token_bytes))
    ]
    assert stored(database.writer) == really


def test_chains_side_by_side_verify_and_are_judged_alike_again(database: Database) -> None:
    filled(database, Cohort(), A_BLOCK_AND_MORE)
    log = PostgresLog(database.writer)
    try:
        checked = verify(log)
        with log.reading() as reading:
            head, facts = reading.head(), reading.scan(0, A_BLOCK_AND_MORE, A_BLOCK_AND_MORE)
    finally:
        log.close()
    assert checked == Verification(size=A_BLOCK_AND_MORE, root=head.frontier.root)
    assert rejudge(facts) is None


def test_what_follows_is_recorded_on_a_filled_store(database: Database) -> None:
    story = Cohort()
    filled(database, story, TWO_CHAINS)
    log = PostgresLog(database.writer)
    try:
        with log.reading() as reading:
            seen = {row.recorded_at for row in reading.scan(0, TWO_CHAINS, TWO_CHAINS)}
    finally:
        log.close()
    assert max(seen) < story.chain(TOGETHER)[0].clock.timestamp() * 1e6


def test_a_store_with_facts_is_not_filled(database: Database) -> None:
    filled(database, Cohort(), 100)
    with pytest.raises(Unavailable, match="holds facts already"):
        filled(database, Cohort(), 100)


def test_no_two_chains_share_an_id_that_is_a_chains_own() -> None:
    story = Cohort()
    owned = [set(story.names(number)) for number in range(0, 1_000 * TOGETHER, TOGETHER)]
    assert len(set.union(*owned)) == sum(map(len, owned))


def told(names: Sequence[bytes], first: int, minutes: int, key: bytes = b"") -> Told:
    return Told(names, first, BEGAN + timedelta(minutes=minutes), key)


ONE, OTHER = told([b"A-1"], 10, 0), told([b"A-2"], 90, 40)


def test_a_pattern_is_filled_with_ids_positions_and_times() -> None:
    one, other = b"100% A-1 #12 2026-04-20T00:05:09Z", b"100% A-2 #92 2026-04-20T00:45:09Z"
    pattern = pattern_of(one, ONE, other, OTHER)
    time = ("time", b"2026-04-20T00:05:09Z")
    assert pattern.places == (("name", 0), ("position", 2), time)
    write = pattern.bound({("name", 0): 2, ("position", 2): 0, time: 1})
    assert write([b"7", moved(time, timedelta(days=1)), b"A-9"]) == b"100% A-9 #7 2026-04-21T00:05:09Z"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"held by X", b"held by Y"),
        (b"position 12", b"position 13"),
        (b"until 2026-04-20T00:05Z", b"until 2026-04-20T00:06Z"),
        (b"A-1", b"A-1 again"),
        (b"c01de500-2026-4000-8000-000000000102", b"c01de500-2026-4000-8000-000000000103"),
    ],
)
def test_a_difference_that_nothing_explains_makes_no_pattern(one: bytes, other: bytes) -> None:
    with pytest.raises(PatternError):
        pattern_of(one, ONE, other, OTHER)


def test_the_command_makes_a_store_that_verifies(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    made = CliRunner().invoke(main, ["bench-store", "300", "--data", store, "--json"], catch_exceptions=False)
    assert json.loads(made.stdout)["facts"] == 300
    checked = CliRunner().invoke(main, ["verify", "--data", store, "--json"], catch_exceptions=False)
    assert (checked.exit_code, json.loads(checked.stdout)["size"]) == (0, 300)


def test_the_command_asks_which_store(tmp_path: Path) -> None:
    asked = CliRunner().invoke(main, ["bench-store", "300"])
    assert asked.exit_code == 2
    assert "--data DIR" in asked.stderr
