"""A server process of its own, told over a pipe what to record; another one may do the same on the same log.

Usage: python -m tests.store.rival DSN. Reads lines of pickled drafts in base64 and records each line's drafts at once;
prints for each a word: the position, or the name of the error with the position that it tells.
"""

import base64
import pickle
import secrets
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Self

from ledger.domain.receipt import Draft, Receipt
from ledger.store.postgres_log import PostgresLog
from ledger.store.sequencer import Sequencer


def main(dsn: str, at: str) -> None:
    """Record what is told, line by line."""
    moment = datetime.fromisoformat(at)
    log = PostgresLog(dsn)
    sequencer = Sequencer(log, lambda: moment, secrets.token_bytes, rehearsal=True)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        drafts: list[Draft] = pickle.loads(base64.b64decode(line))  # noqa: S301 - written by the test
        futures = [sequencer.submit(draft) for draft in drafts]
        sys.stdout.write(" ".join(_word(future) for future in futures) + "\n")
        sys.stdout.flush()
    sequencer.close()
    log.close()


def _word(future: Future[Receipt]) -> str:
    error = future.exception(60)
    if error is None:
        return str(future.result().position)
    return f"{type(error).__name__}:{getattr(error, 'position', '')}"


class Rival:
    """The process, from outside."""

    def __init__(self, dsn: str, at: datetime) -> None:
        """Start it; it is ready when it says so."""
        told = [sys.executable, "-m", "tests.store.rival", dsn, at.isoformat()]
        self._process = subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        """Wait until it is ready."""
        assert self._heard() == ["ready"]
        return self

    def __exit__(self, *_: object) -> None:
        """End it well."""
        self._process.communicate(timeout=60)

    def tell(self, drafts: Sequence[Draft]) -> None:
        """Have drafts recorded, together."""
        assert self._process.stdin is not None
        self._process.stdin.write(base64.b64encode(pickle.dumps(list(drafts))).decode() + "\n")
        self._process.stdin.flush()

    def answers(self) -> list[str]:
        """The answers to what was told first."""
        return self._heard()

    def _heard(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
