"""Where the server's log goes: to stderr, as JSON for a collector and as plain lines for a person.

Tracebacks are without local variables: those could hold what a caller sent.
"""

import logging
import sys

import structlog


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
        processors.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[severity.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
