"""What is written stays: for the run-time roles, for the owner, and with replication's bypass."""

import psycopg
import pytest
from psycopg import sql

from ledger.postgres.migrations import MigrationError, migrate
from ledger.store.errors import Held, Unfit
from ledger.store.postgres_log import Patience, PostgresLog, WrongLogError, create_log
from tests.store.drafts import Draft, key_of, link, size_of, store
from tests.support.clusters import ORIGIN, Database

TABLES = ("log", "commit", "fact", "fact_tag", "fact_mark", "edge", "key", "migration")
CHANGES = ("update {} set {} = {}", "delete from {}", "truncate {}")
ANY_COLUMN = {
    "log": "origin",
    "commit": "size",
    "fact": "record",
    "fact_tag": "tag",
    "fact_mark": "mark",
    "edge": "live",
    "key": "hash",
    "migration": "checksum",
}
REFUSED, FORBIDDEN = "23001", "42501"


def change(table: str, statement: str) -> sql.Composed:
    """An update, deletion or truncation of a table."""
    column = sql.Identifier(ANY_COLUMN[table])
    names = [sql.Identifier("ledger", table), column, column]
    return sql.SQL(statement).format(*names[: statement.count("{}")])


def sqlstate_of(dsn: str, *statements: sql.Composed | sql.SQL) -> str | None:
    """SQLSTATE of the first statement that fails; None if none does."""
    try:
        with psycopg.connect(dsn) as connection:
            for statement in statements:
                connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


@pytest.fixture
def filled(each_database: Database) -> Database:
    log = PostgresLog(each_database.writer)
    store(log, Draft(tags=["a"], edges=[link("a", "b")]), keys=[key_of(1, 1)])
    log.close()
    return each_database


@pytest.mark.parametrize("user", ["writer", "reader"])
@pytest.mark.parametrize("statement", CHANGES)
def test_the_run_time_roles_may_not_change_anything(filled: Database, statement: str, user: str) -> None:
    dsn = getattr(filled, user)
    assert {sqlstate_of(dsn, change(table, statement)) for table in TABLES} == {FORBIDDEN}


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("bypass", ["origin", "replica"])
def test_the_owner_is_refused_too_even_as_a_replica(filled: Database, statement: str, bypass: str) -> None:
    """trust.md F8: session_replication_role = replica walks past ordinary triggers."""
    replica = sql.SQL("set session_replication_role = {}").format(sql.Literal(bypass))
    assert {sqlstate_of(filled.owner, replica, change(table, statement)) for table in TABLES} == {REFUSED}


PRIVILEGES = """
    select relname, array_agg(privilege order by privilege)
    from pg_class, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as privilege
    where relnamespace = 'ledger'::regnamespace and relkind in ('r', 'p') and has_table_privilege(oid, privilege)
    group by relname
"""


def test_the_role_that_the_ledger_runs_under_can_purge_no_record_of_any_table(filled: Database) -> None:
    """Rule E3: read and insert is all that it may do, in every table that there is."""
    with psycopg.connect(filled.writer) as writer:
        granted = {name: set(privileges) for name, privileges in writer.execute(PRIVILEGES).fetchall()}
    assert set(granted) == set(TABLES)
    assert {privilege for privileges in granted.values() for privilege in privileges} == {"SELECT", "INSERT"}


def test_an_upsert_is_a_change(filled: Database) -> None:
    upsert = sql.SQL("insert into ledger.log (origin) values ({}) on conflict (origin) do update set origin = 'x'")
    assert sqlstate_of(filled.owner, upsert.format(sql.Literal(ORIGIN))) == REFUSED


CREATIONS = {
    "a table in the ledger": "create table ledger.mine (a int)",
    "a table in public": "create table public.mine (a int)",
    "a trigger": "create trigger mine after insert on ledger.fact execute function ledger.refuse_change()",
    "no triggers": "alter table ledger.fact disable trigger all",
    "a schema": "create schema mine",
    "a role": "create role mine",
    "a log": "insert into ledger.log (origin) values ('mine')",
    "a migration": "insert into ledger.migration values (9, 'mine', 'mine')",
    "the bypass": "set session_replication_role = replica",
}


@pytest.mark.parametrize("statement", CREATIONS.values(), ids=CREATIONS)
def test_the_writer_may_not_create(filled: Database, statement: str) -> None:
    assert sqlstate_of(filled.writer, sql.SQL(statement)) == FORBIDDEN


