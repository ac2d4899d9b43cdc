"""Following a log: everything once, in order, then what comes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event

import pytest

from ledger.store import follow as following
from ledger.store.follow import Progress, follow
from ledger.store.log import Log
from ledger.store.rows import Stored
from tests.store.drafts import Draft, store

MANY = following.PAGE + 3


def marks(news: Iterator[Stored | Progress], count: int) -> list[int | str]:
    """Positions of facts, and `..n` for progress through n."""
    return [f"..{one.through}" if isinstance(one, Progress) else one.position for one in islice(news, count)]


def test_what_is_there_comes_first_and_then_what_is_stored_later(log: Log) -> None:
    store(log, Draft("A"), Draft("B"))
    news = follow(log, 0, [], [], Event(), pause=5)
    assert marks(news, 3) == [1, 2, "..2"]
    with ThreadPoolExecutor() as threads:
        later = threads.submit(marks, news, 2)
        store(log, Draft("A"))
        assert later.result(10) == [3, "..3"]


def test_tags_and_types_choose_and_progress_passes_over_the_rest(log: Log) -> None:
    store(log, Draft("A", ["x"]), Draft("B", ["x"]), Draft("A", ["y"]), Draft("A", ["x"]), Draft("C"))
    assert marks(follow(log, 1, ["x"], ["A"], Event()), 2) == [4, "..5"]
    assert marks(follow(log, 0, ["z"], [], Event()), 1) == ["..5"]


def test_catching_up_goes_page_by_page(log: Log) -> None:
    store(log, *[Draft()] * MANY)
    found = marks(follow(log, 0, [], [], Event()), MANY + 2)
    page = following.PAGE
    assert found == [*range(1, page + 1), f"..{page}", *range(page + 1, MANY + 1), f"..{MANY}"]


def test_a_follower_stops_when_told(log: Log) -> None:
    store(log, Draft(), Draft())
    stop = Event()
    news = follow(log, 0, [], [], stop, pause=0.01)
    assert marks(news, 1) == [1]
    stop.set()
    assert list(news) == []


def test_a_follower_at_the_head_stops_after_its_pause(log: Log) -> None:
    stop = Event()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(list, follow(log, 0, [], [], stop, pause=0.05))
        stop.set()
        assert waiting.result(10) == []


def test_waiting_returns_the_size_at_once_if_the_head_has_passed_and_else_in_time(log: Log) -> None:
    store(log, Draft())
    assert (log.wait(0, 60), log.wait(1, 0.01)) == (1, 1)


def test_waiting_ends_when_the_log_grows(log: Log) -> None:
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(log.wait, 0, 60)
        store(log, Draft())
        assert waiting.result(10) == 1


@pytest.mark.parametrize("after", [0, 1])
def test_following_from_beyond_the_head_waits_for_it(log: Log, after: int) -> None:
    with ThreadPoolExecutor() as threads:
        news = follow(log, after, [], [], Event(), pause=5)
        first = threads.submit(marks, news, 1)
        store(log, *[Draft()] * (after + 1))
        assert first.result(10) == [after + 1]
