"""Runs the programs of `clients/node`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.house.tree import ROOT, TOOLS

FOLDER = ROOT / "clients" / "node"
INSTALLED = FOLDER / "node_modules"


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it said."""

    code: int
    lines: list[str]
    error: str


def run(program: str, *arguments: str | Path) -> Done:
    """Runs one program to its end."""
    assert INSTALLED.is_dir(), "make install"
    command = [TOOLS / "node", FOLDER / program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return Done(done.returncode, done.stdout.splitlines(), done.stderr)
