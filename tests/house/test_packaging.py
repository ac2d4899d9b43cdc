"""What leaves the house: requirements that pin without naming a host, and a wheel that holds everything."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT

SETS = ("build", "runtime", "dev")
REQUIREMENTS = tuple(f"requirements/{which}.txt" for which in SETS)
ROOMS = {
    "clients/node": {"@grpc/grpc-js", "@grpc/proto-loader"},
    "tests/bench/peers": {"@event-driven-io/emmett", "@event-driven-io/emmett-postgresql", "@eventide/message-db"},
}
"""Rooms with modules of npm, and what each asks for."""

MODULES = tuple(f"{room}/{file}" for room in ROOMS for file in ("package.json", "npm-shrinkwrap.json"))
SHA512 = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
PINNED = re.compile(
    r"(?P<name>[a-z0-9-]+)(?:\[[a-z,]+\])?==(?P<version>[^ ]+)(?: ; [^\\\n]+)?"  # one version, perhaps somewhere only
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"  # and nothing but its known files
)


def text(which: str) -> str:
    """One requirement file."""
    return (ROOT / "requirements" / f"{which}.txt").read_text(encoding="utf-8")


def pins(which: str) -> dict[str, str]:
    """Name and version of everything that one file pins."""
    return {pin["name"]: pin["version"] for pin in PINNED.finditer(text(which))}


@pytest.mark.parametrize("which", SETS)
def test_every_requirement_is_pinned_by_hash_and_nothing_else_is_said(which: str) -> None:
    assert PINNED.sub("", text(which)) == ""


@pytest.mark.parametrize("file", ["Makefile", ".ci/run", *REQUIREMENTS, *MODULES])
def test_no_index_is_named(file: str) -> None:
    assert (
        re.findall(r"\S*://\S*|--(?:extra-)?index\S*|--find-links\S*", (ROOT / file).read_text(encoding="utf-8")) == []
    )


@pytest.mark.parametrize(("room", "asked"), ROOMS.items(), ids=ROOMS)
def test_every_module_of_npm_is_pinned_by_hash(room: str, asked: set[str]) -> None:
    files = (ROOT / room / "package.json", ROOT / room / "npm-shrinkwrap.json")
    wanted, locked = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    modules = {path.removeprefix("node_modules/"): module for path, module in locked["packages"].items() if path}
    assert {name: module for name, module in modules.items() if not SHA512.fullmatch(module.get("integrity", ""))} == {}
    assert wanted["dependencies"].keys() == asked
    assert {name: modules[name]["version"] for name in wanted["dependencies"]} == wanted["dependencies"]


@pytest.mark.parametrize("which", ["build", "runtime"])
def test_developers_run_what_users_run(which: str) -> None:
    assert pins(which).items() <= pins("dev").items()


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[^A-Za-z0-9-]", dependency)[0] for dependency in project["dependencies"]}
    assert names - pins("runtime").keys() == set()


@pytest.mark.parametrize("package", ["grpcio", "grpcio-health-checking", "grpcio-reflection", "grpcio-status"])
def test_the_runtime_is_as_new_as_the_generator(package: str) -> None:
    assert pins("runtime")[package] == pins("dev")["grpcio-tools"]


def test_the_wheel_holds_the_library_the_programs_the_client_and_the_contract(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    roots = {**dict.fromkeys(PRODUCT, ROOT), "coi": ROOT / "protos"}
    kept = {
        path.relative_to(root).as_posix()
        for room, root in roots.items()
        for path in (root / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    generated = {
        path.relative_to(ROOT / "protos/gen").as_posix()
        for path in (ROOT / "protos/gen").rglob("*.py*")
        if path.suffix != ".pyc"
    }
    assert (kept | generated | {"coi/service_config.json"}) - packed == set()
