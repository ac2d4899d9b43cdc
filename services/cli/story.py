"""A story file: requests as ProtoJSON with the answers that must come back. `services/stories` holds one."""

from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

POINT_OF_CARE: Final = "point_of_care.json"
"""The story of `coi demo`."""

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
    """A whole story."""

    title: str
    about: str
    coi: str
    steps: tuple[StoryStep, ...]


def packaged() -> tuple[str, ...]:
    """Names of the stories of the package, without their ending."""
    folder = files("services") / "stories"
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")))


def load(name: str = POINT_OF_CARE) -> StoryFile:
    """Reads a story of the package, or of a file.

    Args:
        name: Name of a packaged story, with or without `.json`, or the path of a file.

    Raises:
        OSError: There is no such file.
        msgspec.DecodeError: It is no story.
    """
    stem = name.removesuffix(".json")
    packed = stem in packaged() and not Path(name).is_file()
    octets = (files("services") / "stories" / f"{stem}.json").read_bytes() if packed else Path(name).read_bytes()
    return msgspec.json.decode(octets, type=StoryFile)


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
