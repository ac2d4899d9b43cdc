"""Python's search for cycles of garbage, set for a server: what is there from the start is never searched.

A server holds a hundred thousand objects of its program and its cached subjects for as long as it runs, and makes
thousands for each call that are gone without a search. Searching as often as a short script does took a tenth of the
processor. What is a cycle is still found, only less often.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (50_000, 20, 50)
"""Objects made more than gone before the youngest are searched, and how many such searches before older ones are."""

_door: Final = threading.Lock()
_servers: Final[list[tuple[int, int, int]]] = []


@contextmanager
def seldom() -> Iterator[None]:
    """Searches seldom while a server runs; when the last server of the process ends, as before."""
    with _door:
        if not _servers:
            gc.collect()
            gc.freeze()
        _servers.append(gc.get_threshold())
        gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _door:
            before = _servers.pop()
            if not _servers:
                gc.set_threshold(*before)
                gc.unfreeze()
