"""Every statement of the store looks into its indexes, on a store that `coi bench-store` fills.

`COI_PLANS_FACTS` sets how many facts that is; `make bench` asks at 1,000,000.
"""

import os
import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from ledger.domain.identifiers.tag import tag
from ledger.postgres.connection import Connection, open_connection
from ledger.store import sifting, statements
from ledger.store.loading import fill
from ledger.store.rows import Wanted
from services.cli.cohort import Cohort
from tests.support.clusters import PROVIDERS, Clusters
from tests.support.plans import Given, Plan, custom, generic

FACTS = int(os.environ.get("COI_PLANS_FACTS", "20000"))

CHAIN = tag("coi", "isbt128-coi", "CHA999926000020")
CONTAINER = tag("material", "isbt128-mpho", "A9999S1128A999926123459A00000")
TYPES = ["ApheresisPerformed", "ConsignmentDispatched", "MaterialAccepted"]
BOUNDS = {"after": 100, "through": FACTS, "limit": 50}
RANGE = (FACTS // 2, FACTS // 2 + 1_000)
WANTED = Wanted(tags=(CHAIN,), marks=("rule:C6",), unmarked=("outcome:refused",), types=tuple(TYPES), organisation="X")
SIFTED = {**sifting.given(WANTED), **BOUNDS, "counted": 2_000, "under": TYPES}
LOOKED_UP = {"fact_tag_pkey", "fact_pkey", "fact_mark_pkey"}

CASES: dict[str, tuple[str, Given, set[str]]] = {
    "HEAD": (statements.HEAD, (), {"commit_pkey"}),
    "LOAD": (statements.LOAD, ([0, 0], [CHAIN] * 2, TYPES[:2], 0, FACTS), {"fact_tag_pkey", "fact_pkey"}),
    "FACTS": (statements.FACTS, ([3, 70, 900],), {"fact_pkey"}),
    "SCAN": (statements.SCAN, (*RANGE, 500), {"fact_pkey"}),
    "TYPES": (statements.TYPES, {**BOUNDS, "types": TYPES}, {"fact_type", "fact_pkey"}),
    "SEARCH_TYPES": (
        statements.SEARCH_TYPES,
        {**BOUNDS, "tag": CHAIN, "others": [CONTAINER], "types": TYPES},
        {"fact_tag_pkey", "fact_pkey"},
    ),
    "SEARCH_ANY": (
        statements.SEARCH_ANY,
        {**BOUNDS, "tag": CHAIN, "others": [CONTAINER]},
        {"fact_tag_pkey", "fact_pkey"},
    ),
    "UP": (statements.UP, {**BOUNDS, "tags": [CONTAINER]}, {"edge_pkey"}),
    "DOWN": (statements.DOWN, {**BOUNDS, "tags": [CONTAINER]}, {"edge_parent"}),
    "BEARERS": (statements.BEARERS, {**BOUNDS, "tags": [CHAIN], "most": 100}, {"fact_tag_pkey"}),
    "TAG_ROWS": (statements.TAG_ROWS, RANGE, {"fact_tag_position"}),
    "EDGE_ROWS": (statements.EDGE_ROWS, RANGE, {"edge_position"}),
    "MARK_ROWS": (statements.MARK_ROWS, RANGE, {"fact_mark_position"}),
    "KEYS": (statements.KEYS, (["ods:RR8"], [UUID(int=7)]), {"key_pkey"}),
    "SIZES": (sifting.SIZES, SIFTED, {"fact_mark_pkey", "fact_tag_pkey", "fact_type", "fact_organisation"}),
    "UNDER": (sifting.UNDER, SIFTED, {"fact_tag_pkey"}),
    **{
        f"SIFT {lead} {'newest' if newest else 'oldest'}": (
            text,
            {**SIFTED, "lead": {"tag": CHAIN, "mark": "rule:C6"}.get(lead, "X")},
            LOOKED_UP | {"type": {"fact_type"}, "organisation": {"fact_organisation"}}.get(lead, set()),
        )
        for (lead, newest), text in sifting.SIFT.items()
    },
}
"""Each statement that reads the log: its text, values as a chain of the store has them, and its indexes."""

WITHOUT_READING = {"LOCK", "CLOCK", "ORIGIN", "BARRIER", "STANDBYS", "NOTIFY"}
WITHOUT_READING |= {f"INSERT_{what}" for what in ("FACTS", "TAGS", "EDGES", "MARKS", "KEYS", "HEAD")}


@pytest.fixture(scope="module")
def dsn(clusters: Clusters) -> Iterator[str]:
    """A filled store; its owner's address."""
    cluster = clusters.of(PROVIDERS[0])
    database = cluster.new_database()
    fill(database.writer, Cohort(), FACTS, secrets.token_bytes, lambda _done, _all: None)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("vacuum (analyze) ledger.fact, ledger.fact_tag, ledger.fact_mark, ledger.edge, ledger.key")
    yield database.owner
    cluster.drop(database)


@pytest.fixture
def session(dsn: str) -> Iterator[Connection]:
    """A session with the settings of the product, whose changes are rolled back."""
    connection = open_connection(dsn, application="plans")
    yield connection
    connection.close()


def kept(read: Plan, expected: set[str]) -> bool:
    """Nothing large is read whole, and the indexes are those expected."""
    return not read.whole and read.indexes == expected


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_statement_looks_into_its_indexes(
    session: Connection, statement: str, given: Given, indexes: set[str]
) -> None:
    assert custom(session, statement, given) == Plan(frozenset(indexes), ())


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_prepared_statement_does_so_for_any_values(
    session: Connection, statement: str, given: Given, indexes: set[str]
) -> None:
    assert generic(session, statement) == Plan(frozenset(indexes), ())


def test_every_statement_of_the_store_is_looked_at() -> None:
    texts = {name: text for name, text in vars(statements).items() if name.isupper() and not name.startswith("_")}
    assert set(texts) - set(CASES) == WITHOUT_READING
    assert set(vars(sifting)) & {"SIZES", "UNDER", "SIFT"} == {"SIZES", "UNDER", "SIFT"}


INDEXES = sorted(set().union(*(indexes for _, _, indexes in CASES.values())))


@pytest.mark.parametrize("index", INDEXES)
def test_without_an_index_the_statements_that_need_it_are_found_out(session: Connection, index: str) -> None:
    drop = f"alter table {index.removesuffix('_pkey')} drop constraint {index}"
    session.execute((drop if index.endswith("_pkey") else f"drop index {index}").encode())
    broken = {name for name, (text, _, indexes) in CASES.items() if not kept(generic(session, text), indexes)}
    assert broken == {name for name, (_, _, indexes) in CASES.items() if index in indexes}


def test_every_index_of_the_store_is_of_use(session: Connection) -> None:
    found: list[tuple[Any, ...]] = session.execute(
        "select indexname from pg_indexes where schemaname = 'ledger' and tablename = any(%s)",
        (["fact", "fact_tag", "fact_mark", "edge", "key", "commit"],),
    ).fetchall()
    assert {name for (name,) in found} == set(INDEXES)
