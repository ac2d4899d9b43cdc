"""What was acknowledged, kept outside, against what is stored."""

from collections import Counter
from dataclasses import dataclass
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
        lost: of those, keys that are not stored as they were told.
        doubled: keys that are stored more than once.
        strangers: keys that are stored and were never sent.
        torn: batches of which some facts are stored and others are not.
        verified: what verify says; empty when all is well.
    """

    acknowledged: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    strangers: tuple[str, ...]
    torn: tuple[tuple[str, ...], ...]
    verified: str

    @property
    def well(self) -> bool:
        """Nothing is wrong."""
        return not (self.lost or self.doubled or self.strangers or self.torn or self.verified)


def acknowledged(journal: Path) -> int:
    """Answers in the journal so far."""
    return sum(line.startswith("ack ") for line in journal.read_text().splitlines()) if journal.exists() else 0


def judge(journal: Path, dsn: str) -> Judgement:
    """Hold the journal against the log."""
    lines = [line.split() for line in journal.read_text().splitlines()]
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
    return Judgement(
        acknowledged=len(acks),
        lost=tuple(key for key, told in acks.items() if places.get(key) != told and times[key] < 2),
        doubled=tuple(key for key, count in times.items() if count > 1),
        strangers=tuple(sorted(set(times) - intents)),
        torn=tuple(batch for batch in batches if 0 < sum(times[key] for key in batch) < len(batch)),
        verified=verified,
    )
