"""Where the server's log goes: to stderr, as JSON for a collector and as plain lines for a person.

Lines bear no traceback: the words of an error could hold what a caller sent (see `services/outline.py`).
"""

import logging
import sys
import threading
from pathlib import PurePath

import structlog

from services.outline import outline


def to_stderr(severity: str = "info") -> None:
    """Sends the log of this process to stderr.

    Args:
        severity: Least severity that is written: `debug`, `info`, `warning` or `error`.
    """
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        processors.append(structlog.dev.ConsoleRenderer())
    else:
        processors.append(structlog.processors.JSONRenderer())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[severity.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def all_to_stderr(severity: str) -> None:
    """The same, and has what libraries log, and what ends a thread, come in such lines: for a process that serves."""
    to_stderr(severity)
    logging.basicConfig(level=logging.WARNING, handlers=[_Wordless()], force=True)
    threading.excepthook = _thread_failed


class _Wordless(logging.Handler):
    """Writes that a library logged, from where, and of which kind an error was: its words could be anybody's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        place = f"{'/'.join(PurePath(record.pathname).parts[-2:])}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        told = {} if error is None else {"error": outline(error)}
        structlog.get_logger("coi.server").warning("a library logs", logger=record.name, place=place, **told)


def _thread_failed(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None:
        structlog.get_logger("coi.server").error("a thread failed", error=outline(told.exc_value))