def test_the_reader_reads_and_cannot_append(filled: Database) -> None:
    log = PostgresLog(filled.reader)
    assert size_of(log) == 1
    with pytest.raises(Held):
        store(log, Draft())
    log.close()


def test_a_log_of_another_name_is_refused(each_database: Database) -> None:
    with pytest.raises(WrongLogError, match="not other"):
        PostgresLog(each_database.writer, origin="other")
    with pytest.raises(WrongLogError):
        create_log(each_database.owner, "other")


def test_a_log_without_tables_or_a_name_is_refused(each_database: Database) -> None:
    migrate(each_database.owner, schema="unnamed")
    with pytest.raises(WrongLogError, match="no log yet"):
        PostgresLog(each_database.writer, schema="unnamed")
    with pytest.raises(MigrationError, match="coi migrate"):
        PostgresLog(each_database.owner, schema="nowhere")


def test_a_server_that_cannot_be_reached_holds(each_database: Database) -> None:
    with pytest.raises(Held):
        PostgresLog("host=/nowhere dbname=x")


def test_a_role_that_commits_before_the_disk_does_is_refused(each_database: Database) -> None:
    with psycopg.connect(each_database.owner, autocommit=True) as owner:
        owner.execute(
            sql.SQL("alter database {} set synchronous_commit = off").format(sql.Identifier(owner.info.dbname))
        )
    log = PostgresLog(each_database.writer)
    with pytest.raises(Unfit, match="synchronous_commit is off: set it on for this role and database"):
        store(log, Draft())
    assert (size_of(log), log.unfit(None)[:25]) == (0, "synchronous_commit is off")
    log.close()


def test_a_setting_that_becomes_unsafe_under_way_holds_the_log_until_it_is_mended(each_database: Database) -> None:
    log = PostgresLog(each_database.writer, patience=Patience(fit_seconds=0))
    store(log, Draft())
    with psycopg.connect(each_database.owner) as owner:
        owner.execute("grant update on ledger.fact to coi_ledger_writer")
    with pytest.raises(Unfit, match="powers of the role is update: connect as coi_ledger_writer"):
        store(log, Draft())
    with psycopg.connect(each_database.owner) as owner:
        owner.execute("revoke update on ledger.fact from coi_ledger_writer")
    assert (store(log, Draft()).size, log.unfit(None)) == (2, "")
    log.close()


def test_a_program_that_is_older_than_the_schema_records_no_more(each_database: Database) -> None:
    log = PostgresLog(each_database.writer, patience=Patience(fit_seconds=0))
    store(log, Draft())
    with psycopg.connect(each_database.owner) as owner:
        owner.execute("insert into ledger.migration (number, name, checksum) values (4000, '4000_later.sql', '')")
    with pytest.raises(Unfit, match=r"migrations is the database has \d+ migrations, this version knows \d+: upgrade"):
        store(log, Draft())
    assert size_of(log) == 1
    log.close()


def test_an_owner_reads_and_never_appends(each_database: Database) -> None:
    log = PostgresLog(each_database.owner)
    with pytest.raises(Unfit, match="attributes of the role is superuser"):
        store(log, Draft())
    assert size_of(log) == 0
    log.close()


def test_fewer_standbys_than_asked_for_hold_the_log(each_database: Database) -> None:
    log = PostgresLog(each_database.writer, standbys=1)
    with pytest.raises(Unfit, match="synchronous_standby_names is '': make 1 confirm each commit"):
        store(log, Draft())
    log.close()


def test_the_role_of_the_lists_may_change_lists_and_nothing_of_the_log(filled: Database) -> None:
    """Who appends takes that role on for one session; without it, lists are read and no more."""
    role = sql.SQL("set role coi_ledger_views")
    change_list = sql.SQL("update ledger_views.progress set position = 0")
    assert sqlstate_of(filled.writer, role, change_list) is None
    assert sqlstate_of(filled.writer, change_list) == FORBIDDEN
    assert sqlstate_of(filled.reader, role) == FORBIDDEN
    for table in TABLES:
        assert {sqlstate_of(filled.writer, role, change(table, statement)) for statement in CHANGES} == {FORBIDDEN}
        reading = sql.SQL("select from {}").format(sql.Identifier("ledger", table))
        assert sqlstate_of(filled.writer, role, reading) == FORBIDDEN
