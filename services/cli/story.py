"""A story file: requests as ProtoJSON with the answers that must come back. `services/stories` holds one.

A scenario is a story told in short (`composing`); `services/stories/library` holds those of the law.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

POINT_OF_CARE: Final = "point_of_care.json"
"""The story of `coi demo`."""

_STORIES: Final = files("services") / "stories"
_LIBRARY: Final = _STORIES / "library"

REFERENCE: Final = "$position"
"""`{"$position": NAME}` stands for the position, as text, that the step of this name was given."""


class Expected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer that must come back.

    Attributes:
        state: RECORDED or RECORDED_AS_DEVIATION; absent for a refusal.
        refused: Rules that bar it.
        notes: Rules that leave a note.
        cures: Rules of open deviations that it cures.
        may_follow: Whether the receipt must clear the next step; not looked at when left out.
    """

    state: str | None = None
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    may_follow: bool | None = None


class Signing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who signs a step."""

    person: dict[str, str]
    printed_name: str
    meaning: str


class StoryStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request.

    Attributes:
        name: Unique in the story.
        step: What happens, in one sentence.
        rpc: `ProcurementService/RecordApheresisPerformed`.
        recorded_at: What the ledger's clock shows when it arrives.
        request: ProtoJSON of the request.
        sign: Who signs what comes back from validate_only.
        expect: The answer.
    """

    name: str
    step: str
    rpc: str
    recorded_at: datetime
    request: dict[str, Any]
    expect: Expected
    sign: tuple[Signing, ...] = ()

    @property
    def type(self) -> str:
        """Fact type that it records."""
        return self.rpc.partition("/Record")[2]


class StoryFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole story.

    Attributes:
        title: What it is about, in one line.
        about: What happens, and on which law it rests.
        ends: How it ends, as the law says it must.
        coi: Tag of the chain, or of the thing, that it follows.
        state: How things stand at the end, by their tags (`ending`); it says nothing of its end when left out.
        open: Rows that are left in each reading list of unsettled things; one that is not named is empty.
        steps: Its steps.
    """

    title: str
    about: str
    ends: str = ""
    coi: str
    state: dict[str, str] = {}
    open: dict[str, int] = {}
    steps: tuple[StoryStep, ...]


class _Sketch(Struct, frozen=True):
    """What tells a story in full from one in short."""

    begins_with: tuple[str, ...] = ()
    steps: tuple[dict[str, Any], ...] = ()

    @property
    def short(self) -> bool:
        return bool(self.begins_with) or not all("request" in step for step in self.steps)


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A story told in short.

    Attributes:
        title: What it is about, in one line.
        about: What happens, and on which law it rests.
        ends: How it ends, as the law says it must.
        coi: Tag of the chain, or of the thing, that it follows.
        state: How things stand at the end: `material dose` is the kind and a name of the scenario, or scheme:value.
        open: As in a story.
        begins_with: Files whose steps come first, in their order: each a name, or `NAME:STEP` for the steps up to one.
        without: Names of their steps that are left out.
        changes: What differs in their steps, by name.
        names: What the names that it uses stand for; they go before those of what it begins with.
        steps: Its own steps (`composing.Told`), each at the end, or `before` a step of what it begins with.
    """

    title: str
    about: str
    ends: str = ""
    coi: str = ""
    state: dict[str, str] = {}
    open: dict[str, int] = {}
    begins_with: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    changes: dict[str, dict[str, Any]] = {}
    names: dict[str, Any] = {}
    steps: tuple[dict[str, Any], ...] = ()


def packaged() -> tuple[str, ...]:
    """Names of the stories of the package, without their ending."""
    return _in(_STORIES)


def library() -> tuple[str, ...]:
    """Names of the scenarios of the package, without their ending."""
    return _in(_LIBRARY)


def _in(folder: Traversable) -> tuple[str, ...]:
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")))


def load(name: str = POINT_OF_CARE) -> StoryFile:
    """Reads a story of the package, or of a file.

    Args:
        name: Name of a packaged story or scenario, with or without `.json`, or the path of a file.

    Raises:
        OSError: There is no such file.
        msgspec.DecodeError: It is no story.
    """
    stem = name.removesuffix(".json")
    if Path(name).is_file():
        return _read(Path(name), Path(name).stem)
    for folder in (_STORIES, _LIBRARY):
        if stem in _in(folder):
            return _read(folder / f"{stem}.json", stem)
    return _read(Path(name), stem)


