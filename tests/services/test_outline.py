"""What the log says of an error that nobody foresaw: kinds and places, never words."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from services.outline import outline

ROOT = Path(__file__).parents[2]
SECRET = "Mrs Miggins, 999 023 4567"


def plain() -> None:
    raise ValueError(SECRET)


def caused() -> None:
    try:
        plain()
    except ValueError as error:
        raise RuntimeError(f"could not: {error}") from error


def followed() -> None:
    try:
        plain()
    finally:
        raise KeyError(SECRET)


def named_after_a_value() -> None:
    raise type(SECRET, (Exception,), {})


def a_field() -> None:
    msgspec.convert({"born": SECRET}, dict[str, int])


@pytest.mark.parametrize(
    ("fails", "kinds"),
    [
        (plain, ["builtins.ValueError"]),
        (caused, ["builtins.RuntimeError", "after builtins.ValueError"]),
        (followed, ["builtins.KeyError", "after builtins.ValueError"]),
        (a_field, ["msgspec.ValidationError"]),
    ],
)
def test_kinds_and_places_are_told_and_no_words(fails: Callable[[], None], kinds: list[str]) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any kind
        fails()
    told = outline(raised.value)
    assert [line for line in told if not line.startswith("  ")] == kinds
    assert any(line.endswith(f" {fails.__name__}") and "tests/services/test_outline.py:" in line for line in told)
    assert not any(word in line for word in SECRET.split() for line in told)


def test_an_error_that_goes_round_in_a_circle_is_told_once_over() -> None:
    one, other = ValueError(SECRET), KeyError(SECRET)
    one.__cause__, other.__cause__ = other, one
    assert len(outline(one)) == 8


def test_no_line_of_the_log_is_given_an_error_itself() -> None:
    """A traceback ends in the words of its error."""
    given = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "services").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("exc_info=", '.exception("', "format_exc"))
    ]
    assert given == []


THREADS = """
import asyncio, threading
from services.cli.logs import all_to_stderr
all_to_stderr("info")
def fail(): raise ValueError("Mrs Miggins")
thread = threading.Thread(target=fail); thread.start(); thread.join()
async def main():
    asyncio.get_running_loop().call_soon(fail)
    lost = asyncio.create_task(failing()); await asyncio.sleep(0); await asyncio.sleep(0); del lost
async def failing(): raise ValueError("Mrs Miggins")
asyncio.run(main())
"""


def test_what_fails_beside_all_calls_is_told_without_its_words_too() -> None:
    told = subprocess.run([sys.executable, "-c", THREADS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Miggins" not in told.stderr
    assert told.stderr.count("builtins.ValueError") == 3
