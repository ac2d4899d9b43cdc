"""Every statement of the store looks into its indexes, on a store that `coi bench-store` fills.

`COI_PLANS_FACTS` sets how many facts that is; `make bench` asks at 1,000,000.
"""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ledger.postgres.connection import Connection, open_connection
from ledger.store import sifting, statements
from ledger.store.loading import fill
from services.cli.alike import Cohort
from tests.support.clusters import PROVIDERS, Clusters
from tests.support.plans import LARGE, Given, Plan, custom, generic
from tests.support.read_statements import WITHOUT_READING, cases

FACTS = int(os.environ.get("COI_PLANS_FACTS", "20000"))

CASES = cases(FACTS)


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


def kept(read: Plan, expected: frozenset[str]) -> bool:
    """Nothing large is read whole, and the indexes are those expected."""
    return not read.whole and read.indexes == expected


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_statement_looks_into_its_indexes(
    session: Connection, statement: str, given: Given, indexes: frozenset[str]
) -> None:
    assert custom(session, statement, given) == Plan(indexes, ())


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_prepared_statement_does_so_for_any_values(
    session: Connection, statement: str, given: Given, indexes: frozenset[str]
) -> None:
    assert generic(session, statement) == Plan(indexes, ())


def test_every_statement_of_the_store_is_looked_at() -> None:
    texts = {name: text for name, text in vars(statements).items() if name.isupper() and not name.startswith("_")}
    assert set(texts) - set(CASES) == WITHOUT_READING
    assert set(vars(sifting)) & {"SIZES", "UNDER", "SIFT"} == {"SIZES", "UNDER", "SIFT"}


INDEXES = sorted(frozenset[str]().union(*(indexes for _, _, indexes in CASES.values())))


@pytest.mark.parametrize("index", INDEXES)
def test_without_an_index_the_statements_that_need_it_are_found_out(session: Connection, index: str) -> None:
    drop = f"alter table {index.removesuffix('_pkey')} drop constraint {index}"
    session.execute((drop if index.endswith("_pkey") else f"drop index {index}").encode())
    broken = {name for name, (text, _, indexes) in CASES.items() if not kept(generic(session, text), indexes)}
    assert broken == {name for name, (_, _, indexes) in CASES.items() if index in indexes}


def test_every_index_of_the_store_is_of_use(session: Connection) -> None:
    found: list[tuple[Any, ...]] = session.execute(
        "select indexname from pg_indexes where schemaname = 'ledger' and tablename = any(%s)",
        (list(LARGE),),
    ).fetchall()
    assert {name for (name,) in found} == set(INDEXES)
