"""Passing a feed on: each piece is posted until it is taken, in order, and only then is its position kept.

So every fact arrives at least once and none is passed over, whoever stops when: the receiver, the ledger or the relay.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from coi.ledger.v1.inspection_pb2 import StoredFact
from coi_client import Heard
from services.cli import screen
from services.cli.failing import Failure
from services.cli.posting import NotTakenError


@dataclass(frozen=True)
class Place:
    """Where a relay is.

    Attributes:
        origin: Name of the log that the position belongs to.
        organisation: Whose feed, as it was typed; empty for the operator's.
        position: The last one that was taken.
    """

    origin: str
    organisation: str
    position: int = 0


class StateFile:
    """Keeps a relay's place in a file."""

    def __init__(self, path: Path) -> None:
        """Nothing is read or written yet."""
        self._path = path

    def read(self, origin: str, organisation: str) -> Place:
        """Reads the place; the beginning when there is no file yet.

        Raises:
            Failure: The file cannot be read, or is that of another feed.
        """
        fresh = Place(origin, organisation)
        try:
            kept = Place(**json.loads(self._path.read_text("utf-8")))
            found = Place(kept.origin, kept.organisation, int(kept.position))
        except FileNotFoundError:
            return fresh
        except (OSError, ValueError, TypeError) as error:
            way_out = "mend it, or take another file to begin anew"
            raise Failure(f"--state {self._path} holds no place of a relay ({error}): {way_out}") from error
        if (found.origin, found.organisation) != (origin, organisation):
            told = f"the feed of {found.organisation or 'the operator'} at {found.origin}"
            raise Failure(f"--state {self._path} is the place in {told}: give each feed a file of its own")
        return found

    def keep(self, place: Place) -> None:
        """Writes the place so that the file is whole whenever the power fails: beside, synced, renamed.

        Raises:
            Failure: It cannot be written.
        """
        draft = self._path.with_name(f".{self._path.name}.draft")
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump(place.__dict__, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Failure(f"--state {self._path} cannot be written: {error}") from error


class Receiver(Protocol):
    """Who is posted to."""

    def send(self, body: bytes, headers: dict[str, str]) -> None:
        """Sends one body; returns when it was taken. Raises NotTakenError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a relay waits before it tries again: twice as long each time, up to a limit, for ever."""

    first: float = 0.5
    longest: float = 60.0

    def pauses(self) -> Iterator[float]:
        """Yields the seconds to wait, one after the other."""
        seconds = self.first
        while True:
            yield seconds
            seconds = min(self.longest, seconds * 2)


_EVERY: Final = 1.0


class Progress:
    """Says what goes on: every trouble at once, good progress once a second at most."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was posted yet."""
        self._say, self._clock = say, clock
        self._posted, self._untold, self._told = 0, False, clock()

    def taken(self, what: str) -> None:
        """One more was taken."""
        self._posted += 1
        self._untold = True
        if self._clock() - self._told >= _EVERY:
            self._tell(what)

    def reached(self, position: int) -> None:
        """There is no more for now."""
        if self._untold:
            self._tell(f"caught up, at {position}")

    def trouble(self, what: str, seconds: float) -> None:
        """Something has to be tried again."""
        self._say(f"{what}; again in {seconds:g} s")

    def _tell(self, what: str) -> None:
        self._say(f"{what}; {self._posted} posted")
        self._untold, self._told = False, self._clock()


class Relay:
    """Passes on what is heard."""

    def __init__(
        self,
        receiver: Receiver,
        state: StateFile,
        place: Place,
        progress: Progress,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Starts at a place."""
        self._receiver, self._state, self._progress = receiver, state, progress
        self._patience, self._sleep = patience, sleep
        self.place = place

    def pass_on(self, heard: Heard) -> None:
        """Posts one piece until it is taken, and then keeps its position.

        Raises:
            Failure: The position cannot be kept.
        """
        if heard.fact is not None or heard.gained is not None:
            self._post(heard)
        if heard.position > self.place.position:
            self.place = Place(self.place.origin, self.place.organisation, heard.position)
            self._state.keep(self.place)
        if heard.fact is None and heard.gained is None:
            self._progress.reached(heard.position)

    def _post(self, heard: Heard) -> None:
        headers, body = posted(heard)
        what = f"#{headers['Coi-Position']} {headers.get('Coi-Type', 'party gained')}"
        for seconds in self._patience.pauses():
            try:
                self._receiver.send(body, headers)
            except NotTakenError as error:
                self._progress.trouble(screen.printable(f"{what} was not taken: {error}"), seconds)
                self._sleep(seconds)
            else:
                self._progress.taken(what)
                return


def posted(heard: Heard) -> tuple[dict[str, str], bytes]:
    """Returns the headers and the body of what is posted: its position is in both."""
    if heard.gained is not None:
        data: dict[str, Any] = {"event": "party_gained", "position": heard.gained.position, "tag": heard.gained.tag}
    else:
        data = _fact(heard.fact or StoredFact())
    headers = {
        "Content-Type": "application/json",
        "Coi-Event": data["event"],
        "Coi-Position": str(data["position"]),
        **({"Coi-Type": data["type"]} if "type" in data else {}),
    }
    return headers, msgspec.json.encode(data)


def _fact(fact: StoredFact) -> dict[str, Any]:
    """A fact: what it is found by, and its stored record as it is; bytes that are no JSON as base64."""
    data: dict[str, Any] = {
        "event": "fact",
        "position": fact.position,
        "type": fact.type,
        "tags": list(fact.tags),
        "inherited": list(fact.inherited),
        "leaf_hash": fact.leaf_hash.hex(),
    }
    try:
        msgspec.json.decode(fact.record)
    except msgspec.DecodeError:
        return data | {"record_base64": base64.b64encode(fact.record).decode()}
    return data | {"record": msgspec.Raw(fact.record)}
