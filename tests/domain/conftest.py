"""Fixtures of the domain's tests."""

from hypothesis import settings

from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - pytest finds it here

settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
