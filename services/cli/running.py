"""One run of a story: keys and ids of its own, so that the same story can be played beside itself on one ledger.

What belongs to one patient's story gets new ids (chains, patients, donors, donations, containers, batches,
consignments, cases); registers are shared, as they are on any ledger: a site is the same site in every run. The same
name gives the same ids and keys on every machine.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from msgspec import Struct

from ledger.domain.facts.anatomy import Part, parts
from ledger.domain.facts.any_fact import AnyFact
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import Identifier, Moment
from ledger.domain.identifiers.gs1 import check_digit
from services.cli.story import StoryStep

_NAMESPACE: Final = UUID("0b5c9f3e-7d1a-5e0e-9c52-1f6a7c3d2e41")
_OWN: Final = frozenset(("coi", "patient", "donor", "donation", "material", "batch", "consignment", "case"))
_MILLION: Final = 1_000_000


class _Serial(NamedTuple):
    """Where the serial number of a scheme is, and how far apart two runs lie.

    Attributes:
        start: Where its digits begin.
        digits: How many they are.
        apart: A story's numbers that are nearer to each other than this never meet those of another run.
    """

    start: int
    digits: int = 6
    apart: int = 1


_SERIALS: Final[Mapping[str, _Serial]] = MappingProxyType(
    {
        "isbt128-coi": _Serial(9),
        "isbt128-din": _Serial(7),
        "isbt128-mpho": _Serial(17),
        "gs1-sscc": _Serial(8, digits=9, apart=1_000),
    }
)
"""Schemes whose form is fixed. A consignment's number has nine digits after the extension and a prefix of seven."""

_MONTH: Final = len("YYYY-MM")


class Run:
    """The ids and keys of one run.

    Args:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % (_MILLION - 1) + 1

    def key(self, request_id: str) -> str:
        """The run's own key for a request of the story."""
        return str(uuid5(_NAMESPACE, f"{self.name}/{request_id}"))

    def identifier(self, kind: str, identifier: dict[str, Any]) -> dict[str, Any]:
        """The run's own id of a thing, in the form of its scheme."""
        if kind not in _OWN:
            return identifier
        return {**identifier, "value": self.value(str(identifier["scheme"]), str(identifier["value"]))}

    def tag(self, label: str) -> str:
        """The run's own tag of a thing."""
        kind, scheme, value = label.split(":", 2)
        return f"{kind}:{scheme}:{self.value(scheme, value)}" if kind in _OWN else label

    def value(self, scheme: str, value: str) -> str:
        """The run's own value: another serial number, or the number of the run at its end."""
        form = _SERIALS.get(scheme, _Serial(0, digits=0))
        end = form.start + form.digits
        serial = value[form.start : end]
        if not form.digits or len(serial) < form.digits or not (serial.isascii() and serial.isdigit()):
            return f"{value}-{self._number:06}"
        moved = (int(serial) + self._number * form.apart) % 10**form.digits
        after = f"{value[: form.start]}{moved:0{form.digits}}{value[end:]}"
        return after[:-1] + check_digit(after[:-1]) if scheme == "gs1-sscc" else after


class Changes(Struct, frozen=True, kw_only=True):
    """What becomes of a story's requests.

    Attributes:
        run: Whose ids and keys.
        moment: Where a time lies; where it was when left out.
        day: Where a day lies; where it was when left out.
        exact: Times are known to the millisecond, however they were come by: they are squeezed together.
    """

    run: Run
    moment: Callable[[datetime], datetime] | None = None
    day: Callable[[date], date] | None = None
    exact: bool = False


def changed(step: StoryStep, changes: Changes) -> dict[str, Any]:
    """The request of a step under other ids and at other times; its shape and all else stay."""
    request = {**step.request}
    if "request_id" in request:
        request["request_id"] = changes.run.key(str(request["request_id"]))
    for name, struct in (
        ("envelope", Envelope),
        ("fact", TYPES.get(step.type, AnyFact)),
        ("exceptions", FactException),
    ):
        if name in request:
            request[name] = _each(request[name], partial(_struct, struct, changes))
    return request


def _struct(struct: type[Value], changes: Changes, data: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(data, dict):
        return data
    known = _known(struct)
    exact = {"uncertainty_ms": 0} if struct is Moment and changes.exact else {}
    return exact | {name: _part(known[name], item, changes) if name in known else item for name, item in data.items()}


@cache
def _known(struct: type[Value]) -> Mapping[str, Part]:
    return {part.name: part for part in parts(struct)}


def _part(part: Part, value: Any, changes: Changes) -> Any:  # noqa: ANN401 - any JSON value
    return _each(value, lambda item: _one(part, item, changes))


def _each(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any JSON value
    return [change(item) for item in value] if isinstance(value, list) else change(value)


def _one(part: Part, value: Any, changes: Changes) -> Any:  # noqa: ANN401 - any JSON value
    if part.type is Identifier and part.names is not None and isinstance(value, dict) and "value" in value:
        return changes.run.identifier(part.names.kind, value)
    if issubclass(part.type, Value):
        return _struct(part.type, changes, value)
    if part.type is datetime and changes.moment is not None:
        return _stamp(changes.moment(datetime.fromisoformat(value)))
    if part.day and changes.day is not None:
        whole = value if len(value) > _MONTH else f"{value}-28"
        return changes.day(date.fromisoformat(whole)).isoformat()[: len(value)]
    return value


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
