"""Every rule in force has a test that it accepts what is right and one that it refuses what is not."""

import re
from pathlib import Path

from ledger.domain.rules.catalogue import RULES

NAMES = re.compile(r"^def test_([A-Z]+[0-9]+)_(accepts|refuses)_", re.MULTILINE)


def test_every_rule_in_force_has_an_accepting_and_a_refusing_test() -> None:
    room = Path(__file__).parent
    found = {match for path in room.glob("test_*.py") for match in NAMES.findall(path.read_text(encoding="utf-8"))}
    assert found == {(rule, verb) for rule in RULES for verb in ("accepts", "refuses")}
