"""Connections have the settings that the ledger relies on, whatever the DSN asks for."""

import psycopg
import pytest

from ledger.postgres.connection import open_connection
from tests.support.clusters import Database


@pytest.mark.parametrize("read_only", [False, True])
def test_a_dsn_that_asks_for_the_node_that_writes_serves_readers_too(database: Database, read_only: bool) -> None:
    dsn = f"{database.writer} target_session_attrs=read-write"
    with open_connection(dsn, application="test", read_only=read_only) as connection:
        assert connection.execute("show default_transaction_read_only").fetchone() == ("on" if read_only else "off",)


def test_a_reader_cannot_write(database: Database) -> None:
    with (
        open_connection(database.owner, application="test", read_only=True) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("insert into log (origin) values ('x')")
