"""The wire contract: in good style, never broken, and the code made from it current. Nothing here asks a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, run

pytestmark = pytest.mark.xdist_group("protos")


def test_the_contract_is_in_good_style() -> None:
    assert run("buf", "lint") == ""


def test_the_contract_breaks_nobody() -> None:
    broken = run("buf", "breaking", "protos", "--exclude-imports", "--against", "protos/baseline.binpb")
    assert broken == "", "if it has to: make protos-baseline"


def test_the_contract_is_formatted() -> None:
    assert run("buf", "format", "--diff", "--exit-code", "protos") == "", "make format"


def test_the_generated_code_is_current(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "protos/generate.py", tmp_path], cwd=ROOT, check=True)
    assert contents(ROOT / "protos" / "gen") == contents(tmp_path), "make protos"


def contents(folder: Path) -> dict[str, str]:
    """Every generated file and its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py*"))
        if path.suffix in {".py", ".pyi"}
    }
