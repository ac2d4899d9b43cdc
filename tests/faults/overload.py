"""T50, T51, T53: more callers than there are places, deadlines that pass at once, and strangers who flood the door.

Who is turned away is told when to come back; the bedside is not turned away for others; nothing answered is lost; and
when it is over the server works as before, in no more memory.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID, uuid4

import grpc

from coi_client import FactRefused, LedgerBusy, LedgerUnavailable, Retrying
from coi_client.async_client import AsyncClient
from tests.faults import floods
from tests.faults.broken import GREEDY, LEAKY, OPEN
from tests.faults.fault import Fault
from tests.faults.load import LINE, Journal, envelope, fact
from tests.faults.scene import Scene
from tests.support import samples
from tests.support.waiting import until

PEAK: Final = 32
OVER: Final = 400
"""Callers at once: more than ten times as many as fill the server."""
BEDSIDE: Final = 12
GOODPUT: Final = 0.3
"""Least part of the peak that is still recorded; callers and servers share the cores of one machine, so it is low."""
_STILL: Final = 2.0
"""Seconds for which nothing is written."""
_RETURN: Final = 5.0
_MEGABYTES: Final = 200


class Crowd:
    """Callers who each record one fact after the other.

    Attributes:
        recorded: Facts that were acknowledged.
        waits: Seconds that each answer took at the bedside.
        shed: Who was turned away at the bedside.
        late: Who waited there until the deadline.
        unsaid: Who was turned away without being told when to come back.
    """

    def __init__(self, scene: Scene, clients: Sequence[AsyncClient]) -> None:
        self._journal, self._clients = Journal(str(scene.journal)), clients
        self.recorded = self.shed = self.late = self.unsaid = 0
        self.waits: list[float] = []

    async def record(self, number: int, until_then: float) -> None:
        """One caller, who comes back when told to."""
        client = self._clients[number % len(self._clients)]
        while time.monotonic() < until_then:
            key, told = uuid4(), envelope()
            self._journal.write("intent", key)
            while time.monotonic() < until_then:
                try:
                    receipt = await client.record(fact(key), told, key=key)
                except LedgerBusy as error:
                    self.unsaid += error.failure.retry_after is None
                    await asyncio.sleep(error.failure.retry_after or 0.25)
                    continue
                except LedgerUnavailable:
                    continue
                self._journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())
                self.recorded += 1
                break

    async def check(self, number: int, until_then: float) -> None:
        """One at a bedside, who is never turned away for others."""
        client = self._clients[number % len(self._clients)]
        sample = samples.request("BedsideIdentityChecked", minimal=True)
        while time.monotonic() < until_then:
            key, started = uuid4(), time.monotonic()
            self._journal.write("intent", key)
            try:
                await client.record(sample.fact, sample.envelope, key=key)
            except FactRefused:
                pass
            except LedgerBusy:
                self.shed += 1
            except LedgerUnavailable:
                self.late += 1
            self.waits.append(time.monotonic() - started)
            await asyncio.sleep(0.02)


def crowded(scene: Scene, act: Callable[[Crowd], Awaitable[Any]], timeout: float = 10.0) -> Crowd:
    """Callers come and do something, until they are done."""

    async def come() -> Crowd:
        async with AsyncExitStack() as opened:
            lines = [grpc.aio.insecure_channel(scene.addresses[0], options=LINE) for _ in range(4)]
            patience = Retrying(attempts=1, timeout=timeout)
            clients = [await opened.enter_async_context(AsyncClient(line, retrying=patience)) for line in lines]
            crowd = Crowd(scene, clients)
            await act(crowd)
            for line in lines:
                await line.close()
            return crowd

    return asyncio.run(come())


def overload(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """For some seconds ten times as many callers as there are at the peak, and a few at bedsides."""

    async def at_peak(crowd: Crowd) -> None:
        end = time.monotonic() + times / 2
        await asyncio.gather(*(crowd.record(number, end) for number in range(PEAK)))

    async def beyond(crowd: Crowd) -> None:
        end = time.monotonic() + times
        callers = [crowd.record(number, end) for number in range(OVER)]
        await asyncio.gather(*callers, *(crowd.check(number, end) for number in range(BEDSIDE)))

    peak, over = crowded(scene, at_peak), crowded(scene, beyond)
    stuck = crowded(scene, lambda crowd: _standstill(scene, crowd))
    scene.happened = OVER
    rate = over.recorded / times / max(peak.recorded / (times / 2), 1)
    scene.measured["late at the bedside"] = over.late
    scene.measured["goodput of the peak"] = round(rate, 2)
    scene.measured["bedside p99, ms"] = round(1000 * sorted(over.waits)[int(len(over.waits) * 0.99)])
    shed, unsaid = over.shed + stuck.shed, over.unsaid + stuck.unsaid
    wrong = [f"{shed} at a bedside were turned away"] if shed else []
    wrong += [f"{unsaid} were turned away without a time to come back"] if unsaid else []
    return [*wrong, *([f"only {rate:.0%} of the peak was recorded"] if rate < GOODPUT else [])]


async def _standstill(scene: Scene, crowd: Crowd) -> None:
    """The session that writes stands still until every place for others is taken; the bedside still gets in."""
    end = time.monotonic() + _STILL + 1
    callers = [asyncio.ensure_future(crowd.record(number, end)) for number in range(OVER)]
    await asyncio.sleep(0.3)
    writer = await asyncio.to_thread(scene.process, "client backend")
    assert writer is not None
    os.kill(writer, signal.SIGSTOP)
    await asyncio.sleep(_STILL / 2)
    bedside = [asyncio.ensure_future(crowd.check(number, time.monotonic() + _STILL / 2)) for number in range(BEDSIDE)]
    await asyncio.sleep(_STILL / 2)
    os.kill(writer, signal.SIGCONT)
    await asyncio.gather(*callers, *bedside)


def impatient(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """For some seconds half of all calls have a deadline that passes at once, or in the middle of their commit."""
    keys: list[tuple[UUID, Any]] = []

    async def storm(crowd: Crowd) -> None:
        end = time.monotonic() + times
        await asyncio.gather(*(_hurried(crowd, number, end) for number in range(PEAK)))

    async def _hurried(crowd: Crowd, number: int, end: float) -> None:
        channel = grpc.aio.insecure_channel(scene.addresses[0], options=LINE)
        hurried = AsyncClient(channel, retrying=Retrying(attempts=1, timeout=chance.uniform(0.001, 0.02)))
        later = AsyncClient(channel, retrying=Retrying(attempts=1, timeout=chance.uniform(0.05, 0.09)))
        while time.monotonic() < end:
            key, told = uuid4(), envelope()
            crowd._journal.write("intent", key)
            keys.append((key, told))
            with suppress(LedgerUnavailable, LedgerBusy):
                await (hurried if number % 2 else later).record(fact(key), told, key=key)
        await channel.close()

    async def ask_again(crowd: Crowd) -> None:
        sample = keys[:: max(1, len(keys) // 200)]
        for key, told in sample:
            with suppress(LedgerBusy, LedgerUnavailable):
                receipt = await crowd._clients[0].record(fact(key), told, key=key)
                crowd._journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())
                crowd.recorded += 1

    crowded(scene, storm)
    again = crowded(scene, ask_again, timeout=3.0)
    asked = len(keys[:: max(1, len(keys) // 200)])
    scene.happened = len(keys)
    return [
        *([f"{asked - again.recorded} of {asked} were not answered afterwards"] if again.recorded < asked else []),
        *_tidy(scene),
    ]


def _tidy(scene: Scene) -> Sequence[str]:
    """No transaction and no lock is left."""
    left = "select count(*) from pg_stat_activity where state like 'idle in%' or wait_event_type = 'Lock'"
    with suppress(AssertionError):
        until(lambda: scene.ask(left) == 0, 5)
        return ()
    return ["a transaction was left open"]


def flood(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Each of the floods; a caller who was there before is answered all the while, and afterwards everybody is."""
    address, wrong = scene.addresses[0], []
    before = _memory(scene)
    for attack in floods.ATTACKS:
        said = asyncio.run(attack(address, times))
        scene.happened += 1
        wrong += [said] if said else []
        started = time.monotonic()
        record = crowded(scene, lambda crowd: crowd.record(0, time.monotonic() + 0.3), timeout=_RETURN)
        if not record.recorded or time.monotonic() - started > _RETURN:
            wrong.append(f"after {attack.__name__} nobody was answered within {_RETURN} s")
    grown = _memory(scene) - before
    scene.measured["memory grown, MB"] = grown
    return [*wrong, *([f"memory grew by {grown} MB"] if grown > _MEGABYTES else [])]


def _memory(scene: Scene) -> int:
    """Megabytes that the server holds."""
    status = Path(f"/proc/{scene.servers[scene.addresses[0]]}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


FAULTS: Final = (
    Fault(
        number="T50",
        name="ten times more callers than there are places",
        play=overload,
        times=6,
        twins={GREEDY: 2},
        alone=True,
        release=7_200,
    ),
    Fault(
        number="T51",
        name="strangers flood the door",
        play=flood,
        times=5_000,
        twins={OPEN: 600},
        alone=True,
        release=600,
    ),
    Fault(
        number="T53",
        name="deadlines pass at once",
        play=impatient,
        times=4,
        twins={LEAKY: 4},
        alone=True,
        release=3_600,
    ),
)
