"""Keys of requests: time-ordered, so that neighbours in time are neighbours in the ledger's index of keys."""

import os
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_MILLISECONDS: Final = 1_000_000


def time_ordered(now_ns: Callable[[], int] = time.time_ns, entropy: Callable[[int], bytes] = os.urandom) -> UUID:
    """Makes a key: a UUID of version 7, milliseconds since 1970 and 74 random bits (RFC 9562 5.7).

    A random key (version 4) is as good for the one who sends it. The ledger writes a page of its index of keys for each
    of those; of time-ordered ones, many share a page.
    """
    milliseconds = now_ns() // _MILLISECONDS & (1 << 48) - 1
    random = int.from_bytes(entropy(10), "big")
    high, low = random >> 64 & 0xFFF, random & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low)
