"""The released rulebooks as the program has them, and the hashes of what they ask."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ledger.domain.rules import rulebooks
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rulebook import Released
from ledger.domain.rules.rulebooks import RULEBOOKS
from tests.house.tree import ROOT
from tests.support.frozen import sources

FOLDER: Final = ROOT / "tests" / "golden" / "rulebooks"
"""A file for each rulebook: each rule with its revision and the hash of its source."""

_TABLE: Final = re.compile(r"(?<=MappingProxyType\().*(?=\)\n\"\"\"From 1 on)", re.DOTALL)
"""Where the program's module of rulebooks has them."""


def freeze(number: int) -> None:
    """Writes a rulebook of the newest revisions, as the program's, and the hashes of their sources.

    Raises:
        SystemExit: The number is not the newest one, nor the one after it.
    """
    newest = max(RULEBOOKS, default=0)
    if number not in {newest, newest + 1} or not number:
        raise SystemExit(f"rulebook {number} cannot be written: the newest is {newest}; give NUMBER={newest + 1}")
    rules = {rule.id: rule.revision for rule in RULES.values()}
    found = {**RULEBOOKS, number: Released(rules, dict(DEFAULTS))}
    file = Path(rulebooks.__file__)
    table = "".join(
        f"{at}: Released({dict(one.rules)!r}, {{{_written(one.parameters)}}})," for at, one in found.items()
    )
    file.write_text(_TABLE.sub(lambda _: f"{{{table}}}", file.read_text("utf-8")), "utf-8")
    subprocess.run([str(Path(sys.executable).with_name("ruff")), "format", "--quiet", str(file)], check=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{number}.json").write_text(json.dumps(told(found[number]), indent=1) + "\n", "utf-8")


def _written(parameters: Mapping[str, str]) -> str:
    """Parameters as source; a long one, which is a list of words, over several lines."""
    lines = {name: re.findall(r".{1,60}(?: |$)", value) or [""] for name, value in sorted(parameters.items())}
    written = {name: " ".join(map(repr, parts)) for name, parts in lines.items()}
    return ", ".join(f"{name!r}: {f'({text})' if len(lines[name]) > 1 else text}" for name, text in written.items())


def told(released: Released) -> dict[str, Any]:
    """What is kept of a rulebook: each rule with its revision and hash, and the parameters."""
    hashes = {(rule.id, rule.revision): sources.digest(place) for rule, place in sources.revisions()}
    rules = [
        {"rule": rule, "revision": revision, "sha256": hashes.get((rule, revision), "gone")}
        for rule, revision in released.rules.items()
    ]
    return {"parameters": dict(sorted(released.parameters.items())), "rules": rules}


def edited(number: int, kept: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Says what differs from a rulebook as it was released, each with the way out."""
    before = {(one["rule"], one["revision"]): one["sha256"] for one in kept["rules"]}
    after = {(one["rule"], one["revision"]): one["sha256"] for one in now["rules"]}
    found = []
    for rule, revision in sorted({*before, *after}):
        if before.get((rule, revision)) != after.get((rule, revision)):
            newer = f"{rule}_{revision + 1} = Rule(id={rule!r}, revision={revision + 1}, …)"
            found.append(
                f"{rule} revision {revision} was released with rulebook {number} and is not what it was. Put its "
                f"source back, with all that it reaches, and declare {newer} beside it, with functions of its own "
                f"where they differ; then `make freeze NUMBER={number + 1}` writes the rulebook that asks it."
            )
    if kept["parameters"] != now["parameters"]:
        found.append(f"the parameters of rulebook {number} are not what they were: a new rulebook may have others")
    return found
