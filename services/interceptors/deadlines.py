"""How long a call may take. A client's own deadline is kept by gRPC; this adds one where it is missing or too long.

A deadline ends the waiting of a caller, never a commit: the servicers shield it.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import grpc
from google.protobuf.message import Message

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

    def limit(self, context: grpc.aio.ServicerContext[Message, Message]) -> asyncio.Timeout | None:
        """Returns the time limit to run the call under; None when the client's own deadline is enough.

        Raises:
            DeadlineTooShort: Not enough is left to start.
        """
        remaining = context.time_remaining()
        if remaining is None:
            return asyncio.timeout(self.missing)
        if remaining < self.too_short:
            raise DeadlineTooShort
        return asyncio.timeout(self.longest) if remaining > self.longest else None
