"""What the log may say of an error that nobody foresaw: of which kind it was and where it went wrong, never its words.

The words of an error often hold the value that caused it, which may be what a caller sent: a name, a number, free text.
"""

import traceback
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

_PARTS: Final = 3
_MOST_PLACES: Final = 40
_MOST_CAUSES: Final = 8


def outline(error: BaseException) -> list[str]:
    """Returns the kind of an error and the places that it passed, innermost last; then the same of what caused it."""
    told: list[str] = []
    for number, one in zip(range(_MOST_CAUSES), _chain(error), strict=False):
        told.append(f"{'after ' if number else ''}{type(one).__module__}.{type(one).__qualname__}")
        told += [f"  {place}" for place in _places(one)]
    return told


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
    return [f"{'/'.join(PurePath(frame.filename).parts[-_PARTS:])}:{frame.lineno} {frame.name}" for frame in frames]
