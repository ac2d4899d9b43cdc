"""Where the writer's processor goes: `python -m tests.bench.hotspots [PATIENTS]`.

Records the ways of several patients at once, into a log in memory, under a profiler. The count of function calls does
not depend on how busy the machine is, so two versions can be compared by it; the microseconds are those of a profiled
run and tell shares, not speed.
"""

import cProfile
import pstats
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from ledger.domain import decision
from ledger.domain.rules.context import Lookup, Missing
from ledger.store.memory_log import MemoryLog
from ledger.store.sequencer import Job, Sequencer
from tests.model import world
from tests.model.desk import Desk
from tests.store.watched_log import WatchedLog

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = 40
DECIDED_LATER: Final = 9
"""Steps of a way that may be recorded a day late at once: decisions after them count when they are recorded."""


class _Profiled(Sequencer):
    """A sequencer whose every batch runs under a profiler."""

    profile = cProfile.Profile(time.thread_time)
    on = False

    def _settle(self, jobs: list[Job]) -> None:
        if self.on:
            self.profile.runcall(super()._settle, jobs)
        else:
            super()._settle(jobs)


def recorded(patients: int) -> tuple[int, int, Counter[str], pstats.Stats]:
    """Records; returns how many facts and decisions it were, what the log was asked, and the profile."""
    log, decisions, blocks = WatchedLog(MemoryLog("hotspots")), 0, 0
    whole = decision.decide

    def counted(command: decision.Command, look: Lookup, missing: Missing) -> decision.Decision | None:
        nonlocal decisions
        decisions += _Profiled.on
        return whole(command, look, missing)

    with Desk(log) as desk:
        desk.sequencer.close()
        desk.sequencer = _Profiled(log, lambda: desk.now, bytes, rehearsal=True)
        desk.furnish(2 * patients)
        decision.decide = counted
        for first, _Profiled.on in ((1, False), (patients + 1, True)):
            blocks = len(log.blocks)
            ways = [[one for _, one in world.therapy(number)] for number in range(first, first + patients)]
            for step in list(zip(*ways, strict=True))[:DECIDED_LATER]:
                with desk.stalled():
                    sent = desk.send(step, world.START + timedelta(days=1))
                assert [len(future.result(60).findings) for future in sent] == [0] * patients
        decision.decide = whole
    asked = sum(log.blocks[blocks:], Counter[str]())
    return DECIDED_LATER * (patients + 1), decisions, asked, pstats.Stats(_Profiled.profile)


def main(patients: int) -> None:
    """Prints what a fact costs, and the functions that cost most."""
    facts, decisions, asked, stats = recorded(patients)
    rows: dict[Any, Any] = stats.stats  # type: ignore[attr-defined]  # not declared by its stub
    calls = sum(row[1] for row in rows.values())
    print(f"{facts} facts, one in {patients + 1} a register said again")
    print(f"per fact: {calls / facts:.0f} function calls, {decisions / facts:.2f} decisions")
    print("asked of the log, per fact:", {name: round(n / facts, 3) for name, n in asked.items()})
    print(f"{'own µs':>8} {'all µs':>8} {'calls':>7}  per fact")
    for (file, line, name), (_, count, own, whole, _) in sorted(rows.items(), key=lambda row: -row[1][3])[:ROWS]:
        where = file.removeprefix(f"{ROOT}/")
        print(f"{own / facts * 1e6:8.1f} {whole / facts * 1e6:8.1f} {count / facts:7.2f}  {where}:{line} {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16)
