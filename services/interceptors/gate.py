"""What every call of the ledger passes, whatever wire it came by.

In this order: a place is taken, a deadline is set, the servicer works, what it raises becomes a status. So a caller
over HTTP meets the same limits and gets the same answers as one over gRPC.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from google.rpc.status_pb2 import Status

from ledger.domain.receipt import Overloaded
from services import status
from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.interceptors.observing import Observer

T = TypeVar("T")

_MILLISECONDS: Final = 1000


class Failed(Exception):  # noqa: N818 - said of a call
    """A call that ended in a status.

    Attributes:
        status: What the caller is told.
        retry_after: Milliseconds after which to come back; None when waiting does not help.
    """

    def __init__(self, told: Status, error: BaseException) -> None:
        """Keeps what the caller is told, and when to come back, of what went wrong."""
        super().__init__(told.message)
        self.status = told
        self.retry_after: int | None = None
        if isinstance(error, Overloaded):
            self.retry_after = max(1, round(error.retry_after * _MILLISECONDS))


class Gate:
    """Lets calls through, one policy for all wires."""

    def __init__(self, admission: Admission, deadlines: Deadlines, observer: Observer) -> None:
        """The three are shared by all methods and all wires."""
        self._admission = admission
        self._deadlines = deadlines
        self._observer = observer

    async def call(
        self,
        method: str,
        request: object,
        work: Callable[[], Awaitable[T]],
        *,
        remaining: float | None,
        kept: bool = False,
    ) -> T:
        """Does the work of one call.

        Args:
            method: Path of the method.
            request: What was sent, for the key in the log.
            work: What answers it.
            remaining: Seconds that the caller still waits; None if it did not say.
            kept: The wire itself ends the call when these are over.

        Raises:
            Failed: With the status that the caller gets, whatever went wrong.
        """
        started = self._observer.start()
        try:
            answer = await self._admitted(method, work, remaining, kept=kept)
        except asyncio.CancelledError:
            self._observer.left(method, started, request)
            raise
        except Exception as error:  # noqa: BLE001 - the last guard: everything becomes a status
            told = status.of(error)
            self._observer.failed(method, started, status.code(told), request, error)
            raise Failed(told, error) from None
        self._observer.answered(method, started, request)
        return answer

    async def _admitted(
        self, method: str, work: Callable[[], Awaitable[T]], remaining: float | None, *, kept: bool
    ) -> T:
        self._admission.enter(method)
        try:
            limit = self._deadlines.limit(method, remaining, kept=kept)
            if limit is None:
                return await work()
            try:
                async with limit:
                    return await work()
            except TimeoutError:
                if limit.expired():
                    raise status.DeadlinePassed from None
                raise
        finally:
            self._admission.leave(method)
