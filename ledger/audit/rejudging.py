"""Judging again, as programs ask for it: a page at a time, or the whole log by several processes."""

from ledger.audit import judged_again, judging_at_once
from ledger.audit.judged_again import KNOWN, MOST_JUDGED
from ledger.audit.judgement import TODAY, Again, Change, Judgement
from ledger.audit.judging_at_once import WHOLE, Run
from ledger.audit.rejudge import Difference
from ledger.domain.receipt import Unavailable
from ledger.store.errors import StoreError
from ledger.store.log import Log
from ledger.store.postgres_log import PostgresLog

__all__ = ["KNOWN", "MOST_JUDGED", "TODAY", "WHOLE", "Again", "Change", "Difference", "Judgement", "Rejudging", "Run"]


class Rejudging:
    """What judges the facts of a log again."""

    def __init__(self, log: Log) -> None:
        """Judges a log; one on Postgres by several processes, which open it again."""
        self._log, self._reopen = log, log.opener if isinstance(log, PostgresLog) else None

    def page(self, question: Again, after: int = 0, through: int = 0, most: int = MOST_JUDGED) -> Judgement:
        """Judges a page of facts again, refusals included: see `judged_again.page`. Raises NotFound, Unavailable."""
        try:
            with self._log.reading() as reading:
                return judged_again.page(reading, question, after, through, min(most, MOST_JUDGED))
        except StoreError as error:
            raise Unavailable(f"the store cannot be read now: {error}") from error

    def whole(self, question: Again, run: Run = WHOLE) -> Judgement:
        """Judges the whole log again, by several processes, or what a broken-off run has left. Raises as `page`."""
        judged_again.check(question)
        try:
            return judging_at_once.judge_all(self._log, self._reopen, question, run)
        except StoreError as error:
            raise Unavailable(f"the store cannot be read now: {error}") from error
