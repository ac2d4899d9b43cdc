"""What a late fact makes impossible in a history too long to be looked at while it was recorded.

Inside the transaction 1,000 later facts of a thing are looked at; beyond, the verdict notes that they were not. Here
all of them are, outside of every lock, as the log stood when the fact was recorded and by the rulebook of that moment.
"""

import sys
from typing import Final

from ledger.domain.facts.record import Record
from ledger.domain.finding import Finding
from ledger.domain.rules import aftermath
from ledger.domain.rules.context import Missing
from ledger.domain.subjects.subject import statement
from ledger.store.log import Reading
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import SubjectsCache

_ROUNDS: Final = 48


def late_effects(reading: Reading, record: Record) -> tuple[Finding, ...]:
    """Looks at every later fact of what a fact changes; nothing where its verdict has looked at all of them.

    Returns:
        Notes that name the positions made impossible, as the verdict would have had them.

    Raises:
        RuntimeError: The context could not be completed: a bug.
    """
    stated = statement(record)
    if stated is None or not aftermath.left_out(record.verdict.findings):
        return ()
    before = record.stamp.position - 1
    rulebook, cache = Rulebook(), SubjectsCache(sys.maxsize)
    rulebook.load(reading, before)
    for _ in range(_ROUNDS):
        missing = Missing()
        target = None
        if stated.target != stated.known:
            versions = cache.versions(stated.target)
            if versions is None:
                missing.positions.add(stated.target)
            else:
                target = versions[0]
        if not missing:
            found = aftermath.impossible(stated, target, rulebook.parameters, cache, missing, most=sys.maxsize)
            if not missing:
                return tuple(finding for finding in found if finding.positions)
        cache.fetch(missing, reading, before)
    message = f"the later history of fact {record.stamp.position} could not be completed"
    raise RuntimeError(message)
