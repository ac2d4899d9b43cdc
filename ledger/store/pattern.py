"""What two texts that were made alike have in common, so that a third can be made without making it again.

Two chains of the same story, really recorded, differ in their own ids, their times, their positions, their request ids
and the hashes that signatures cover, and in nothing else. A pattern is made from both: what is equal stays, and every
difference must be one of those; any other difference refuses the pattern. So what is filled in can only be what the
store itself would have written.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from ledger.domain.clearance.answer import uk_words

KEY: Final = "key"
HASH: Final = "hash"
"""Places of a fact's request id, and of the base64 hash that its signatures cover."""

_SPOKEN: Final = rb"\d\d:\d\d UK time(?: on \d{1,2} [A-Z][a-z]+ \d{4})?"
_TIME: Final = rb"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{6})?)?Z"
_UUID: Final = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DIGEST: Final = rb"[A-Za-z0-9+/]{43}="
_NUMBER: Final = rb"\d+"

Place = tuple[str, Any]
"""What stands at a blank: (`name`, its index), (`time`, the time in the first), (`position`, steps from the first),
(`words`, the limit and the time in the first), (`key`, None) or (`hash`, None)."""


class PatternError(Exception):
    """Two texts differ in more than what is known to differ."""


class Told(Struct, frozen=True):
    """One of the two chains that a pattern is made from.

    Attributes:
        names: Its own ids and those that it shares, as they are written; the same place means the same thing.
        first: Position from which its own positions count.
        began: When it began.
        key: Request id of the fact at hand.
        digest: Hash at hand in base64, or empty.
        until: Limit that the fact's clearance tells in words, and when it was recorded; None for none.
    """

    names: Sequence[bytes]
    first: int
    began: datetime
    key: bytes = b""
    digest: bytes = b""
    until: tuple[datetime, datetime] | None = None

    @property
    def words(self) -> bytes:
        """The limit as the clearance tells it."""
        return b"" if self.until is None else uk_words(*self.until).encode()


class Pattern:
    """A text with blanks.

    Attributes:
        places: What stands at each blank, in order.
    """

    def __init__(self, parts: Sequence[bytes | Place]) -> None:
        """Takes literal text and places in order."""
        self._template = b"".join(part.replace(b"%", b"%%") if isinstance(part, bytes) else b"%b" for part in parts)
        self.places = tuple(part for part in parts if not isinstance(part, bytes))

    def bound(self, where: Mapping[Place, int]) -> Callable[[Sequence[bytes]], bytes]:
        """Returns what fills the blanks from a list of values.

        Args:
            where: For each place, which of the values it takes.
        """
        template, at = self._template, [where[place] for place in self.places]
        if not at:
            constant = template % ()
            return lambda _values: constant
        if len(at) == 1:
            only = at[0]
            return lambda values: template % values[only]
        pick = itemgetter(*at)
        return lambda values: template % pick(values)


def pattern_of(one: bytes, first: Told, other: bytes, second: Told) -> Pattern:
    """Makes the pattern of two texts.

    Raises:
        PatternError: They differ in something else than ids, times, positions, the request id or the hash signed.
    """
    parts: list[bytes | Place] = []
    tokens = list(zip(_tokens(one, first), _tokens(other, second), strict=False))
    if b"".join(a[1] for a, _ in tokens) != one or b"".join(b[1] for _, b in tokens) != other:
        raise PatternError(f"two records of one kind of fact are built differently: {one[:80]!r} and {other[:80]!r}")
    for (kind, a), (kind_too, b) in tokens:
        if kind != kind_too:
            raise PatternError(f"{a!r} stands where {b!r} does")
        parts.append(_place(kind, a, first, b, second))
    return Pattern(parts)


def _tokens(text: bytes, told: Told) -> list[tuple[str, bytes]]:
    names = b"|".join(map(re.escape, sorted(told.names, key=len, reverse=True))) or rb"(?!)"
    kinds = {"words": _SPOKEN, "time": _TIME, "key": _UUID, "name": names, "hash": _DIGEST, "number": _NUMBER}
    reading = re.compile(b"|".join(b"(?P<%b>%b)" % (kind.encode(), shape) for kind, shape in kinds.items()))
    found, at = [], 0
    for match in reading.finditer(text):
        found += [("text", text[at : match.start()]), (str(match.lastgroup), match.group())]
        at = match.end()
    return [*found, ("text", text[at:])]


def _place(kind: str, a: bytes, first: Told, b: bytes, second: Told) -> bytes | Place:
    if kind == "name" and first.names.index(a) == second.names.index(b):
        return ("name", first.names.index(a))
    if (kind, a, b) == ("words", first.words, second.words):
        return ("words", first.until)
    if a == b:
        return a
    if kind == "time" and _time(b) - _time(a) == second.began - first.began:
        return ("time", a)
    if kind == "number" and int(b) - int(a) == second.first - first.first:
        return ("position", int(a) - first.first)
    return _own(kind, a, first, b, second)


def _own(kind: str, a: bytes, first: Told, b: bytes, second: Told) -> Place:
    """What only the fact at hand has."""
    if (kind, a, b) == (KEY, first.key, second.key):
        return (KEY, None)
    if (kind, a, b) == (HASH, first.digest, second.digest):
        return (HASH, None)
    raise PatternError(f"{a!r} and {b!r} differ, and nothing known explains it")


def _time(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())


def moved(place: Place, by: timedelta) -> bytes:
    """What stands at a place of a time, moved by whole minutes; its form stays."""
    what, text = place
    if what == "words":
        until, now = text
        return uk_words(until + by, now + by).encode()
    written: bytes = text
    then = (_time(written) + by).strftime("%Y-%m-%dT%H:%M").encode()
    return then + written[len(then) :]


def key_text(key: UUID) -> bytes:
    """A request id as records write it."""
    return str(key).encode()
