"""Reads facts.md: its rows of fact types (section 3), its tables of fields and its table of enums (section 5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "facts.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class TypeRow:
    """One row of section 3."""

    no: int
    name: str
    kind: str
    own_tags: str
    sign: str
    main_fields: str
    step: str
    stage: str

    @property
    def server_made(self) -> bool:
        return "†" in self.name


@dataclass(frozen=True)
class FieldRow:
    """One row of a message's table."""

    number: int
    name: str
    type: str
    need: str
    meaning: str


@dataclass(frozen=True)
class MessageTable:
    """One message of section 5."""

    name: str
    meaning: str
    stage: str
    fields: tuple[FieldRow, ...]


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def section(number: int) -> str:
    """The text of one numbered section."""
    return re.split(r"^## \d+\. .*$", TEXT, flags=re.MULTILINE)[number]


@cache
def type_rows() -> tuple[TypeRow, ...]:
    """Every fact type of section 3, built or not."""
    rows, stage = [], ""
    for line in section(3).splitlines():
        if line.startswith("### "):
            stage = line.split()[-1]
        elif re.match(r"\| \d+ \|", line):
            no, name, kind, own, _, sign, fields, _, _, step = cells(line)
            rows.append(TypeRow(int(no), name, kind, own, sign, fields, step, stage))
    return tuple(rows)


def _tables() -> Iterator[MessageTable]:
    stage = ""
    for block in re.split(r"^(?=#{3,4} )", section(5), flags=re.MULTILINE):
        title, _, rest = block.partition("\n")
        if title.startswith("### "):
            stage = title.split()[2].lower()
        elif title.startswith("#### "):
            rows = [cells(line) for line in rest.splitlines() if re.match(r"\| \d+ \|", line)]
            fields = tuple(FieldRow(int(number), *words) for number, *words in rows)
            yield MessageTable(title.removeprefix("#### ").strip(), rest.strip().splitlines()[0], stage, fields)


@cache
def messages() -> dict[str, MessageTable]:
    """Every message of section 5 by name."""
    return {table.name: table for table in _tables()}


@cache
def enums() -> dict[str, tuple[str, ...]]:
    """Every enum of section 5 and its values in their order."""
    rows = [cells(line) for line in section(5).partition("### 5.13 ")[2].splitlines() if line.startswith("| ")]
    return {name: tuple(values.split(", ")) for name, values, _ in rows if name != "enum"}
