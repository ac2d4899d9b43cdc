"""A server process to be killed: the real gRPC server on a log, or on one that is broken on purpose.

Usage: python -m tests.faults.server DSN ADDRESS VARIANT. Prints `ready` once calls are answered.
"""

import asyncio
import secrets
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec

from ledger.api import Ledger
from ledger.domain.receipt import DraftBatch, Receipt
from ledger.store.log import Appending, Log
from ledger.store.postgres_log import PostgresLog
from ledger.store.rows import FactRow, Head, KeyRow
from services.server import Addresses, serve
from tests.support.wrapped_log import WrappedLog

WHOLE, EARLY, KEYLESS, TORN = "whole", "early", "keyless", "torn"


class EarlyLog(WrappedLog):
    """Broken: it says that a block is committed, and commits a little later."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._committing = Thread(target=lambda: None)
        self._committing.start()

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        self._committing.join()
        opened = self._log.appending()
        yield opened.__enter__()

        def commit() -> None:
            Event().wait(0.1)
            opened.__exit__(None, None, None)

        self._committing = Thread(target=commit, daemon=True)
        self._committing.start()


class KeylessLog(WrappedLog):
    """Broken: it looks no key up, so a request that is sent again is a new one.

    It also rests after each commit, so that a kill falls between a commit and its answer, where the fault shows.
    """

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        with self._log.appending() as block:
            yield cast("Appending", _Keyless(block))
        Event().wait(0.1)


class _Keyless:
    def __init__(self, block: Appending) -> None:
        self._block = block

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        return getattr(self._block, name)

    def keys(self, wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        return {}

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        self._block.append(rows, [msgspec.structs.replace(key, id=uuid4()) for key in keys], head)


class TornLedger(Ledger):
    """Broken: it records the facts of a batch one by one, each in a commit of its own, and rests between them."""

    def submit_batch(self, drafts: DraftBatch) -> Future[tuple[Receipt, ...]]:
        answer: Future[tuple[Receipt, ...]] = Future()

        def one_by_one() -> None:
            receipts = []
            for item in drafts.items:
                receipts.append(self.submit(item).result())
                Event().wait(0.05)
            answer.set_result(tuple(receipts))

        Thread(target=one_by_one, daemon=True).start()
        return answer


def opened(dsn: str, variant: str) -> Log:
    """The log, or its broken twin."""
    log = PostgresLog(dsn)
    if variant == EARLY:
        return EarlyLog(log)
    return KeylessLog(log) if variant == KEYLESS else log


def main(dsn: str, address: str, variant: str) -> None:
    """Serve until killed."""
    made = TornLedger if variant == TORN else Ledger
    ledger = made(opened(dsn, variant), lambda: datetime.now(UTC), secrets.token_bytes)

    def ready(_: Addresses) -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    asyncio.run(serve(ledger, Addresses(address), reflection=False, ready=ready))


if __name__ == "__main__":
    main(*sys.argv[1:4])
