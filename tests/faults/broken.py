"""Ledgers that are broken on purpose, one for each promise that the oracle watches: it must go red on every one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any, Final, cast
from uuid import UUID, uuid4

import msgspec
from psycopg.conninfo import make_conninfo

import services.server
from ledger.api import Ledger
from ledger.domain.receipt import DraftBatch, Receipt
from ledger.postgres.connection import Connection
from ledger.store import batch, continuity, postgres_log
from ledger.store.log import Appending, Log
from ledger.store.postgres_log import Patience, PostgresLog
from ledger.store.rows import FactRow, Head, KeyRow
from services.interceptors.admission import Admission
from services.servicers.reads import Reads
from tests.support.wrapped_log import WrappedLog

WHOLE: Final = "whole"
EARLY: Final = "answers before it commits"
KEYLESS: Final = "looks no key up"
SLOW_KEYLESS: Final = "looks no key up, and is slow to answer"
HASHLESS: Final = "takes any content for that of the key"
TORN: Final = "records a batch piece by piece"
HASTY: Final = "believes a COMMIT that warned"
BARRIERLESS: Final = "answers from a stored key without a barrier"
UNFIT: Final = "takes a Postgres that does not wait for its disk"
TIMELESS: Final = "holds nothing when clocks differ"
OPEN: Final = "lets in whoever comes, whatever they bring"
READING: Final = "reads where calls are answered"
LEAKY: Final = "keeps the places of callers who left"
GREEDY: Final = "lets everybody take the places of the bedside"
LYING: Final = "stands on a disk that says it synced and did not"
DEAF: Final = "waits for ever for an answer that does not come"
FORGETFUL: Final = "forgets what it knows to be recorded when another Postgres takes over"
LONELY: Final = "stands on a Postgres that waits for no standby"


class EarlyLog(WrappedLog):
    """Says that a block is committed, and commits a little later."""

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
            Event().wait(0.25)
            opened.__exit__(None, None, None)

        self._committing = Thread(target=commit, daemon=True)
        self._committing.start()


class KeylessLog(WrappedLog):
    """Looks no key up, so a request that is sent again is a new one."""

    rests = 0.0

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        with self._log.appending() as block:
            yield cast("Appending", _Keyless(block))
        Event().wait(self.rests)


class _Keyless:
    def __init__(self, block: Appending) -> None:
        self._block = block

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        return getattr(self._block, name)

    def keys(self, wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        return {}

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        self._block.append(rows, [msgspec.structs.replace(key, id=uuid4()) for key in keys], head)


class SlowKeylessLog(KeylessLog):
    """Also rests after each commit, so that a kill falls between a commit and its answer, where the fault shows."""

    rests = 0.1


class HashlessLog(WrappedLog):
    """Gives every key a hash that equals any other."""

    @contextmanager
    def appending(self) -> Iterator[Appending]:
        with self._log.appending() as block:
            yield cast("Appending", _Hashless(block))


class _Hashless(_Keyless):
    def keys(self, wanted: Sequence[tuple[str, UUID]]) -> dict[tuple[str, UUID], KeyRow]:
        found = self._block.keys(wanted)
        return {at: msgspec.structs.replace(key, hash=_AnyHash(key.hash)) for at, key in found.items()}

    def append(self, rows: Sequence[FactRow], keys: Sequence[KeyRow], head: Head) -> None:
        self._block.append(rows, keys, head)


class _AnyHash(bytes):
    __slots__ = ()
    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


class TornLedger(Ledger):
    """Records the facts of a batch one by one, each in a commit of its own, and rests between them."""

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


class HastyLog(PostgresLog):
    """Takes a COMMIT for done that no standby confirmed."""

    def _commit(self, writer: Connection) -> None:
        writer.commit()


class BarrierlessLog(PostgresLog):
    """Answers from a stored key at once."""

    def barrier(self) -> None:
        """Nothing."""


def _timeless() -> None:
    batch._DRIFT_US = batch.BACKWARDS_US = 2**62  # type: ignore[misc]  # broken on purpose


def _unfit() -> None:
    setattr(postgres_log, "require_fit", lambda *_, **__: None)  # noqa: B010 - a name that is imported there, not exported


def _open() -> None:
    services.server._OPTIONS = ()  # type: ignore[misc,assignment]  # broken on purpose


def _forgetful() -> None:
    continuity.broken = lambda *_: ""


def _reading() -> None:
    async def at_once(_: Reads, pool: object, read: Callable[[], Any]) -> Any:  # noqa: ANN401 - any answer
        return read()

    Reads._run = at_once  # type: ignore[method-assign,assignment]  # broken on purpose


def _leaky() -> None:
    Admission.leave = lambda *_: None  # type: ignore[method-assign]  # broken on purpose


def _greedy() -> None:
    enter = Admission.enter

    def entered(self: Admission, method: str) -> None:
        self.reserved = 0
        enter(self, method)

    Admission.enter = entered  # type: ignore[method-assign]  # broken on purpose


_FOR_EVER: Final = 1e6
_PATCHES: Final[dict[str, Callable[[], None]]] = {
    TIMELESS: _timeless,
    UNFIT: _unfit,
    OPEN: _open,
    LEAKY: _leaky,
    READING: _reading,
    FORGETFUL: _forgetful,
    GREEDY: _greedy,
}
_LOGS: Final[dict[str, Callable[[Log], Log]]] = {
    EARLY: EarlyLog,
    KEYLESS: KeylessLog,
    SLOW_KEYLESS: SlowKeylessLog,
    HASHLESS: HashlessLog,
}
_OPENED: Final[dict[str, type[PostgresLog]]] = {HASTY: HastyLog, BARRIERLESS: BarrierlessLog}


def made(
    variant: str, dsn: str, clock: Callable[[], datetime], entropy: Callable[[int], bytes], patience: Patience
) -> Ledger:
    """The ledger, or its broken twin; changes this process, which serves nothing else."""
    if variant in _PATCHES:
        _PATCHES[variant]()
    if variant == UNFIT:
        dsn = make_conninfo(dsn, options="-c synchronous_commit=off")
    if variant == DEAF:
        patience = patience._replace(silent_after=_FOR_EVER)
    log: Log = _OPENED.get(variant, PostgresLog)(dsn, patience=patience)
    if variant in _LOGS:
        log = _LOGS[variant](log)
    return (TornLedger if variant == TORN else Ledger)(log, clock, entropy)
