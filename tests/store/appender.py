"""A writer in a process of its own: appends one fact per key from a list that others may append from too.

Usage: python -m tests.store.appender DSN COUNT FIRST_KEY. Prints the keys that it was the one to store.
"""

import sys

from ledger.store.postgres_log import PostgresLog
from tests.store.drafts import ORGANISATION, Draft, key_of, put


def store_once(log: PostgresLog, number: int) -> bool:
    """Store a fact unless its key is spent; True if it was stored now."""
    with log.appending() as block:
        key = key_of(number, block.head().size + 1)
        if block.keys([(ORGANISATION, key.id)]):
            return False
        put(block, [Draft(tags=[f"key:{number}"])], [key])
        return True


def main(dsn: str, count: int, first: int) -> None:
    """Append and report."""
    log = PostgresLog(dsn)
    sys.stdout.write(" ".join(str(number) for number in range(first, first + count) if store_once(log, number)))
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
