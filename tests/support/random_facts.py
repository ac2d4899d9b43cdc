"""Facts at random: any type, any field, values at their limits, few names so that tags meet."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, get_args

from hypothesis import strategies as st

from ledger.domain.facts import anatomy, shape
from ledger.domain.facts.anatomy import Part
from ledger.domain.facts.birth import born
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import Identifier
from tests.support.world import Data

_SCALARS: Final[dict[str, st.SearchStrategy[str]]] = {
    str(shape.Decimal.__metadata__[0].pattern): st.sampled_from(["0", "-1", "2.60", "9" * 40, "0." + "1" * 38]),  # type: ignore[attr-defined]
    str(shape.Date.__metadata__[0].pattern): st.sampled_from(["0001-01-01", "2024-02-29", "2026-04-07", "9999-12-31"]),  # type: ignore[attr-defined]
    str(shape.Expiry.__metadata__[0].pattern): st.sampled_from(["0001-01", "2024-02-29", "2026-04", "9999-12"]),  # type: ignore[attr-defined]
}
_TIMES: Final = st.sampled_from(
    [datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 4, 7, 8, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
) | st.datetimes(datetime(2026, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
_VALUES: Final = st.sampled_from(["1", "2", "3"])
_NAMES: Final = st.builds(lambda value: {"scheme": "x", "value": value}, _VALUES)
_PSEUDONYMS: Final = st.builds(lambda value: {"scheme": "pseudonym", "value": value}, _VALUES)


def _patterns(hint: Any) -> list[str]:  # noqa: ANN401 - a type hint has no type
    marks = [str(mark.pattern) for mark in getattr(hint, "__metadata__", ()) if getattr(mark, "pattern", None)]
    return marks + [found for arg in get_args(hint) for found in _patterns(arg)]


def _one(part: Part, hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type hint has no type
    if part.type is Identifier:
        return _NAMES if part.names is None or part.names.kind not in ("patient", "donor") else _PSEUDONYMS
    if issubclass(part.type, Value):
        return data_of(part.type)
    if issubclass(part.type, StrEnum):
        return st.sampled_from([word.value for word in part.type])
    if part.name == "utc_offset":
        return st.just("+01:00")
    if part.type is str:
        return next((_SCALARS[found] for found in _patterns(hint) if found in _SCALARS), st.sampled_from(["a", "b c"]))
    return {
        datetime: _TIMES,
        bool: st.booleans(),
        bytes: st.just(bytes(32)),
        int: st.sampled_from([1, 2, 40, 2**32 - 1]),
    }[part.type]


@st.composite
def data_of(draw: st.DrawFn, struct: type[Value]) -> Data:
    """Plain data of a Struct; of each group of alternatives one at most."""
    chosen: dict[str, str] = {}
    for group in getattr(struct, "one_of", ()):
        chosen |= dict.fromkeys(group.fields, draw(st.sampled_from(group.fields)))
    found: Data = {}
    for part in anatomy.parts(struct):
        wanted = (
            part.required or chosen.get(part.name) == part.name or (part.name not in chosen and draw(st.booleans()))
        )
        if not wanted:
            continue
        one = _one(part, anatomy.hints(struct)[part.name])
        found[part.name] = draw(st.lists(one, min_size=1, max_size=2)) if part.repeated else draw(one)
    return found


@st.composite
def contents(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(TYPES)) -> Content:
    """A fact of any of these types, as callers could have sent it."""
    fact_type = draw(st.sampled_from(kinds))
    exceptions = draw(st.lists(data_of(FactException), max_size=1))
    return Content(
        id=draw(st.uuids()),
        type=fact_type,
        envelope=born(Envelope, draw(data_of(Envelope))),
        fact=born(TYPES[fact_type], draw(data_of(TYPES[fact_type]))),
        exceptions=tuple(born(FactException, item) for item in exceptions),
    )
