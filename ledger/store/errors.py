"""What can go wrong in a log, by what the caller must do next.

::

    StoreError
    ├── Unknown        stored or not: reconnect, take the writers' lock first, look the keys up
    └── NotStored      nothing of the block was stored
        ├── Rejected   the rows are at fault: append them singly, refuse the one that fails again
        ├── Held       the store is at fault: answer UNAVAILABLE, the same key may be sent again
        │   └── Unfit  it could lose or change what it acknowledged: the same, until an operator has mended it
        └── Misplaced  a bug: the rows do not follow the head that was read under the lock

Decided in one place per log, by the state of the connection and by SQLSTATE, never by the class of an exception.
"""

_REJECTED = frozenset({"22", "23", "54"})
"""SQLSTATE classes that blame the data: data exception, integrity violation, program limit exceeded."""


class StoreError(Exception):
    """The log could not do what was asked.

    Attributes:
        sqlstate: five characters where Postgres gave them, else empty.
    """

    def __init__(self, message: str, sqlstate: str = "") -> None:
        """Keep the message and the SQLSTATE."""
        super().__init__(message)
        self.sqlstate = sqlstate


class Unknown(StoreError):  # noqa: N818 - a state of knowledge, named as the design names it
    """The connection was lost, COMMIT had been sent, or a standby did not confirm: it may be stored."""


class NotStored(StoreError):  # noqa: N818 - the same
    """The transaction was rolled back: nothing of it is stored."""


class Rejected(NotStored):
    """The rows themselves cannot be stored: too long, a NUL, a doubled key or tag."""


class Held(NotStored):
    """The store cannot append now: disk full, shutting down, cancelled, not reachable, a lock conflict."""


class Unfit(Held):
    """The store must not be appended to as it is set up; the message says what is wrong and what to do."""


class Misplaced(NotStored):
    """Rows that do not follow the head: a bug in the caller, stopped before it could be stored."""


def from_sqlstate(sqlstate: str, message: str) -> NotStored:
    """Name the error for a transaction that is known to be rolled back.

    Args:
        sqlstate: five characters; anything that does not blame the data holds the log.
        message: what the database said.
    """
    if sqlstate[:2] in _REJECTED:
        return Rejected(message, sqlstate)
    return Held(message, sqlstate)
