"""The cohort: the story of one patient, told for many, each with identifiers of their own."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.record import Recorder
from ledger.domain.identifiers import gs1, schemes
from ledger.domain.receipt import Draft

_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.]+Z")
_OWN: Final = {
    "isbt128-coi": re.compile(r"\d{6}$"),
    "isbt128-din": re.compile(r"\d{6}$"),
    "isbt128-mpho": re.compile(r"\d{6}(?=.{6}$)"),
    "pseudonym": re.compile(r".{6}$"),
    "sample.RR8": re.compile(r"\d{5}$"),
    "gs1-sscc": re.compile(r"(?<=.)\d{6}(?=\d{2}$)"),
}


def _renamed(item: Any, number: int) -> Any:  # noqa: ANN401 - any JSON
    """Gives a chain's own identifiers another number, everywhere in a request."""
    if isinstance(item, list):
        return [_renamed(one, number) for one in item]
    if not isinstance(item, dict):
        return item
    scheme, value = item.get("scheme"), item.get("value")
    if isinstance(scheme, str) and isinstance(value, str):
        if scheme in _OWN:
            own = _OWN[scheme].sub(f"{number:06d}", value, count=1)
            return {**item, "value": own[:-1] + gs1.check_digit(own[:-1]) if scheme == schemes.SSCC else own}
        if scheme.startswith("batch."):
            return {**item, "value": f"{value}/{number:06d}"}
        return item
    return {name: _renamed(one, number) for name, one in item.items()}


class Cohort:
    """The packaged story without what needs the position of an earlier fact, and without what is refused in it.

    Times are moved so that the infusion starts ten minutes from now: a decision counts when it is recorded, and a
    claimed time that lies ahead counts as its recording, so a chain told at once keeps its order.
    """

    def __init__(self, now: datetime) -> None:
        """Reads the story and moves it."""
        text = resources.files("services.stories").joinpath("point_of_care.json").read_text("utf-8")
        steps = [(step["rpc"].partition("/Record")[2], step) for step in json.loads(text)["steps"]]
        starts = next(step for name, step in steps if name == "AdministrationStarted" and "state" in step["expect"])
        began = datetime.fromisoformat(starts["request"]["envelope"]["occurred_at"]["time"])
        self._moved = now + timedelta(minutes=10) - began
        told = [
            (name, step) for name, step in steps if name not in ("DidNotHappen", "RecordedAsDeviation", "Corrected")
        ]
        wanted = [(name, step) for name, step in told if "state" in step["expect"] or name == "ConsignmentReceived"]
        self._registers = [(name, step["request"]) for name, step in wanted if TYPES[name].about.stage == "registry"]
        self._story = [(name, step["request"]) for name, step in wanted if TYPES[name].about.stage != "registry"]
        late = max(place for place, (name, _) in enumerate(self._story) if name == "ConsignmentDispatched")
        self._story.insert(late - 1, self._story.pop(late))
        self._story = [(name, _without_positions(request)) for name, request in self._story]

    def registers(self) -> Iterator[Draft]:
        """The registers, once."""
        return (
            _draft(name, request) for name, request in self._registers if name != "SiteSuspendedByLicensingAuthority"
        )

    def chain(self, number: int) -> list[Draft]:
        """The facts of one patient, in order."""
        return [_draft(name, _later(_renamed(request, number), self._moved)) for name, request in self._story]


def _without_positions(item: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(item, list):
        return [_without_positions(one) for one in item]
    if isinstance(item, dict):
        kept = {name: one for name, one in item.items() if not (isinstance(one, dict) and "$position" in one)}
        return {name: _without_positions(one) for name, one in kept.items()}
    return item


def _later(item: Any, by: timedelta) -> Any:  # noqa: ANN401 - any JSON
    """Moves every time in a request; days stay."""
    if isinstance(item, list):
        return [_later(one, by) for one in item]
    if isinstance(item, dict):
        return {name: _later(one, by) for name, one in item.items()}
    if isinstance(item, str) and _TIME.fullmatch(item):
        return (datetime.fromisoformat(item) + by).strftime("%Y-%m-%dT%H:%M:%SZ")
    return item


def _draft(name: str, request: dict[str, Any]) -> Draft:
    envelope = msgspec.json.decode(json.dumps(request["envelope"]), type=Envelope)
    fact = msgspec.json.decode(json.dumps(request["fact"]), type=TYPES[name])
    content = Content(id=UUID(str(uuid4())), type=name, envelope=envelope, fact=fact)
    assert envelope.organisation is not None
    recorder = Recorder(organisation=envelope.organisation, system=envelope.system)
    return Draft(content=content, octets=contents.encode(content), recorder=recorder)
