"""What the tests of the house read: the files of the product and the tools that judge them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("ledger", "services", "coi_client")
TOOLS = Path(sys.executable).parent


def modules(*rooms: str) -> Iterator[Path]:
    """Every Python file of these rooms, in order."""
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def name(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=name(path))


def run(tool: str, *arguments: str) -> str:
    """Run one of the environment's tools at the root; the empty text if it is content, else what it says."""
    done = subprocess.run([TOOLS / tool, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}" or f"exit {done.returncode}"
