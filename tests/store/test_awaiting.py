"""Coroutines wait for answers of the writer's thread, and what becomes of them never reaches the answer."""

import asyncio
from concurrent.futures import Future

import pytest

from ledger.store.awaiting import awaited


async def test_an_answer_that_is_there_is_taken() -> None:
    answer: Future[int] = Future()
    answer.set_result(7)
    assert await awaited(answer) == 7


async def test_an_answer_of_another_thread_wakes_who_waits() -> None:
    answer: Future[int] = Future()
    waiting = awaited(answer)
    await asyncio.to_thread(answer.set_result, 7)
    assert await waiting == 7


async def test_an_error_is_raised_to_who_waits() -> None:
    answer: Future[int] = Future()
    waiting = awaited(answer)
    answer.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await waiting


async def test_who_gives_up_leaves_the_answer_to_be_given() -> None:
    answer: Future[int] = Future()
    waiting = awaited(answer)
    waiting.cancel()
    answer.set_result(7)
    await asyncio.sleep(0)
    assert (waiting.cancelled(), answer.result()) == (True, 7)


def test_an_answer_to_a_loop_that_is_closed_harms_nobody() -> None:
    answer: Future[int] = Future()

    async def leave() -> None:
        assert not awaited(answer).done()

    asyncio.run(leave())
    answer.set_result(7)
    assert answer.result() == 7
