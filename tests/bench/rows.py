"""The rows that can be measured today; a row that cannot is absent, never invented."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import msgspec
import uvloop
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.postgres_tt import PostgresDCBRecorderTT
from eventsourcing.postgres import PostgresDatastore

from ledger import api
from ledger.audit.rejudge import rejudge
from ledger.domain.facts.naming import tag_of
from ledger.domain.receipt import Draft, LedgerError
from ledger.store.postgres_log import PostgresLog
from tests.bench.cohort import Cohort

CALLERS: Final = 64
ROUNDS: Final = 7


class Row(msgspec.Struct, frozen=True):
    """One promise measured.

    Attributes:
        id: As in the promises.
        value: What was measured.
        promise: What was promised.
        holds: Whether it does.
        how: How it was measured, with the absolute figures.
    """

    id: str
    value: float
    promise: str
    holds: bool
    how: str


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class Bench:
    """One database with a ledger of ours and the library's own recorder beside it."""

    def __init__(self, owner: str, writer: str) -> None:
        """Opens both."""
        self._writer = writer
        self.ledger = api.connect(writer, clock=now)
        self._cohort = Cohort(now())
        self._number = 0
        for draft in self._cohort.registers():
            self.ledger.submit(draft).result()
        parts = dict(part.split("=", 1) for part in owner.split())
        self._datastore = PostgresDatastore(
            dbname=parts["dbname"],
            host=parts["host"],
            port=parts.get("port", "5432"),
            user=parts["user"],
            password="not-asked",
            pool_size=8,
            max_overflow=8,
        )
        self._library = PostgresDCBRecorderTT(self._datastore)
        self._library.create_table()

    def close(self) -> None:
        """Ends all connections."""
        self.ledger.close()
        self._datastore.close()

    def chains(self, count: int) -> list[list[Draft]]:
        """Fresh chains, never told before."""
        first, self._number = self._number, self._number + count
        return [self._cohort.chain(number) for number in range(first, first + count)]

    def ours(self, chains: Sequence[Sequence[Draft]]) -> float:
        """Facts per second through Ledger.record, one coroutine per chain."""
        done = [0]

        async def tell(chain: Sequence[Draft]) -> None:
            for draft in chain:
                try:
                    await self.ledger.record(draft)
                except LedgerError:
                    continue
                done[0] += 1

        async def all_of_them() -> None:
            await asyncio.gather(*(tell(chain) for chain in chains))

        started = time.perf_counter()
        uvloop.run(all_of_them())
        elapsed = time.perf_counter() - started
        total = sum(len(chain) for chain in chains)
        assert done[0] == total, f"{total - done[0]} facts were refused"
        return total / elapsed

    def library(self, chains: Sequence[Sequence[Draft]]) -> float:
        """The same chains through the library: read by tags, append on condition, eight threads."""

        def tell(chain: Sequence[Draft]) -> None:
            for draft in chain:
                tags = [tag_of("site", draft.content.envelope.place.site), f"chain:{chain[0].content.id}"]
                query = DCBQuery([DCBQueryItem(tags=[tags[1]])])
                seen = self._library.read(query)
                for _ in seen:
                    pass
                condition = DCBAppendCondition(fail_if_events_match=query, after=seen.head)
                event = DCBEvent(type=draft.content.type, data=draft.octets, tags=tags)
                self._library.append([event], condition)

        started = time.perf_counter()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(tell, chains))
        return sum(len(chain) for chain in chains) / (time.perf_counter() - started)

    def against_the_library(self) -> Row:
        """`inproc_vs_library`: alternating pairs, median of seven ratios."""
        self.ours(self.chains(CALLERS))
        self.library(self.chains(8))
        pairs = [(self.ours(self.chains(CALLERS)), self.library(self.chains(24))) for _ in range(ROUNDS)]
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        best = [round(statistics.median(side)) for side in zip(*pairs, strict=True)]
        how = f"{CALLERS} coroutines {best[0]}/s against 8 threads {best[1]}/s, all rules on"
        return Row("inproc_vs_library", round(ratio, 2), ">= 6", ratio >= 6, how)

    def busy_subject(self) -> Row:
        """`busy_subject`: checks of a container that has 10,000 of them, against one that has 10."""
        few, many = self._checked(10), self._checked(10_000)
        pairs = [(self._rate(many), self._rate(few)) for _ in range(ROUNDS)]
        ratio = statistics.median(busy / quiet for busy, quiet in pairs)
        busy, quiet = (round(statistics.median(side)) for side in zip(*pairs, strict=True))
        return Row(
            "busy_subject", round(ratio, 2), ">= 0.8", ratio >= 0.8, f"{busy}/s against {quiet}/s, bedside checks"
        )

    def _checked(self, times: int) -> Draft:
        chain = self.chains(1)[0]
        for draft in chain:
            self.ledger.submit(draft).result()
        check = [draft for draft in chain if draft.content.type == "BedsideIdentityChecked"][-1]
        waiting = [self.ledger.submit(_again(check)) for _ in range(min(times, 2_000))]
        for done in range(times):
            waiting[done].result()
            if len(waiting) < times:
                waiting.append(self.ledger.submit(_again(check)))
        return check

    def _rate(self, check: Draft) -> float:
        started = time.perf_counter()
        for waiting in [self.ledger.submit(_again(check)) for _ in range(512)]:
            waiting.result()
        return 512 / (time.perf_counter() - started)

    def replay(self) -> Row:
        """`replay_ms`: replay of one chain, median of seven."""
        chain = self.chains(1)[0]
        for draft in chain:
            self.ledger.submit(draft).result()
        coi = next(
            tag_of("coi", coi) for draft in chain if (coi := getattr(draft.content.fact, "coi", None)) is not None
        )
        times = [_timed(lambda: self.ledger.replay(coi)) * 1e3 for _ in range(ROUNDS)]
        story = self.ledger.replay(coi)
        value = statistics.median(times)
        how = f"replay alone of one chain with {len(story.steps)} facts; re-judge is the row below"
        return Row("replay_ms", round(value, 1), "<= 50", value <= 50, how)

    def rejudge(self) -> Row:
        """`rejudge_per_minute`: the first 2,000 facts of the log, on one core."""
        log = PostgresLog(self._writer)
        with log.reading() as reading:
            rows = reading.scan(0, 2_000, 2_000)
        log.close()
        elapsed = _timed(lambda: rejudge(rows))
        rate = len(rows) / elapsed * 60
        return Row("rejudge_per_minute", round(rate), ">= 20000", rate >= 20_000, f"{len(rows)} facts, one core")


def _again(draft: Draft) -> Draft:
    """The same fact once more, as another request."""
    content = msgspec.structs.replace(draft.content, id=uuid4())
    octets = draft.octets.replace(str(draft.content.id).encode(), str(content.id).encode())
    return msgspec.structs.replace(draft, content=content, octets=octets)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
