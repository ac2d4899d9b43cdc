"""Whether the log that a process meets goes on from what the process knows to be recorded.

After a failover it may not: a standby that lacks the last facts was promoted, or an old primary came back. Going on
there would lose what callers were told, or fork the history, so nothing is appended until the right server is back.
"""

from ledger.evidence.merkle import Frontier
from ledger.store.log import Reading
from ledger.store.rows import Head


def broken(reading: Reading, head: Head, known: Head) -> str:
    """Return why the log does not go on from what is known, and the way out; empty when it does.

    Args:
        reading: of the log as it is met now.
        head: its end.
        known: the newest end of which a caller was told, every standby that must confirm it included.
    """
    if not known.size:
        return ""
    if head.size < known.size:
        found = f"the log ends at {head.size}, and {known.size} facts are known to be recorded"
    elif head.epoch < known.epoch:
        found = f"the log is in epoch {head.epoch}, and epoch {known.epoch} is known to have begun"
    elif _end_at(reading, head, known.size) != known.frontier:
        found = f"the log goes another way before {known.size} than the one that is known to be recorded"
    else:
        return ""
    return f"{found}: a server that lacks acknowledged facts took over, bring back the one that has them"


def _end_at(reading: Reading, head: Head, size: int) -> Frontier | None:
    """The frontier with which a commit ended there, if one did."""
    end = head if head.size == size else reading.head_at(size)
    return None if end is None else end.frontier
