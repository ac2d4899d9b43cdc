"""Ledgers in memory that the tests of this room open are closed after each of them."""

from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - a fixture, used by its name
