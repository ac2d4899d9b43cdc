"""The campaign: every fault again and again, each time by another chance, for as long as it is given.

Usage: python -m tests.faults.campaign [--minutes M] [--only TEXT] [--evidence FILE]. Goes on from the evidence that is
there, tells each run in a line, and ends with 1 if anything was ever wrong.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from tests.faults.broken import WHOLE
from tests.faults.catalogue import FAULTS
from tests.faults.evidence import Evidence, Run
from tests.faults.fault import Fault, played
from tests.faults.oracle import Judgement
from tests.faults.privileged import PRIVILEGED

EVIDENCE = Path("build/campaign/evidence.json")


def main(arguments: Sequence[str]) -> int:
    """Play until the time is over."""
    parser = argparse.ArgumentParser(prog="make campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--only", default="", help="faults whose number or name has this text")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE)
    told = parser.parse_args(arguments)
    evidence, deadline = Evidence(told.evidence), time.monotonic() + told.minutes * 60
    faults = [fault for fault in (*FAULTS, *PRIVILEGED) if told.only.lower() in fault.id.lower()]
    for fault, twin in _order(faults, evidence):
        if time.monotonic() > deadline:
            break
        evidence.add(_run(fault, evidence.seeds(fault), twin))
        _tell(fault, twin, evidence)
    _say(f"{evidence.failures} runs were wrong; see {told.evidence}")
    return 1 if evidence.failures else 0


def _order(faults: Sequence[Fault], evidence: Evidence) -> Iterator[tuple[Fault, str]]:
    """Every fault in turn, and in each round one of its twins."""
    able = []
    for fault in faults:
        if why := fault.hindered():
            evidence.hindered(fault, why)
            _say(f"{fault.id}: not run here: {why}")
        else:
            able.append(fault)
    for number in count() if able else ():
        for fault in able:
            yield fault, ""
            if fault.twins:
                yield fault, list(fault.twins)[number % len(fault.twins)]


def _run(fault: Fault, seed: int, twin: str) -> Run:
    began, started = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coi-", ignore_cleanup_errors=True) as folder:
        try:
            found, measured = played(
                fault, Path(folder) / "s", seed, twin or WHOLE, fault.twins[twin] if twin else None
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and the campaign goes on
            found, measured = Judgement(wrong=(f"{type(error).__name__}: {error}",)), {}
    return Run(
        fault=fault,
        seed=seed,
        commit=_commit(),
        began=began.isoformat(timespec="seconds"),
        seconds=time.monotonic() - started,
        twin=twin,
        found=found,
        measured=measured,
    )


def _commit() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def _tell(fault: Fault, twin: str, evidence: Evidence) -> None:
    known = evidence.of(fault)
    if twin:
        times = known["twins"][twin]
        _say(f"{fault.id}: a ledger that {twin} was caught {times['caught']} of {times['runs']} times")
        return
    _say(
        f"{fault.id}: happened {known['happened']:,} of {known['release']:,} times in {known['runs']} runs, "
        f"{known['acknowledged']:,} acknowledged, {known['lost']} lost, {known['doubled']} doubled"
    )


def _say(words: str) -> None:
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
