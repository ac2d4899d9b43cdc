"""What the campaign found so far, over all its runs: one JSON file that only grows."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.faults.fault import Fault
from tests.faults.oracle import Judgement

_COUNTS: Final = ("lost", "doubled", "strangers", "torn", "disordered", "gaps", "wrong")


@dataclass(frozen=True)
class Run:
    """One run of one fault.

    Attributes:
        fault: Which.
        seed: What its chance began with; with the commit it is how to see it again.
        commit: Of the code that ran.
        began: When, UTC.
        seconds: How long.
        twin: The broken ledger that ran; empty for the whole one.
        found: What the oracle said.
        measured: What was measured meanwhile.
    """

    fault: Fault
    seed: int
    commit: str
    began: str
    seconds: float
    twin: str
    found: Judgement
    measured: dict[str, float]


class Evidence:
    """The file, read once and written after each run."""

    def __init__(self, path: Path) -> None:
        """Go on from what is there."""
        self._path = path
        empty: dict[str, Any] = {"faults": {}, "commits": {}, "failures": []}
        self._told: dict[str, Any] = json.loads(path.read_text()) if path.exists() else empty

    def of(self, fault: Fault) -> dict[str, Any]:
        """What is known of one fault."""
        fresh: dict[str, Any] = {
            "release": fault.release,
            "runs": 0,
            "happened": 0,
            "acknowledged": 0,
            **dict.fromkeys(_COUNTS, 0),
            "unverified": 0,
            "twins": {twin: {"runs": 0, "caught": 0} for twin in fault.twins},
            "measured": {},
        }
        known: dict[str, Any] = self._told["faults"].setdefault(fault.id, fresh)
        return known

    def seeds(self, fault: Fault) -> int:
        """How many runs there were, twins too: the next one begins with another chance."""
        known = self.of(fault)
        return int(known["runs"] + sum(twin["runs"] for twin in known["twins"].values()))

    def hindered(self, fault: Fault, why: str) -> None:
        """It cannot happen on this machine."""
        self.of(fault)["not_run_here"] = why
        self._write()

    def add(self, run: Run) -> None:
        """Count a run; one that went wrong is kept whole."""
        known, found = self.of(run.fault), run.found
        known.pop("not_run_here", None)
        commit = self._told["commits"].setdefault(run.commit, {"runs": 0, "first": run.began})
        commit["runs"] += 1
        commit["last"] = run.began
        if run.twin:
            twin = known["twins"].setdefault(run.twin, {"runs": 0, "caught": 0})
            twin["runs"] += 1
            twin["caught"] += not found.well
        else:
            known["runs"] += 1
            known["happened"] += found.faults
            known["acknowledged"] += found.acknowledged
            known["unverified"] += bool(found.verified)
            for name in _COUNTS:
                known[name] += len(getattr(found, name))
            self._measure(known["measured"], run.measured)
        if found.well == bool(run.twin):
            self._told["failures"].append(_whole(run))
        self._write()

    @staticmethod
    def _measure(known: dict[str, list[float]], measured: dict[str, float]) -> None:
        for name, value in measured.items():
            least, most = known.get(name, [value, value])
            known[name] = [min(least, value), max(most, value)]

    @property
    def failures(self) -> int:
        """Runs that went wrong, and twins that were not caught."""
        return len(self._told["failures"])

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._told, indent=1, sort_keys=True) + "\n")
        new.rename(self._path)


def _whole(run: Run) -> dict[str, object]:
    return {
        "fault": run.fault.id,
        "seed": run.seed,
        "twin": run.twin,
        "commit": run.commit,
        "began": run.began,
        "found": str(run.found)[:2000],
    }
