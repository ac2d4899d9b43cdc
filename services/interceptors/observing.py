"""What is counted and logged of a call: its method, its outcome, its time. Never identity, never content."""

import contextlib
import logging
import time
from collections import Counter
from typing import Final
from uuid import UUID

import grpc
import structlog
from google.protobuf.message import Message

from ledger.domain.finding import Weight
from ledger.domain.receipt import AppendsHeld, Refused
from services.interceptors.lasting import converses, listens
from services.outline import outline
from services.status import StreamOver

SLOW_MS: Final = 1_000.0
"""Milliseconds after which an answered call is worth a line."""
_LOUD = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN}


class Observer:
    """Counts calls and writes one line for each.

    Attributes:
        calls: How many ended how, by (method, code).
        seconds: How long they took together, by method.
    """

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self.calls: Counter[tuple[str, str]] = Counter()
        self.seconds: Counter[str] = Counter()
        self._log = structlog.get_logger("coi.server")

    def start(self) -> float:
        """Returns the start of a call."""
        return time.perf_counter()

    def ended(self, method: str, started: float, code: grpc.StatusCode = grpc.StatusCode.OK) -> float:
        """Counts a call and returns its milliseconds."""
        seconds = time.perf_counter() - started
        self.calls[method, code.name] += 1
        self.seconds[method] += seconds  # type: ignore[assignment]  # a Counter adds up any number
        return round(seconds * 1000, 1)

    def answered(self, method: str, started: float, request: object = None) -> None:
        """Notes a call that was answered: in the log only where it says everything, or when it took long."""
        milliseconds = self.ended(method, started)
        slow = milliseconds >= SLOW_MS and not (listens(method) or converses(method))
        if slow:
            self._say("info", "slow", method=method, ms=milliseconds, **_named(request, None))
        elif self._log.is_enabled_for(logging.DEBUG):
            self._say("debug", "answered", method=method, ms=milliseconds, **_named(request, None))

    def failed(self, method: str, started: float, code: grpc.StatusCode, request: object, error: BaseException) -> None:
        """Notes a call that ended in a status. Of what nobody foresaw: kind and places."""
        facts = {"method": method, "code": code.name, "ms": self.ended(method, started, code), **_named(request, error)}
        if code is grpc.StatusCode.INTERNAL:
            self._say("error", "failed", **facts, error=outline(error))
        elif code in _LOUD and not isinstance(error, StreamOver):
            self._say("warning", "failed", **facts, cause=type(error).__name__)
        else:
            self._say("info", "refused", **facts)

    def left(self, method: str, started: float, request: object = None) -> None:
        """Notes a call whose caller did not wait for the answer."""
        milliseconds = self.ended(method, started, grpc.StatusCode.CANCELLED)
        self._say("info", "caller left", method=method, ms=milliseconds, **_named(request, None))

    def _say(self, level: str, event: str, **facts: object) -> None:
        """Writes a line; a reader of the log who went away must not fail a call that is recorded."""
        with contextlib.suppress(OSError, ValueError):
            getattr(self._log, level)(event, **facts)


def _named(request: object, error: BaseException | None) -> dict[str, object]:
    """By what a call is found again: its request id; and of a refusal, where it is kept and which rules barred it."""
    told: dict[str, object] = {"request_id": key(request)}
    if isinstance(error, Refused):
        told |= {
            "position": error.position,
            "rules": sorted({one.rule for one in error.findings if one.weight == Weight.BAR}),
        }
    elif isinstance(error, AppendsHeld):
        told |= {"reason": error.reason}
    return told


def key(request: object) -> str | None:
    """Returns the request's key when it is one; any other text could be somebody's name."""
    if not isinstance(request, Message) or "request_id" not in request.DESCRIPTOR.fields_by_name:
        return None
    try:
        return str(UUID(getattr(request, "request_id", "")))
    except ValueError:
        return None
