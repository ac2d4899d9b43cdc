"""What a rulebook may set: a parameter inside its limits, for all facts or, for lateness, for one type alone."""

import pytest

from ledger.store.rulebook import adoptable
from tests.support import world


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("late-entry-seconds", "3600"),
        ("late-entry-seconds.BedsideIdentityChecked", "2592000"),
        ("tolerance-cells-percent", "0"),
        ("approved-import-countries.US", "1"),
        ("approved-import-countries.DE", "0"),
        ("control-site-confirmation", "2"),
    ],
)
def test_a_rulebook_sets_a_parameter_inside_its_limits(name: str, value: str) -> None:
    assert adoptable(world.rulebook(parameters=[{"name": name, "value": value}]).content.fact) == []


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("late-entry-seconds", "3599", "a whole number from 3600 to 2592000"),
        ("late-entry-seconds.BedsideIdentityChecked", "3599", "a whole number from 3600 to 2592000"),
        ("late-entry-seconds.NoSuchType", "3600", "late-entry-seconds.Type, the only one that can be set"),
        ("tolerance-cells-percent.CellsExpanded", "5", "late-entry-seconds.Type, the only one that can be set"),
        ("approved-import-countries", "1", "approved-import-countries.CODE, a country of two letters"),
        ("approved-import-countries.usa", "1", "approved-import-countries.CODE, a country of two letters"),
        ("approved-import-countries.US", "2", "a whole number from 0 to 1"),
        ("control-site-confirmation", "3", "a whole number from 0 to 2"),
        ("no-such-parameter", "5", "one of approved-import-countries, bedside-check-identifiers, "),
    ],
)
def test_a_rulebook_that_would_switch_a_rule_off_is_malformed(name: str, value: str, must: str) -> None:
    (violation,) = adoptable(world.rulebook(parameters=[{"name": name, "value": value}]).content.fact)
    assert violation.path == "fact.parameters[0]"
    assert violation.description.startswith(f"{name} {value}: must be {must}")
