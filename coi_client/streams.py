"""Streams of facts, for programs that block and for programs with an event loop.

Both keep a line of what was said and not answered: at most so many items, each saved in the journal before it is sent.
After a break the line is said again on another stream, from its first item on, with the same keys. An item whose answer
says that the ledger could not look at it now counts as a break, so that results come in the order of the items.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc

from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.records_pb2 import RecordStreamRequest, RecordStreamResponse, Skipped
from coi_client import errors
from coi_client.errors import ClientError, Failure
from coi_client.items import Item
from coi_client.retrying import Retrying

Result: TypeAlias = Receipt | Skipped | ClientError
"""What became of an item: recorded, skipped because of `only_after`, or not recorded and why."""

MOST_UNANSWERED: Final = 256
"""Items that are sent and not answered; the ledger reads no more either."""

_CUT_OFF: Final = Failure(grpc.StatusCode.UNAVAILABLE, "the stream ended before every item was answered")


def read(response: RecordStreamResponse) -> Result:
    """Reads a result."""
    match response.WhichOneof("result"):
        case "receipt":
            return response.receipt
        case "skipped":
            return response.skipped
        case _:
            return errors.of(errors.told(response.status))


def settles(result: Result) -> bool:
    """Whether sending the item again could not change its result."""
    return not isinstance(result, ClientError) or isinstance(result, errors.FINAL)


class _Line:
    """What was said and not answered, in order, and how patient the client still is."""

    def __init__(self, retrying: Retrying) -> None:
        self._retrying = retrying
        self._waiting: deque[RecordStreamRequest] = deque()
        self._sent, self._turn, self._attempt = 0, 0, 0
        self._over = self._closed = False
        self._fault: BaseException | None = None

    def _has_room(self) -> bool:
        return self._closed or len(self._waiting) < MOST_UNANSWERED

    def _has_more(self, turn: int) -> bool:
        return self._turn != turn or self._sent < len(self._waiting) or self._over

    def _next(self, turn: int) -> RecordStreamRequest | None:
        """The next item of this turn; None when there is none, or when it is another stream's turn."""
        if self._turn != turn or self._sent >= len(self._waiting):
            return None
        self._sent += 1
        return self._waiting[self._sent - 1]

    def _answered(self) -> RecordStreamRequest:
        self._sent, self._attempt = self._sent - 1, 0
        return self._waiting.popleft()

    def _turn_over(self) -> None:
        self._turn, self._sent = self._turn + 1, 0

    def _ended(self) -> Failure | None:
        """What an end without an error means."""
        return None if self._over and not self._waiting else _CUT_OFF

    def _passing(self, result: Result) -> Failure | None:
        """The failure of an item that is to be said again."""
        failure = result.failure if isinstance(result, ClientError) else None
        return failure if failure is not None and self._retrying.pause(failure, 0) is not None else None

    def _pause(self, failure: Failure) -> float:
        """Seconds until the next stream.

        Raises:
            ClientError: Patience ended without a single answer.
        """
        self._attempt += 1
        seconds = self._retrying.pause(failure, self._attempt)
        if seconds is None:
            raise errors.of(failure)
        return seconds


