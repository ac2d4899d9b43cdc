"""What the store keeps, as rows: the shape shared by every log, whatever lies beneath it.

The store never looks inside a record. Times are microseconds since 1970 UTC; positions count from 1.
"""

from uuid import UUID

import msgspec

from ledger.evidence.merkle import Frontier

TAG_BYTES_MAX = 200
"""Longest tag, child or parent, in bytes of UTF-8."""

TYPE_BYTES_MAX = 255
"""Longest type or organisation, in bytes; what a leaf can hold."""

MARK_BYTES_MAX = 1000
"""Longest mark, in bytes of UTF-8."""

KIND_BYTES_MAX = 64
"""Longest kind of an edge, in bytes."""

RECORD_BYTES_MAX = 256 * 1024
"""Longest stored record, in bytes."""


class TagRow(msgspec.Struct, frozen=True):
    """One way to find a fact.

    Attributes:
        tag: `kind:scheme:value`, at most 200 bytes.
        type: the type under which the tag finds the fact (an effect stands under the type it changes).
        own: stated by the fact itself; False if inherited, which is an index and never state.
    """

    tag: str
    type: str
    own: bool = True


class EdgeRow(msgspec.Struct, frozen=True):
    """A statement that `child` came from, or lies in, `parent`.

    Attributes:
        child: tag of the younger thing.
        parent: tag of the older thing.
        kind: what the link means.
        source: position of the fact that states the link.
        live: False withdraws the link from the position of the row on.
    """

    child: str
    parent: str
    kind: str
    source: int
    live: bool = True


class Stored(msgspec.Struct, frozen=True):
    """A fact as the log keeps it and reads it back.

    Attributes:
        position: its number; the head's size plus one when it is appended, plus one for each fact before it.
        type: type under which the whole log finds it.
        organisation: the recorder's organisation.
        recorded_at: equal for all facts of one append.
        record: the stored record, byte for byte, hashed as it is; at most 256 KiB.
        salt: 32 bytes beside it.
        leaf: 32-byte leaf hash.
    """

    position: int
    type: str
    organisation: str
    recorded_at: int
    record: bytes
    salt: bytes
    leaf: bytes


class FactRow(Stored, frozen=True):
    """A fact to append, with what it is found by.

    Attributes:
        tags: no two with equal tag and type.
        edges: links stated or withdrawn by this fact.
        marks: what else it can be searched for, each once.
    """

    tags: tuple[TagRow, ...] = ()
    edges: tuple[EdgeRow, ...] = ()
    marks: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a search wants of a fact: everything that is given here.

    Attributes:
        tags: tags that it bears, own or inherited, under any type.
        marks: marks that it bears.
        unmarked: marks that it does not bear.
        types: types one of which is its own, for a refusal too.
        organisation: the recorder's organisation; empty for any.
    """

    tags: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unmarked: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    organisation: str = ""


class Sifted(msgspec.Struct, frozen=True):
    """One bounded step of a search.

    Attributes:
        positions: facts that are wanted, in the order of the search.
        after: what is left to search lies after this position,
        through: and not after this one; nothing is left where they are equal.
    """

    positions: tuple[int, ...]
    after: int
    through: int


class KeyRow(msgspec.Struct, frozen=True):
    """A spent key: what was answered to a request, for ever.

    Attributes:
        organisation: scope of the key.
        id: made by the caller.
        hash: SHA-256 of the request's canonical content, 32 bytes.
        position: first position stored for it.
        size: number of consecutive positions stored for it, 1 or more.
    """

    organisation: str
    id: UUID
    hash: bytes
    position: int
    size: int


class Head(msgspec.Struct, frozen=True):
    """The newest end of the log.

    Attributes:
        size: position of the newest fact, 0 for an empty log.
        frontier: of the tree over all leaves.
        recorded_at: of the newest commit, 0 for an empty log.
        epoch: raised where a log is given to others; a lower one than was known holds the log.
    """

    size: int
    frontier: Frontier
    recorded_at: int
    epoch: int


EMPTY = Head(size=0, frontier=Frontier(), recorded_at=0, epoch=0)
"""The head of a log without facts."""
