"""How `coi rejudge` goes about it: page by page or by several processes, and from where an earlier run has come to."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.api import Ledger, LedgerInfo, rejudging
from services.cli.failing import Failure
from services.cli.source import Source

Progress = Callable[[int, int], None]


class State(Struct, frozen=True, kw_only=True):
    """What a run leaves for the next one.

    Attributes:
        log: Origin of the log.
        under: By which rulebook.
        software: Version of the program that judged; another one judges everything again.
        leaf: Leaf of the last fact judged, hex: another log of the same name is told apart by it.
        settled: What it came to so far.
    """

    log: str
    under: str
    software: str
    leaf: str
    settled: rejudging.Judgement


class Kept:
    """The file in which a run keeps how far it is; or none."""

    def __init__(self, file: Path | None) -> None:
        """Nothing is read yet."""
        self._file = file

    def begun(self, ledger: Source, info: LedgerInfo, question: rejudging.Again) -> rejudging.Judgement | None:
        """What an earlier run has settled; None where there was none, or it was judged by another program.

        Raises:
            Failure: The file is none of ours, or is of another log or question.
        """
        if self._file is None or not self._file.exists():
            return None
        try:
            state = msgspec.json.decode(self._file.read_bytes(), type=State)
        except (msgspec.MsgspecError, OSError) as error:
            raise Failure(f"--state {self._file} holds no state of a re-judging: give another file") from error
        if (state.log, state.under) != (info.origin, question.under) or state.settled.through > info.size:
            by = f"--under {state.under}" if state.under else "each fact by its own rulebook"
            raise Failure(f"--state {self._file} is of {state.log}, {by}: give another file, or remove it")
        if state.leaf != ledger.fact(state.settled.through).leaf_hash.hex():
            raise Failure(f"--state {self._file} is of another log that bears this name: give another file")
        return state.settled if state.software == info.software else None

    def keep(self, ledger: Source, info: LedgerInfo, question: rejudging.Again, settled: rejudging.Judgement) -> None:
        """Writes how far it is; a difference is not kept, so that it is found again."""
        if self._file is None or settled.first is not None or not settled.through:
            return
        leaf = ledger.fact(settled.through).leaf_hash.hex()
        state = State(log=info.origin, under=question.under, software=info.software, leaf=leaf, settled=settled)
        beside = self._file.with_name(f"{self._file.name}.new")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")
        beside.replace(self._file)


def run(ledger: Source, question: rejudging.Again, kept: Kept, workers: int, progress: Progress) -> rejudging.Judgement:
    """Judges again what is asked; a store that is open here by several processes, anything else page by page.

    Raises:
        Failure: The state of an earlier run does not fit, or it was broken off; says where.
    """
    info = ledger.info()
    begun = kept.begun(ledger, info, question)
    done = [begun.through if begun is not None else 0]

    def settled(more: rejudging.Judgement) -> None:
        done[0] = more.through
        kept.keep(ledger, info, question, more)

    try:
        if isinstance(ledger, Ledger) and not question.subject:
            return ledger.rejudging.whole(question, rejudging.Run(begun, 0, workers, progress, settled))
        return _by_pages(ledger, question, begun, progress, settled)
    except KeyboardInterrupt:
        raise Failure(f"broken off; what is settled reaches through position {done[0]}") from None


def _by_pages(
    ledger: Source,
    question: rejudging.Again,
    begun: rejudging.Judgement | None,
    progress: Progress,
    settled: Callable[[rejudging.Judgement], None],
) -> rejudging.Judgement:
    found = ledger.rejudging.page(question, begun.through if begun is not None else 0)
    end = found.end
    found = found if begun is None else begun.then(found)
    while True:
        progress(found.through, end)
        settled(found)
        if found.complete:
            return found
        found = found.then(ledger.rejudging.page(question, found.through, end))
