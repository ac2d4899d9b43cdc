"""Health that tells the truth: SERVING while a fact sent now would be recorded, and NOT_SERVING otherwise.

Asked of the ledger every few seconds, in a thread of its own, so that a store that hangs is seen as one. Health is
readiness: whether to send calls here. Being alive is another matter, and only says that the process still turns.
"""

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import structlog
from grpc_health.v1 import health, health_pb2

from ledger.api import Hold, Ledger, LedgerInfo
from services.servicers.contract import SERVICES

SERVING: Final = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING

STARTING, DRAINING, SILENT = "starting", "draining", "store"
"""Why a server does not serve, beside the kinds of hold; the last is that of a store that cannot be reached."""


class Standing(NamedTuple):
    """How a server stands.

    Attributes:
        serving: A fact sent now would be recorded.
        kind: Why not, in a word; empty when it would.
        reason: Why not, for an operator; empty when it would.
        size: Facts in the log when it was last read.
    """

    serving: bool
    kind: str
    reason: str
    size: int


class Health:
    """Looks at the ledger now and then, and tells whoever asks. It needs a running event loop."""

    def __init__(self, ledger: Ledger, probe: float) -> None:
        """Nobody is told anything good before the first look.

        Args:
            ledger: What is looked at.
            probe: Seconds between two looks.
        """
        self.servicer = health.aio.HealthServicer()
        self.standing = Standing(serving=False, kind=STARTING, reason="the ledger has not answered yet", size=0)
        self._ledger, self._probe = ledger, probe
        self._told: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="coi-health")
        self._looking: asyncio.Task[None] | None = None
        self._turned = time.monotonic()
        self._log = structlog.get_logger("coi.server")

    async def start(self) -> None:
        """Tells everybody that nothing is known yet."""
        await self._tell(NOT_SERVING)

    async def keep_looking(self) -> None:
        """Looks once, and again and again from now on."""
        await self._look()
        self._looking = asyncio.create_task(self._keep())

    async def drain(self) -> None:
        """Tells everybody for the last time, that no more is taken."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        self._stand(self.standing._replace(serving=False, kind=DRAINING, reason="the server stops"))
        self._told = dict.fromkeys(self._told, NOT_SERVING)
        await self.servicer.enter_graceful_shutdown()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def of(self, service: str) -> int | None:
        """The health of a service as it was last told, for the wire that has no servicer for it."""
        return self._told.get(service)

    def still_for(self) -> float:
        """Seconds since the event loop last turned, as far as is known."""
        return time.monotonic() - self._turned

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._probe)
            self._turned = time.monotonic()
            await self._look()
            self._turned = time.monotonic()

    async def _look(self) -> None:
        """Asks the ledger for itself, and whether it would record."""
        try:
            async with asyncio.timeout(self._probe * 5):
                info, hold = await asyncio.get_running_loop().run_in_executor(self._thread, self._asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, the ledger does not answer
            reason = f"the ledger does not answer ({type(error).__name__}): see whether its Postgres can be reached"
            self._stand(self.standing._replace(serving=False, kind=SILENT, reason=reason))
        else:
            kind, reason = hold or ("", "")
            self._stand(Standing(serving=hold is None, kind=kind, reason=reason, size=info.size))
        await self._tell(SERVING if self.standing.serving else NOT_SERVING)

    def _asked(self) -> tuple[LedgerInfo, Hold | None]:
        return self._ledger.info(), self._ledger.hold()

    def _stand(self, now: Standing) -> None:
        """Keeps how it stands, and writes a line when that has changed."""
        before, self.standing = self.standing, now
        as_it_starts = now.serving and before.kind == STARTING
        if (now.serving, now.kind) == (before.serving, before.kind) or as_it_starts:
            return
        with contextlib.suppress(OSError, ValueError):  # a reader of the log who went away must not end the looking
            if now.serving:
                self._log.info("serving", position=now.size)
            else:
                say = self._log.info if now.kind == DRAINING else self._log.warning
                say("not serving", kind=now.kind, reason=now.reason)

    async def _tell(self, serving: int) -> None:
        self._told = dict.fromkeys(("", *SERVICES), serving)
        for service in self._told:
            await self.servicer.set(service, serving)
