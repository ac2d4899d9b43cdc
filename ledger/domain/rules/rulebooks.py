"""The rulebooks that were released, by number. Written by `make freeze`; rulebook 0 promises nothing and is none."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.rules.rulebook import Released

RULEBOOKS: Final[Mapping[int, Released]] = MappingProxyType({})
"""From 1 on."""
