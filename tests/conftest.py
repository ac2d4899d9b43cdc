"""Fixtures for every test."""

from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = ["tests.support.clusters"]

LIBRARY = "tests/scenarios/"
"""The library of scenarios: it is to be played in less than five minutes."""


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process says what is logged and where; the next test hears everything."""
    yield
    structlog.reset_defaults()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how long the library took, over all processes together: a duration that no test may judge."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    took = [one.duration for one in reports if one.nodeid.startswith(LIBRARY)]
    if took:
        terminalreporter.write_line(
            f"library of scenarios: {len(took)} tests in {sum(took):.0f} s, less than 300 asked"
        )
