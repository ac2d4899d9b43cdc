"""After a commit: later facts that were too many to be looked at while a fact was recorded are looked at in a thread.

What is found is written to the log of the server; whoever reads the fact by its position sees it too, also after a
server that was stopped in between.
"""

import threading
from queue import Empty, Full, Queue
from typing import Final

import structlog

from ledger.api import Commit, Ledger

MOST_WAITING: Final = 1_000
"""Facts that wait to be looked at; what is beyond is seen when somebody reads it."""


class LateEffects:
    """Looks at them one by one, in a thread of its own."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._waiting: Queue[int] = Queue(MOST_WAITING)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger("coi.server")

    def committed(self, commit: Commit) -> None:
        """Takes up what a commit left out; called by the thread that commits."""
        for position in commit.left_out:
            try:
                self._waiting.put_nowait(position)
            except Full:
                self._log.warning("later facts wait to be read", position=position)

    def start(self, ledger: Ledger) -> None:
        """Begins to look."""
        self._thread = threading.Thread(target=self._run, args=(ledger,), name="coi-late-effects", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the fact that is being looked at."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ledger: Ledger) -> None:
        while not self._stopping.is_set():
            try:
                position = self._waiting.get(timeout=0.2)
            except Empty:
                continue
            try:
                found = ledger.fact(position).late_effects
            except Exception as error:  # noqa: BLE001 - the fact is recorded; what it does is seen when it is read
                self._log.warning("later facts were not looked at", position=position, cause=type(error).__name__)
                continue
            named = {finding.rule: list(finding.positions) for finding in found}
            self._log.info("later facts looked at", position=position, impossible=named)
