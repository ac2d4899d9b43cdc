"""How a scenario writes values: short, as people say them. What a field holds tells what a short value means.

A name of the scenario, or `scheme:value`, stands for an identifier; `50 mL` or `1.4 10*9 viable-cd3` for a quantity;
`MATCH` for an enum's whole name; a step's name for its position; `10:10`, `+1d 08:00`, `+90min` or `2026-04-14 10:10`
for a moment in UK time; a title for a document; a text or a list for a part's first field. `$NAME` stands for any
value that the scenario names. What is written in full stays as it is.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from ledger.domain import civil_time
from ledger.domain.facts.anatomy import Part, parts
from ledger.domain.facts.shape import Value, Word
from ledger.domain.facts.values import Document, Identifier, Quantity

_LATER: Final = re.compile(r"\+(\d+)(s|min|h|d)")
_CLOCK: Final = re.compile(r"(?:\+(\d+)d |(\d{4}-\d{2}-\d{2}) )?(\d{2}):(\d{2})(?::(\d{2}))?")
_UNITS: Final = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


class UnclearError(ValueError):
    """A short value that says nothing."""


class Words:
    """The words of a scenario.

    Args:
        names: What its names stand for.
        now: The moment from which times are counted.
    """

    def __init__(self, names: Mapping[str, Any], now: datetime) -> None:
        self._names, self._now = names, now

    def struct(self, struct: type[Value], said: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Returns a part of a request in full.

        Raises:
            UnclearError: A value cannot be what its field asks for.
        """
        said = self._named(said)
        known = {part.name: part for part in parts(struct)}
        if isinstance(said, str):
            said = self._short(struct, said, next(iter(known)))
        elif isinstance(said, list):
            said = {next(iter(known)): said}
        if not isinstance(said, dict):
            raise UnclearError(f"{said!r} is no {struct.__name__}")
        return {name: self._part(known[name], item) if name in known else item for name, item in said.items()}

    def identifier(self, said: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Returns an identifier in full.

        Raises:
            UnclearError: It is neither a name of the scenario nor `scheme:value`.
        """
        if not isinstance(said, str):
            return said
        if said in self._names:
            return self.identifier(self._names[said])
        if said.startswith("@"):
            return {"scheme": "ledger", "value": {"$position": said[1:]}}
        scheme, colon, value = said.partition(":")
        if not colon:
            raise UnclearError(f"{said!r} is neither a name of the scenario nor scheme:value")
        return {"scheme": scheme, "value": value}

    def moment(self, said: str) -> datetime:
        """Returns a moment in UTC.

        Raises:
            UnclearError: It is no time.
        """
        if found := _LATER.fullmatch(said):
            return self._now + timedelta(**{_UNITS[found[2]]: int(found[1])})
        if (found := _CLOCK.fullmatch(said)) is None:
            try:
                return datetime.fromisoformat(said).astimezone(UTC)
            except ValueError as error:
                raise UnclearError(f"{said!r} is no time: 10:10, +1d 10:10, +90min or 2026-04-14 10:10") from error
        here = (self._now + civil_time.offset(self._now)).date()
        day = date.fromisoformat(found[2]) if found[2] else here + timedelta(days=int(found[1] or 0))
        wall = datetime(day.year, day.month, day.day, int(found[3]), int(found[4]), int(found[5] or 0), tzinfo=UTC)
        return wall - civil_time.offset(wall - civil_time.offset(wall))

    def _named(self, said: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(said, str) and said.startswith("$"):
            if said[1:] not in self._names:
                raise UnclearError(f"{said!r} is no name of the scenario")
            return self._names[said[1:]]
        return said

    def _part(self, part: Part, said: Any) -> Any:  # noqa: ANN401 - any JSON value
        said = self._named(said)
        if part.repeated:
            return [self._one(part, item) for item in (said if isinstance(said, list) else [said])]
        return self._one(part, said)

    def _one(self, part: Part, said: Any) -> Any:  # noqa: ANN401 - any JSON value
        if part.type is Identifier:
            return self.identifier(said)
        said = self._named(said)
        if issubclass(part.type, Value):
            return self.struct(part.type, said)
        return self._scalar(part.type, said) if isinstance(said, str) else said

    def _scalar(self, scalar: type, said: str) -> Any:  # noqa: ANN401 - any JSON value
        if issubclass(scalar, Word):
            return scalar[said].value if said in scalar.__members__ else said
        if scalar is datetime:
            return stamp(self.moment(said))
        return {"$position": said} if scalar is int and not said.isdigit() else said

    def _short(self, struct: type[Value], said: str, first: str) -> dict[str, Any]:
        if struct is Quantity:
            value, _, unit = said.partition(" ")
            unit, _, counted = unit.partition(" ")
            return {"value": value, "unit": unit} | ({"of": counted} if counted else {})
        if struct is Document:
            digest = base64.b64encode(hashlib.sha256(said.encode()).digest()).decode()
            return {"sha256": digest, "media_type": "application/pdf", "title": said}
        return {first: said}


def stamp(moment: datetime) -> str:
    """Returns a moment as it is written in a request."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
