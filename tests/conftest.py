"""Fixtures for every test."""

from collections.abc import Iterator

import pytest
import structlog

pytest_plugins = ["tests.support.clusters"]


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process says what is logged and where; the next test hears everything."""
    yield
    structlog.reset_defaults()
