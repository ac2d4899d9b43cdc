"""`python -m tests.simulation`: plays seeds; prints a run; says which seeds fail and how to play them again."""

import argparse
import gc
import hashlib
import sys
from collections import Counter

from tests.simulation.opening import opening
from tests.simulation.run import Result, Run
from tests.simulation.twins import TWINS


def arguments() -> argparse.Namespace:
    """What to play."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="play one run")
    which.add_argument("--seeds", metavar="FIRST-LAST", help="play many runs; ends with what they met, counted")
    parser.add_argument("--twin", choices=TWINS, help="break the ledger on purpose")
    parser.add_argument("--trace", action="store_true", help="print what happened, line by line")
    return parser.parse_args()


def play(seeds: range, twin: str | None = None, *, trace: bool = False) -> int:
    """Play runs; 1 if any of them fails."""
    parts = TWINS[twin].parts if twin else None
    opening()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000)
    counts: Counter[str] = Counter()
    roots = hashlib.sha256()
    failed = 0
    for seed in seeds:
        result = Run(seed, parts).play()
        counts.update(result.counts)
        roots.update(bytes.fromhex(result.root))
        failed += bool(result.failures)
        if trace:
            sys.stdout.writelines(f"{line}\n" for line in result.trace)
        if result.failures or len(seeds) == 1:
            sys.stdout.write(said(result, twin))
    if len(seeds) > 1:
        sys.stdout.writelines(f"{count:8} {what}\n" for what, count in sorted(counts.items()))
        sys.stdout.write(f"{len(seeds)} runs, {failed} failed, all roots together {roots.hexdigest()}\n")
    return 1 if failed else 0


def said(result: Result, twin: str | None = None) -> str:
    """A run in a few lines."""
    lines = [f"seed {result.seed}: root {result.root}"]
    lines += [f"  WRONG: {failure}" for failure in result.failures]
    if result.failures:
        which = f' --twin "{twin}"' if twin else ""
        lines.append(f"  play it again: python -m tests.simulation --seed {result.seed}{which} --trace")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    asked = arguments()
    first, _, last = (asked.seeds or f"{asked.seed}-{asked.seed}").partition("-")
    sys.exit(play(range(int(first), int(last) + 1), asked.twin, trace=asked.trace))
