"""Connections that notice a line which fell silent: neither closed nor answering.

Keepalives and TCP_USER_TIMEOUT see a peer whose packets are lost. They do not see a proxy, a tunnel or a firewall that
still acknowledges for a server which it no longer reaches. So whoever has waited for an answer for a while asks the
server on a line of its own whether it still works on the question: a lock, a disk or a standby may take long, and are
waited for. If it does not, or cannot be reached, the line is given up like one that was cut.
"""

import math
import select
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo
from psycopg.errors import _WaitTimeout

SILENT_SECONDS: Final = 5.0
"""How long an answer is waited for before anybody asks whether it is still to come."""

APPLICATION: Final = "coi line"
"""Name of who asks, in pg_stat_activity."""

_LOOK: Final = 0.1
_LEAST_PATIENCE: Final = 2
_STATE: Final = "select state from pg_stat_activity where pid = %s"
_DONE: Final = frozenset({"idle", "idle in transaction", "idle in transaction (aborted)"})


class Attended(psycopg.Connection[tuple[Any, ...]]):
    """A connection that waits for no answer which will not come.

    Attributes:
        asked_at: DSN of the same server, to ask about this line; empty to give it up without asking.
        silent_after: seconds of waiting after which that is done.
    """

    asked_at = ""
    silent_after = SILENT_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = _LOOK, timeout: float | None = None) -> RV:
        """Wait for an answer, for as long as the server works on it.

        Raises:
            psycopg.OperationalError: the line is silent; it is closed.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        while True:
            try:
                return super().wait(gen, interval, self.silent_after)
            except _WaitTimeout:
                if not (self._hears(0) or self._at_work() or self._hears(self.silent_after)):
                    self.pgconn.finish()
                    told = "the line to the server fell silent: it does not work on what it was asked"
                    raise psycopg.OperationalError(told) from None

    def _hears(self, seconds: float) -> bool:
        """Whether something comes in within some seconds: a large answer may take long on a slow line."""
        watched = select.poll()
        watched.register(self.pgconn.socket, select.POLLIN)
        return bool(watched.poll(seconds * 1000))

    def _at_work(self) -> bool:
        """Whether the server says, on another line, that our session is at work."""
        if not self.asked_at:
            return False
        patience = max(_LEAST_PATIENCE, math.ceil(self.silent_after))
        dsn = make_conninfo(self.asked_at, application_name=APPLICATION, connect_timeout=patience)
        try:
            with Attended.connect(dsn, autocommit=True) as other:
                other.silent_after = self.silent_after
                row = other.execute(_STATE, (self.pgconn.backend_pid,)).fetchone()
        except psycopg.Error:
            return False
        return row is not None and row[0] not in _DONE
