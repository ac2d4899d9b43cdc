"""What the sequencer tells whoever counts: of each commit, how large it was, how long it took, what was decided in it.

Numbers, outcomes, rule ids and positions only. Whoever listens runs in the sequencer's thread, so it must be quick;
what it raises is its own affair.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from ledger.domain.facts.record import Verdict
from ledger.domain.finding import Outcome, Weight


class Commit(NamedTuple):
    """One commit that the store has confirmed.

    Attributes:
        requests: how many were answered by it, repeated ones included.
        facts: how many were recorded, refusals included.
        seconds: from entering to the confirmation, waiting for the writers' lock included.
        waiting: requests queued behind it, roughly.
        verdicts: how many facts had which outcome.
        refusals: by rule, how many facts it barred; a fact barred by two rules counts for both.
        left_out: positions of facts with more later facts than were looked at in their transaction.
    """

    requests: int
    facts: int
    seconds: float
    waiting: int
    verdicts: Counter[str]
    refusals: Counter[str]
    left_out: tuple[int, ...] = ()


Watch: TypeAlias = Callable[[Commit], None]


def unwatched(_: Commit) -> None:
    """Count nothing."""


def counted(verdicts: Iterable[Verdict]) -> tuple[Counter[str], Counter[str]]:
    """Count outcomes, and the rules of those that were refused."""
    outcomes: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for verdict in verdicts:
        outcomes[verdict.outcome.value.removeprefix("OUTCOME_").lower()] += 1
        if verdict.outcome is Outcome.REFUSED:
            rules.update({finding.rule for finding in verdict.findings if finding.weight is Weight.BAR})
    return outcomes, rules
