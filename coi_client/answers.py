"""What the client gives back where one message of the wire is not the whole answer."""

from dataclasses import dataclass
from uuid import UUID

from google.protobuf.message import Message

from coi.ledger.v1.inspection_pb2 import ReplaySummary, StoredFact, TraceEdge, TraceNode, TraceSummary
from coi.ledger.v1.receipt_pb2 import Receipt


@dataclass(frozen=True)
class Judged:
    """A request that was judged and not recorded: what its signers read and sign.

    Attributes:
        method: The rpc that will record it.
        request: The request, with its key.
        receipt: What the ledger would have answered.
    """

    method: str
    request: Message
    receipt: Receipt

    @property
    def key(self) -> UUID:
        """The key of the request: judging left it unused, recording spends it."""
        return UUID(self.receipt.request_id)

    @property
    def content(self) -> bytes:
        """The canonical content, for the signer to read."""
        return self.receipt.content

    @property
    def content_hash(self) -> bytes:
        """SHA-256 of the content: what is signed."""
        return self.receipt.content_hash


@dataclass(frozen=True)
class Replayed:
    """The whole story of one thing.

    Attributes:
        facts: In order of effective time.
        summary: Through which position it is complete, and as of when.
    """

    facts: tuple[StoredFact, ...]
    summary: ReplaySummary


@dataclass(frozen=True)
class Searched:
    """What a search found, over all its pages.

    Attributes:
        facts: In order of position, as asked.
        through_position: Complete through this position.
        complete: There is no more; false where the search was stopped when there was enough.
    """

    facts: tuple[StoredFact, ...]
    through_position: int
    complete: bool


@dataclass(frozen=True)
class Traced:
    """The whole lineage of one thing.

    Attributes:
        nodes: The things.
        edges: The steps between them.
        summary: Through which position it is complete, and as of when.
    """

    nodes: tuple[TraceNode, ...]
    edges: tuple[TraceEdge, ...]
    summary: TraceSummary