def _read(file: Traversable, stem: str) -> StoryFile:
    octets = file.read_bytes()
    if msgspec.json.decode(octets, type=_Sketch).short:
        return composed(stem, msgspec.json.decode(octets, type=Scenario))
    return msgspec.json.decode(octets, type=StoryFile)


def composed(stem: str, scenario: Scenario) -> StoryFile:
    """Returns the story that a scenario tells in short.

    Args:
        stem: Its name, from which the keys of its requests are made.
        scenario: It.

    Raises:
        OSError: What it begins with is not there.
        msgspec.ValidationError: A step cannot be told.
    """
    from services.cli.composing import Composer
    from services.cli.shorthand import UnclearError

    openings = [*_openings(scenario.begins_with)]
    names = {name: value for opening in openings for name, value in opening.names.items()} | scenario.names
    composer = Composer(stem, names)
    steps = []
    for raw in _placed(stem, openings, scenario):
        try:
            steps.append(composer.step(raw))
        except (UnclearError, KeyError, msgspec.ValidationError) as error:
            raise msgspec.ValidationError(f"step {raw.get('name')!r} of {stem} cannot be told: {error}") from error
    whole = {
        "title": scenario.title,
        "about": scenario.about,
        "ends": scenario.ends,
        "coi": scenario.coi or str(names.get("follows", "")),
        "state": {_tag(thing, names): stands for thing, stands in scenario.state.items()},
        "open": scenario.open,
        "steps": steps,
    }
    return msgspec.convert(whole, StoryFile)


def _tag(thing: str, names: dict[str, Any]) -> str:
    """The tag of a thing that is named by its kind and a name of the scenario."""
    kind, _, name = thing.partition(" ")
    return f"{kind}:{names.get(name, name)}"


def _placed(stem: str, openings: list[Scenario], scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Its own steps and those of what it begins with, as it changes them, in the order in which they are told."""
    from services.cli.composing import merged

    earlier = [step for opening in openings for step in opening.steps]
    known = {str(step["name"]) for step in earlier}
    between: dict[str, list[dict[str, Any]]] = {}
    for step in scenario.steps:
        own = {name: value for name, value in step.items() if name != "before"}
        between.setdefault(str(step.get("before", "")), []).append(own)
    if unknown := {*scenario.changes, *scenario.without, *between} - known - {""}:
        raise msgspec.ValidationError(f"{stem} changes {min(unknown)!r}, which is no step of what it begins with")
    for step in earlier:
        yield from between.get(str(step["name"]), ())
        if step["name"] not in scenario.without:
            yield merged(step, scenario.changes.get(str(step["name"]), {}))
    yield from between.get("", ())


def _openings(names: tuple[str, ...]) -> Iterator[Scenario]:
    """What a scenario begins with; of `NAME:STEP` up to and with this step."""
    for name in names:
        stem, _, last = name.partition(":")
        opening = msgspec.json.decode((_LIBRARY / "beginnings" / f"{stem}.json").read_bytes(), type=Scenario)
        if last:
            told = [step["name"] for step in opening.steps]
            if last not in told:
                raise msgspec.ValidationError(f"{stem} has no step {last!r}")
            opening = msgspec.structs.replace(opening, steps=opening.steps[: told.index(last) + 1])
        yield opening


def with_positions(request: Any, positions: dict[str, int]) -> Any:  # noqa: ANN401 - any JSON value
    """Returns a request with its references to earlier steps replaced.

    A position is written as text, as ProtoJSON writes 64-bit numbers: so it also names a deviation, which bears the
    position at which it was recorded.

    Raises:
        KeyError: It names a step that was not played before.
    """
    if isinstance(request, list):
        return [with_positions(item, positions) for item in request]
    if not isinstance(request, dict):
        return request
    if request.keys() == {REFERENCE}:
        return str(positions[request[REFERENCE]])
    return {name: with_positions(value, positions) for name, value in request.items()}
