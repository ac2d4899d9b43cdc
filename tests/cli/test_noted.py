"""A verified log against what somebody noted of it earlier."""

import pytest

from ledger.api import Verification
from services.cli import noted

ROOT = bytes(range(32))
LOG = Verification(size=51, root=ROOT)


@pytest.mark.parametrize(
    ("size", "root", "holds", "said"),
    [
        (51, ROOT.hex().upper(), True, "size and root are those that you noted"),
        (51, bytes(32).hex(), False, "these are other facts"),
        (60, None, False, "9 facts are gone from its end"),
        (52, ROOT.hex(), False, "1 fact is gone from its end"),
        (40, None, True, "not shorter than the 40 facts"),
        (40, ROOT.hex(), True, "the root at 40 is not compared, only the size"),
    ],
)
def test_a_log_is_compared_with_a_note(size: int, root: str | None, holds: bool, said: str) -> None:
    found = noted.compared(LOG, size, root)
    assert found.holds is holds
    assert said in found.words
