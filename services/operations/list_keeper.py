"""Keeping the reading lists up with the log, in a thread of its own, so that nobody who records waits for it.

While requests wait to be recorded, it works a fifth of the time and lists fall behind; they say how far they are, and
catch up as soon as there is less to do.
"""

import threading
import time
from typing import Final

import structlog

from ledger.api import Ledger

_GLANCE: Final = 0.5
"""Seconds to wait for news before stopping is thought of."""

_GATHER: Final = 0.2
"""Seconds for which news is gathered, so that single facts do not each cost a transaction."""

_BEHIND: Final = 1.0
"""Seconds before the next try where somebody else keeps the lists, or this role may not."""

_YIELD: Final = 4.0
"""How much longer than it worked it rests while requests wait."""

_AGAIN: Final = 5.0
"""Seconds after a failure."""


class ListKeeper:
    """Catches up, and knows how far it is."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger("coi.server")
        self.position = 0

    def start(self, ledger: Ledger) -> None:
        """Begins to keep them up."""
        self._thread = threading.Thread(target=self._run, args=(ledger,), name="coi-lists", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the stretch that is being worked out."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ledger: Ledger) -> None:
        while not self._stopping.is_set():
            try:
                self._go_on(ledger)
            except Exception as error:  # noqa: BLE001 - whatever it is, lists stay as far as they are, and say so
                self._log.warning("lists were not kept", position=self.position, cause=str(error))
                self._stopping.wait(_AGAIN)

    def _go_on(self, ledger: Ledger) -> None:
        began = time.monotonic()
        self.position, before = ledger.lists.catch_up(stretches=1), self.position
        if self.position > before:
            self._stopping.wait(_YIELD * (time.monotonic() - began) if ledger.waiting else 0)
        if ledger.wait(self.position, _GLANCE) > self.position:
            self._stopping.wait(_GATHER if self.position > before else _BEHIND)
