"""Whether a ledger would record a fact at this moment, and if not, why: asked also while nobody sends any."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from ledger.domain.rules.catalogue import NUMBER
from ledger.store import continuity
from ledger.store.batch import BACKWARDS_US
from ledger.store.errors import StoreError
from ledger.store.log import Log
from ledger.store.moments import microseconds
from ledger.store.rows import Head
from ledger.store.rulebook import Rulebook
from ledger.store.sequencer import Sequencer

STALLED: Final = 10.0
"""Seconds after which a commit that has not come back holds the ledger."""

UNFIT, STALLED_COMMIT, CLOCK, RULEBOOK, STALE, STORE = KINDS = (
    "unfit",
    "stalled",
    "clock",
    "rulebook",
    "stale",
    "store",
)
"""Kinds of hold: how the store or our role is set up, a commit that hangs, our clock, a newer rulebook, a log without
what we know to be recorded, no store at all."""


class Hold(NamedTuple):
    """Nothing is recorded until this is mended.

    Attributes:
        kind: one of `KINDS`.
        reason: what is wrong and the way out, for an operator.
    """

    kind: str
    reason: str


def hold(log: Log, sequencer: Sequencer, now: Callable[[], datetime] | None) -> Hold | None:
    """Return what holds appends now; None when nothing does.

    After a failed commit the store must first take a transaction again, which this asks of it. A full disk may take
    that and no fact; then the next fact holds the ledger anew.

    Args:
        log: where facts go.
        sequencer: what commits them.
        now: our clock; None for a story's, which is held against nothing.
    """
    seconds = sequencer.under_way
    if seconds > STALLED:
        waited = f"a commit has waited {seconds:.0f} s for the disk, the writers' lock or a standby"
        return Hold(STALLED_COMMIT, f"{waited}: see which of them hangs")
    try:
        found = _unfit(log, now, sequencer.known)
        if found is None and sequencer.failure:
            with log.appending():
                pass
            sequencer.works_again()
    except StoreError as error:
        return Hold(STORE, f"the store cannot be reached, or takes nothing: {' '.join(str(error).split())}")
    return found


def _unfit(log: Log, now: Callable[[], datetime] | None, known: Head) -> Hold | None:
    if reason := log.unfit(now):
        return Hold(UNFIT, reason)
    rulebook = Rulebook()
    with log.reading() as reading:
        head = reading.head()
        stale = continuity.broken(reading, head, known)
        rulebook.load(reading, head.size)
    if stale:
        return Hold(STALE, stale)
    if rulebook.number > NUMBER:
        return Hold(RULEBOOK, f"rulebook {rulebook.number} is in force, this program has {NUMBER}: upgrade it")
    back = 0 if now is None else head.recorded_at - microseconds(now())
    if back > BACKWARDS_US:
        return Hold(CLOCK, f"our clock is {back / 1e6:.0f} s before the last record: set it right")
    return None