class Flow(_Line):
    """A stream of a program that blocks: items are taken, and saved, in a thread of their own."""

    def __init__(
        self,
        opened: Callable[[Iterator[RecordStreamRequest]], Any],
        begin: Callable[[Item], RecordStreamRequest],
        settle: Callable[[str], None],
        retrying: Retrying,
        sleep: Callable[[float], None],
    ) -> None:
        """Nothing is sent yet.

        Args:
            opened: Opens a stream for these requests.
            begin: Makes and saves the request of an item.
            settle: Forgets a key.
            retrying: How patient the client is.
            sleep: Waits so many seconds.
        """
        super().__init__(retrying)
        self._opened, self._begin, self._settle, self._sleep = opened, begin, settle, sleep
        self._moved = threading.Condition()

    def results(self, items: Iterable[Item]) -> Iterator[Result]:
        """Yields a result for each item, in their order."""
        threading.Thread(target=self._feed, args=(items,), name="coi-stream", daemon=True).start()
        try:
            while (failure := (yield from self._stream())) is not None:
                self._sleep(self._pause(failure))
        finally:
            with self._moved:
                self._closed = True
                self._moved.notify_all()
        if self._fault is not None:
            raise self._fault

    def _feed(self, items: Iterable[Item]) -> None:
        try:
            for item in items:
                with self._moved:
                    self._moved.wait_for(self._has_room)
                    if self._closed:
                        return
                request = self._begin(item)
                with self._moved:
                    self._waiting.append(request)
                    self._moved.notify_all()
        except BaseException as error:  # noqa: BLE001 - belongs to whoever reads the results
            self._fault = error
        finally:
            with self._moved:
                self._over = True
                self._moved.notify_all()

    def _said(self, turn: int) -> Iterator[RecordStreamRequest]:
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._has_more(turn))
                request = self._next(turn)
            if request is None:
                return
            yield request

    def _stream(self) -> Generator[Result, None, Failure | None]:
        """Yields what one stream answers; returns how it failed, or None when everything is answered."""
        call = self._opened(self._said(self._turn))
        try:
            for response in call:
                result = read(response)
                if (failure := self._passing(result)) is not None:
                    return failure
                with self._moved:
                    request = self._answered()
                    self._moved.notify_all()
                if settles(result):
                    self._settle(request.request_id)
                yield result
        except grpc.RpcError as error:
            return errors.failure(error)
        finally:
            call.cancel()
            with self._moved:
                self._turn_over()
                self._moved.notify_all()
        return self._ended()


class AsyncFlow(_Line):
    """A stream of a program with an event loop: items are taken, and saved, in a task of their own."""

    def __init__(
        self,
        opened: Callable[[AsyncGenerator[RecordStreamRequest, None]], Any],
        begin: Callable[[Item], Awaitable[RecordStreamRequest]],
        settle: Callable[[str], Awaitable[None]],
        retrying: Retrying,
    ) -> None:
        """Nothing is sent yet; the arguments are those of Flow."""
        super().__init__(retrying)
        self._opened, self._begin, self._settle = opened, begin, settle
        self._moved = asyncio.Condition()
        self._failure: Failure | None = None

    async def results(self, items: AsyncIterable[Item] | Iterable[Item]) -> AsyncGenerator[Result, None]:
        """Yields a result for each item, in their order."""
        feeding = asyncio.create_task(self._feed(items))
        try:
            while True:
                async with aclosing(self._stream()) as results:
                    async for result in results:
                        yield result
                if self._failure is None:
                    break
                await asyncio.sleep(self._pause(self._failure))
        finally:
            feeding.cancel()
        if self._fault is not None:
            raise self._fault

    async def _feed(self, items: AsyncIterable[Item] | Iterable[Item]) -> None:
        try:
            async for item in _each(items):
                async with self._moved:
                    await self._moved.wait_for(self._has_room)
                request = await self._begin(item)
                async with self._moved:
                    self._waiting.append(request)
                    self._moved.notify_all()
        except Exception as error:  # noqa: BLE001 - belongs to whoever reads the results
            self._fault = error
        async with self._moved:
            self._over = True
            self._moved.notify_all()

    async def _said(self, turn: int) -> AsyncGenerator[RecordStreamRequest, None]:
        while True:
            async with self._moved:
                await self._moved.wait_for(lambda: self._has_more(turn))
                request = self._next(turn)
            if request is None:
                return
            yield request

    async def _stream(self) -> AsyncGenerator[Result, None]:
        """Yields what one stream answers; notes how it failed, or None when everything is answered."""
        call = self._opened(self._said(self._turn))
        try:
            async for response in call:
                result = read(response)
                self._failure = self._passing(result)
                if self._failure is not None:
                    return
                async with self._moved:
                    request = self._answered()
                    self._moved.notify_all()
                if settles(result):
                    await self._settle(request.request_id)
                yield result
            self._failure = self._ended()
        except grpc.RpcError as error:
            self._failure = errors.failure(error)
        finally:
            call.cancel()
            async with self._moved:
                self._turn_over()
                self._moved.notify_all()


async def _each(items: AsyncIterable[Item] | Iterable[Item]) -> AsyncGenerator[Item, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    for item in items:
        yield item
