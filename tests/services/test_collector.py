"""A server searches for garbage seldom while it runs, and leaves the process as it found it."""

import gc

from services import collector


def test_while_a_server_runs_what_was_there_is_set_aside_and_searches_are_rare() -> None:
    before, aside = gc.get_threshold(), gc.get_freeze_count()
    with collector.seldom():
        assert gc.get_threshold() == collector.THRESHOLDS
        assert gc.get_freeze_count() > aside
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_the_last_server_of_a_process_gives_back_what_the_first_one_found() -> None:
    before = gc.get_threshold()
    first, second = collector.seldom(), collector.seldom()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == collector.THRESHOLDS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_a_cycle_of_garbage_is_still_found() -> None:
    with collector.seldom():
        one: list[object] = []
        one.append(one)
        del one
        assert gc.collect() >= 1
