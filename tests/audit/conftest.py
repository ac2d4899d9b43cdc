"""Fixtures of the audit's tests."""

from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - pytest finds it here
