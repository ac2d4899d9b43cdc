"""Columns reach Postgres as the arrays that they are."""

from typing import Any
from uuid import UUID

import pytest

from ledger.postgres.columns import Column
from ledger.postgres.connection import open_connection
from tests.support.clusters import Database

SENT: dict[str, tuple[str, list[Any]]] = {
    "texts": ("text[]", ["", "ü€𝄞", 'a,b{}"\\']),
    "numbers": ("bigint[]", [0, -1, 2**53]),
    "octets": ("bytea[]", [b"", b"\0\xff"]),
    "flags": ("boolean[]", [True, False]),
    "keys": ("uuid[]", [UUID(int=1), UUID(int=2**128 - 1)]),
}


@pytest.mark.parametrize("sort", SENT)
def test_a_column_is_what_unnest_gives_back(database: Database, sort: str) -> None:
    kind, values = SENT[sort]
    with open_connection(database.owner, application="columns") as connection:
        asked = f"select * from unnest(%b::{kind})"  # noqa: S608 - one of those above
        rows = connection.execute(asked.encode(), (Column(values),)).fetchall()
    assert [row[0] for row in rows] == values


def test_a_text_that_is_not_unicode_is_not_sent(database: Database) -> None:
    with open_connection(database.owner, application="columns") as connection, pytest.raises(UnicodeEncodeError):
        connection.execute(b"select * from unnest(%b::text[])", (Column(["\ud800"]),))
