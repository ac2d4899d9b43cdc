"""When to try again, and after how long. Nothing here sends or sleeps: the faces of the client do.

Tried again: a ledger that cannot be reached, one that is busy and says when to come back, a call that a server dropped
in the moment in which it stopped, and one whose answer did not come in time, always with the very same request. Never:
anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import SystemRandom
from typing import Final

import grpc

from coi_client.errors import Failure

_UNANSWERED: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,  # nobody here cancels: the call reached a server in the moment in which it stopped
)


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """How patient a client is.

    Attributes:
        attempts: Most attempts of one request.
        timeout: Seconds that each may take.
        first_pause: Seconds before the second attempt; doubles from one to the next.
        longest_pause: Most seconds between two attempts, unless the ledger asks for more.
        chance: A number from 0 to 1, so that many clients do not come back together.
    """

    attempts: int = 6
    timeout: float = 10.0
    first_pause: float = 0.1
    longest_pause: float = 5.0
    chance: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)

    def pause(self, failure: Failure, attempt: int) -> float | None:
        """Returns the seconds to wait after this attempt, counted from 1; None when it was the last."""
        if attempt >= self.attempts:
            return None
        if failure.code in _UNANSWERED:
            pause: float = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
            return pause * (0.5 + self.chance() / 2)
        if failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED and failure.retry_after is not None:
            return failure.retry_after * (1 + self.chance() / 2)
        return None
