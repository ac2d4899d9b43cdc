"""An answer of the writer's thread, awaited in a coroutine: one wake-up of its loop, and nothing that goes back."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def awaited(answer: Future[T]) -> "asyncio.Future[T]":
    """Returns a future of the running loop that takes the answer. Whoever gives it up does not touch the answer."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[T] = loop.create_future()

    def take() -> None:
        if waiting.done():
            return
        if (error := answer.exception()) is not None:
            waiting.set_exception(error)
        else:
            waiting.set_result(answer.result())

    def wake(_: Future[T]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(take)

    answer.add_done_callback(wake)
    return waiting
