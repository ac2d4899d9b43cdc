"""Content that was stored before identifiers were checked: it stays readable for ever, and nobody can send it any more.

These files are never edited: what they hold is in ledgers.
"""

from pathlib import Path

import pytest

from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content, UnknownFact
from ledger.domain.identifiers import schemes
from services.mapping import incoming, outgoing
from tests.support import samples, world
from tests.support.judged import Asked, given

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "content_before_checks"
FILES = tuple(sorted(path.name for path in FOLDER.glob("*.json")))


def stored(file: str) -> bytes:
    """What stands in the golden file."""
    return (FOLDER / file).read_bytes().removesuffix(b"\n")
