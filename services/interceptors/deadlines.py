"""How long a call may take.

A client's own deadline is kept by gRPC; this adds one where it is missing or too long, or where the wire keeps none. A
deadline ends the waiting of a caller, never a commit, which nothing of it reaches. A call that listens ends itself.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.interceptors.lasting import converses, listens
from services.status import DeadlineTooShort

MISSING: Final = 10.0
"""Seconds given to a call that brings no deadline."""
LONGEST: Final = 30.0
"""Seconds after which any call ends, but a stream of facts."""
STREAM: Final = 1_860.0
"""Seconds after which a stream of facts is ended that should have ended itself."""
TOO_SHORT: Final = 0.05
"""Seconds that must be left to start the work."""


@dataclass(frozen=True)
class Deadlines:
    """The limits, so that tests can shorten them."""

    missing: float = MISSING
    longest: float = LONGEST
    too_short: float = TOO_SHORT
    stream: float = STREAM

    def limit(self, method: str, remaining: float | None, *, kept: bool) -> asyncio.Timeout | None:
        """Returns the time limit to run the call under; None when its own is enough, or it listens without.

        Args:
            method: Path of the method; one that listens may last as long as its caller waits, a stream of
                facts ends itself in good time, and is ended here if it cannot because nobody reads its results.
            remaining: Seconds that the client still waits; None if it did not say.
            kept: The wire itself ends the call when these are over, as gRPC does.

        Raises:
            DeadlineTooShort: Not enough is left to start.
        """
        if converses(method):
            return asyncio.timeout(self.stream)
        if remaining is None:
            return None if listens(method) else asyncio.timeout(self.missing)
        if remaining < self.too_short:
            raise DeadlineTooShort
        if kept and (remaining <= self.longest or listens(method)):
            return None
        return asyncio.timeout(remaining if listens(method) else min(remaining, self.longest))
