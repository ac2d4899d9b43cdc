"""Every statement of the lists looks into its indexes, on lists of many rows, standing and gone."""

from collections.abc import Iterator

import psycopg
import pytest

from ledger.postgres.connection import Connection, open_connection
from ledger.views import statements
from tests.support.clusters import PROVIDERS, Clusters
from tests.support.list_statements import WITHOUT_READING, cases
from tests.support.plans import Given, Plan, custom, generic

CASES = cases()
ROWS = 20_000
FILLED = """
insert into entry select
    (array['notes', 'open-deviations', 'stock', 'deviations'])[1 + i %% 4], 'fact:' || i / 2, (i %% 2)::text, i,
    case when i %% 3 = 0 then i + 50 else 9223372036854775807 end, i * 1000, 0, i %% 900,
    array['rule:I' || i %% 9, 'site:ods:S' || i %% 40], '\\x5b5d'
from generate_series(1, %s) i"""
LABELLED = "insert into label select list, l, gone, at, root, part, since, begun from entry, unnest(labels) l"
RESTED = "insert into rests select distinct labels[1], 'SiteStatus', list, root from entry"


@pytest.fixture(scope="module")
def dsn(clusters: Clusters) -> Iterator[str]:
    """Lists of many rows; their owner's address."""
    cluster = clusters.of(PROVIDERS[0])
    database = cluster.new_database()
    with open_connection(database.owner, application="test", schema="ledger_views") as owner:
        owner.execute(FILLED.encode(), (ROWS,))
        owner.execute(LABELLED.encode())
        owner.execute(RESTED.encode())
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("vacuum (analyze) ledger_views.entry, ledger_views.label, ledger_views.rests")
    yield database.owner
    cluster.drop(database)


@pytest.fixture
def session(dsn: str) -> Iterator[Connection]:
    """A session with the settings of the product, whose changes are rolled back."""
    connection = open_connection(dsn, application="plans", schema="ledger_views")
    yield connection
    connection.close()


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_list_looks_into_its_indexes(
    session: Connection, statement: str, given: Given, indexes: frozenset[str]
) -> None:
    assert custom(session, statement, given) == Plan(indexes, ())


@pytest.mark.parametrize(("statement", "given", "indexes"), CASES.values(), ids=CASES)
def test_a_prepared_statement_does_so_for_any_values(
    session: Connection, statement: str, given: Given, indexes: frozenset[str]
) -> None:
    assert generic(session, statement) == Plan(indexes, ())


def test_every_statement_of_the_lists_is_looked_at() -> None:
    texts = {name for name in vars(statements) if name.isupper() and not name.startswith("_")}
    assert texts - {name.partition(" ")[0] for name in CASES} == WITHOUT_READING


def test_every_index_of_the_lists_is_of_use(session: Connection) -> None:
    found = session.execute(
        "select indexname from pg_indexes where schemaname = 'ledger_views' and tablename <> 'progress'"
    ).fetchall()
    assert {name for (name,) in found} == frozenset[str]().union(*(indexes for _, _, indexes in CASES.values()))
