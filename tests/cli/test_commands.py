"""How commands speak: help that teaches, errors that name the value and the way out, and exit codes."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.domain.rules.catalogue import RULES
from services.cli import COMMANDS, main
from services.cli.options import MOMENT
from tests.cli import samples


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment, catch_exceptions=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_an_example_in_eighty_columns(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"  coi {name}" in result.stdout.partition("Examples:")[2]
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_help_names_every_command() -> None:
    assert [name for name in COMMANDS if f"  {name} " not in run("--help").stdout] == []


def test_an_unknown_command_cannot_run() -> None:
    assert run("frobnicate").exit_code == 2


@pytest.mark.parametrize("name", ["replay", "trace", "lookup"])
def test_a_server_that_does_not_answer_is_named_with_the_way_out(name: str) -> None:
    result = run(name, "CHA999926000017", "--target", "127.0.0.1:1")
    assert result.exit_code == 2
    assert "127.0.0.1:1" in result.stderr
    assert "coi serve" in result.stderr


def test_a_target_of_the_environment_is_used() -> None:
    assert "127.0.0.1:2" in run("replay", "CHA999926000017", COI_TARGET="127.0.0.1:2").stderr


@pytest.mark.parametrize("name", ["verify", "doctor"])
def test_a_folder_without_a_store_is_named(name: str, tmp_path: Path) -> None:
    result = run(name, "--data", str(tmp_path / "nothing"))
    assert result.exit_code == 2
    assert "nothing" in result.stderr


def test_two_stores_at_once_are_refused() -> None:
    result = run("replay", "CHA999926000017", "--dsn", "x", "--data", "y")
    assert (result.exit_code, result.stderr) == (2, "coi: --dsn and --data name different stores: give one of them\n")


def test_verify_does_not_believe_a_server() -> None:
    result = run("verify", "--target", "localhost:1")
    assert result.exit_code == 2
    assert "--data DIR or --dsn" in result.stderr
    assert "--target" not in run("verify", "--help").stdout


def test_both_forms_of_one_axis_are_refused() -> None:
    result = run("replay", "X", "--known-at", "2026-04-13", "--at-position", "3")
    assert result.exit_code == 2
    assert "give one of them" in result.stderr


def test_a_root_without_its_size_and_a_root_that_is_none_are_refused() -> None:
    assert "--size" in run("verify", "--root", "ab").stderr
    result = run("verify", "--root", "ab", "--size", "3")
    assert (result.exit_code, "64 hexadecimal digits" in result.stderr) == (2, True)


def test_both_ways_exclude_each_other() -> None:
    assert run("trace", "X", "--forward", "--back").exit_code == 2


def test_a_setting_that_cannot_be_used_is_named() -> None:
    result = run("replay", "X", COI_PORT="many")
    assert result.exit_code == 2
    assert "COI_PORT is 'many'" in result.stderr


def test_a_demo_never_mixes_with_what_a_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    result = run("demo", "--keep", str(tmp_path))
    assert result.exit_code == 2
    assert "not empty" in result.stderr


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-04-14T11:27", "2026-04-14T10:27:00+00:00"),
        ("2026-01-14T11:27", "2026-01-14T11:27:00+00:00"),
        ("2026-04-14T10:27Z", "2026-04-14T10:27:00+00:00"),
        ("2026-04-14T12:27+02:00", "2026-04-14T10:27:00+00:00"),
        ("2026-04-14", "2026-04-14T23:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_uk_time_and_a_day_means_its_end(text: str, moment: str) -> None:
    assert MOMENT.convert(text, None, None).isoformat() == moment


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        (
            "2026-10-25T01:30",
            ["showed '2026-10-25T01:30' twice", "2026-10-25T00:30Z (summer", "2026-10-25T01:30Z (winter"],
        ),
        ("2026-03-29T01:15", ["never showed '2026-03-29T01:15'", "2026-03-29T00:15Z", "2026-03-29T01:15Z"]),
    ],
)
def test_a_time_that_uk_clocks_showed_twice_or_never_is_refused_with_its_readings(
    text: str, readings: list[str]
) -> None:
    for command in ("replay", "trace"):
        result = run(command, "X", "--known-at", text)
        assert result.exit_code == 2
        assert [reading for reading in readings if reading not in result.stderr] == []


@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:30", "2026-02-30", "14/04/2026"])
def test_what_is_no_time_is_told_how_times_are_written(text: str) -> None:
    result = run("replay", "X", "--as-of", text)
    assert result.exit_code == 2
    assert text in result.stderr
    assert "2026-04-14T11:27" in result.stderr


def test_rules_are_listed_with_what_is_live() -> None:
    result = run("rules")
    assert result.exit_code == 0
    assert f"{len(RULES)} of them live" in result.stdout
    listed = re.findall(r"^([A-Z][0-9]+) +(?:live|planned)", result.stdout, re.MULTILINE)
    assert listed[:11] == ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "D1"]


def test_rules_as_json_have_the_agreed_names() -> None:
    told = json.loads(run("rules", "--json").stdout)
    assert samples.shape(told) == {
        "rules": [{"id": "str", "status": "str", "text": "str", "source": "str", "owner": "str", "override": "str"}]
    }
    assert {rule["status"] for rule in told["rules"]} == {"live"}


def test_one_rule_is_shown_in_full_whatever_its_case() -> None:
    result = run("rules", "i1")
    assert result.exit_code == 0
    assert "Directive 2006/86/EC" in result.stdout


def test_a_rule_that_is_not_there_is_a_finding() -> None:
    assert run("rules", "Z99").exit_code == 1


def test_fact_types_are_listed_with_kind_tags_signatures_and_rules() -> None:
    text = run("rules", "--facts").stdout
    assert " 69  ApheresisPerformed  happening" in text
    assert "tags   coi donation" in text
    assert "SiteSuspendedByLicensingAuthority  register, never refused" in text
