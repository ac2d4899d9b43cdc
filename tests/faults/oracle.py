"""What was acknowledged, kept outside, against what is stored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.audit.verify import verify
from ledger.domain.facts import record as records
from ledger.store.postgres_log import PostgresLog
from tests.model.desk import everything


@dataclass(frozen=True)
class Judgement:
    """What the oracle found.

    Attributes:
        acknowledged: facts that a caller was told are recorded.
        faults: how many faults happened meanwhile.
        lost: of those acknowledged, keys that are not stored as they were told.
        doubled: keys that are stored more than once.
        strangers: keys that are stored and were never sent.
        torn: batches of which some facts are stored and others are not.
        disordered: keys stored before a fact that was acknowledged before they were sent.
        gaps: positions that are missing.
        verified: what verify says; empty when all is well.
        wrong: what else was seen that must not be.
    """

    acknowledged: int = 0
    faults: int = 0
    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    torn: tuple[tuple[str, ...], ...] = ()
    disordered: tuple[str, ...] = ()
    gaps: tuple[int, ...] = ()
    verified: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Nothing is wrong."""
        return self == Judgement(acknowledged=self.acknowledged, faults=self.faults)

    def and_saw(self, faults: int, wrong: Sequence[str] = ()) -> "Judgement":
        """The same, with what else was seen."""
        return replace(self, faults=self.faults + faults, wrong=(*self.wrong, *wrong))


def acknowledged(journal: Path) -> int:
    """Answers in the journal so far."""
    return sum(line.startswith("ack ") for line in journal.read_text().splitlines()) if journal.exists() else 0


def newest(journal: Path) -> tuple[int, str]:
    """Position and leaf of the last answer in a journal that is being written; its last line may be there in part."""
    whole = journal.read_text().rpartition("\n")[0]
    last = [line for line in whole.splitlines() if line.startswith("ack ")][-1].split()
    return int(last[2]), last[3]


def judge(journals: Sequence[Path], dsn: str) -> Judgement:
    """Hold the journals against the log."""
    told = [[line.split() for line in journal.read_text().splitlines()] for journal in journals]
    lines = [words for journal in told for words in journal]
    intents = {words[1] for words in lines if words[0] == "intent"}
    acks = {words[1]: (int(words[2]), words[3]) for words in lines if words[0] == "ack"}
    batches = [tuple(words[1:]) for words in lines if words[0] == "batch"]
    log = PostgresLog(dsn)
    try:
        stored = [(str(records.decode(row.record).content.id), row) for row in everything(log)]
        verified = verify(log).reason
    finally:
        log.close()
    places = {key: (row.position, row.leaf.hex()) for key, row in stored}
    times = Counter(key for key, _ in stored)
    taken = {row.position for _, row in stored}
    positions = {key: place[0] for key, place in places.items() if times[key] == 1}
    return Judgement(
        acknowledged=len(acks),
        lost=tuple(key for key, told in acks.items() if places.get(key) != told and times[key] < 2),
        doubled=tuple(key for key, count in times.items() if count > 1),
        strangers=tuple(sorted(set(times) - intents)),
        torn=tuple(batch for batch in batches if 0 < sum(times[key] for key in batch) < len(batch)),
        disordered=tuple(key for journal in told for key in disordered(journal, positions)),
        gaps=tuple(sorted(set(range(1, max(taken, default=0) + 1)) - taken)),
        verified=verified,
    )


def disordered(journal: Sequence[Sequence[str]], positions: Mapping[str, int]) -> list[str]:
    """Keys that stand before a fact that was acknowledged before they were sent: one list, so no search is needed."""
    found, newest = [], 0
    for word, key, *told in journal:
        if word == "ack":
            newest = max(newest, int(told[0]))
        elif word == "intent" and positions.get(key, newest + 1) <= newest:
            found.append(key)
    return found
