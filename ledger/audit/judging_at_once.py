"""A whole log judged again by several processes at once, one core each; what each has done is put together in order.

The log is cut into stretches, which are handed out in the order of their positions. A report grows by what is complete
from the beginning: what it says is settled through its position, and a run that is broken off begins there again.
A process that is asked to judge opens the log anew and keeps nothing from one stretch to the next.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final, NamedTuple, TypeAlias

from ledger.audit import judged_again
from ledger.audit.judgement import Again, Judgement
from ledger.domain.receipt import Unavailable
from ledger.store.log import Log

Opener: TypeAlias = Callable[[], Log]
"""Opens the log again, in another process."""

Progress: TypeAlias = Callable[[int, int], None]
Settled: TypeAlias = Callable[[Judgement], None]

_SMALL: Final = 2_000
"""So many facts are judged here: starting processes would take longer."""

_SHORTEST: Final = 500
_LONGEST: Final = 10_000
_PARTS: Final = 4
"""Stretches for each process, so that none waits long for the last one."""

_Span: TypeAlias = tuple[int, int]


def cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def spans(after: int, end: int, workers: int) -> list[_Span]:
    """Cuts what is behind a position into stretches."""
    size = min(max((end - after) // (workers * _PARTS), _SHORTEST), _LONGEST)
    return [(begin, min(begin + size, end)) for begin in range(after, end, size)]


class Run(NamedTuple):
    """How a log is judged again.

    Attributes:
        begun: What a run that was broken off had settled.
        through: The last position; 0 for the end of the log.
        workers: Processes; 0 for as many as there are cores.
        progress: Told how many facts were looked at, and of how many.
        settled: Told what is settled from the beginning of the log, whenever it is more: keep it to go on from.
    """

    begun: Judgement | None = None
    through: int = 0
    workers: int = 0
    progress: Progress = lambda _done, _all: None
    settled: Settled = lambda _: None


WHOLE: Final = Run()


def judge_all(log: Log, reopen: Opener | None, question: Again, run: Run = WHOLE) -> Judgement:
    """Judges a log again, or what a broken-off run has left of it.

    Args:
        log: The log.
        reopen: Opens it in other processes; None where they cannot have it: then all is judged in this one.
        question: By which rulebook.
        run: From where, by how many processes, and who is told.

    Raises:
        Unavailable: A process ended before its work.
    """
    with log.reading() as reading:
        end = run.through or reading.head().size
    found = run.begun or Judgement(after=0, through=0, end=end)
    if found.first is not None or found.through >= end:
        return found
    several = run.workers or cores()
    todo = spans(found.through, end, several)
    done = _Done(end, found, run.settled)
    count = _Count(found.through, end, run.progress)
    if reopen is None or end - found.through <= _SMALL or several == 1:
        _here(log, question, todo, done, count)
    else:
        with _workers(reopen, question, min(several, len(todo))) as desks:
            _everywhere(desks, todo, done, count)
    return done.found


class _Count:
    """Tells how far it is."""

    def __init__(self, begun: int, end: int, progress: Progress) -> None:
        self._seen, self._end, self._progress = begun, end, progress
        progress(begun, end)

    def more(self, facts: int) -> None:
        self._seen += facts
        self._progress(self._seen, self._end)


class _Done:
    """What is settled: every stretch from the beginning up to the first one that is not done."""

    def __init__(self, end: int, found: Judgement, settled: Settled) -> None:
        self._end, self._settled = end, settled
        self._ahead: dict[int, Judgement] = {}
        self.found = found
        self.stop = end
        """Stretches that begin here or later need not be judged: before it a verdict differs."""

    def take(self, judged: Judgement) -> None:
        self._ahead[judged.after] = judged
        if judged.first is not None:
            self.stop = min(self.stop, judged.through)
        while self.found.first is None and (following := self._ahead.pop(self.found.through, None)) is not None:
            self.found = self.found.then(following).until(self._end)
            self._settled(self.found)


def _here(log: Log, question: Again, todo: Sequence[_Span], done: _Done, count: _Count) -> None:
    for after, through in todo:
        if after >= done.stop:
            return
        with log.reading() as reading:
            done.take(judged_again.judge(reading, question, after, through, count.more))


def _everywhere(desks: dict[Connection, SpawnProcess], todo: Sequence[_Span], done: _Done, count: _Count) -> None:
    waiting = iter(todo)
    busy: dict[Connection, _Span] = {}
    for desk in desks:
        _hand_out(desk, waiting, busy, done)
    while any(after < done.stop for after, _ in busy.values()):
        ready = wait(list(busy))
        for desk in [desk for desk in busy if desk in ready]:
            told = _told(desk)
            if isinstance(told, int):
                count.more(told)
            elif isinstance(told, Judgement):
                done.take(told)
                del busy[desk]
                _hand_out(desk, waiting, busy, done)
            else:
                raise Unavailable(str(told))


def _hand_out(desk: Connection, waiting: Iterator[_Span], busy: dict[Connection, _Span], done: _Done) -> None:
    span = next(waiting, None)
    if span is not None and span[0] < done.stop:
        desk.send(span)
        busy[desk] = span


def _told(desk: Connection) -> object:
    try:
        return desk.recv()
    except EOFError:
        return "a process that judged ended before its work: begin again, or go on where it was"


@contextmanager
def _workers(reopen: Opener, question: Again, number: int) -> Iterator[dict[Connection, SpawnProcess]]:
    """Starts processes that judge what they are sent, and ends them."""
    context = multiprocessing.get_context("spawn")
    desks: dict[Connection, SpawnProcess] = {}
    try:
        for _ in range(number):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(reopen, question, there), daemon=True)
            process.start()
            there.close()
            desks[here] = process
        yield desks
    finally:
        for here, process in desks.items():
            here.close()
            process.terminate()
            process.join()


def _work(reopen: Opener, question: Again, desk: Connection) -> None:
    """Judges the stretches that come in, until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is told to stop, and stops it
    with suppress(EOFError, BrokenPipeError):
        try:
            log = reopen()
            try:
                while True:
                    after, through = desk.recv()
                    with log.reading() as reading:
                        desk.send(judged_again.judge(reading, question, after, through, desk.send))
            finally:
                log.close()
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            desk.send(f"a process that judged could not go on: {type(error).__name__}: {error}")
