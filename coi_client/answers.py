"""What the client gives back where one message of the wire is not the whole answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from google.protobuf.message import Message

from coi.ledger.v1.feed_pb2 import PartyGained
from coi.ledger.v1.inspection_pb2 import (
    ReplaySummary,
    ScopePatient,
    ScopePlace,
    ScopeSummary,
    ScopeThing,
    StoredFact,
    TraceEdge,
    TraceNode,
    TraceSummary,
)
from coi.ledger.v1.receipt_pb2 import InHand, Receipt


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
class Clearance:
    """Whether the next step may follow, for the person with the scanner. Advice: the step is judged itself when sent.

    Attributes:
        next_step: Fact type of the step, for example AdministrationStarted.
        may_follow: Whether it may; see `holds` for later than the recording.
        sentence: To be shown as it is: until when, or why not and what is needed. It names no patient.
        until: Last moment at which it may; None when no limit is known.
        rules: Rules that it would break.
        in_hand: The containers concerned.
    """

    next_step: str
    may_follow: bool
    sentence: str
    until: datetime | None
    rules: tuple[str, ...]
    in_hand: tuple[InHand, ...]

    def holds(self, moment: datetime) -> bool:
        """Whether the step may follow at a moment by the ledger's clock (see `get_ledger`), given with its offset."""
        return self.may_follow and (self.until is None or moment <= self.until)


def clearance(receipt: Receipt) -> Clearance | None:
    """Reads the clearance of a receipt; None where it has none: after other facts, and when judged only."""
    if not receipt.HasField("clearance"):
        return None
    told = receipt.clearance
    return Clearance(
        next_step=told.next_step,
        may_follow=told.may_follow,
        sentence=told.sentence,
        until=told.until.ToDatetime(UTC) if told.HasField("until") else None,
        rules=(*told.rules,),
        in_hand=(*told.in_hand,),
    )


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


@dataclass(frozen=True)
class Scoped:
    """The whole scope of a recall, a look-back or a drill.

    Attributes:
        things: What came of it, and where that is.
        patients: Whom it reached, by pseudonym.
        places: Who has to be told, or was.
        summary: What it starts from, through which position it is complete, and its hash.
    """

    things: tuple[ScopeThing, ...]
    patients: tuple[ScopePatient, ...]
    places: tuple[ScopePlace, ...]
    summary: ScopeSummary


@dataclass(frozen=True)
class Heard:
    """One piece of a feed. With neither fact nor gain it says how far the feed is complete.

    Attributes:
        position: Keep it once this is handled: the feed goes on after it.
        fact: The next fact.
        gained: The organisation became party to this chain: replay it for what it was not sent.
    """

    position: int
    fact: StoredFact | None = None
    gained: PartyGained | None = None


@dataclass(frozen=True)
class FeedPage:
    """One page of a feed.

    Attributes:
        events: Facts and gains, in order of position.
        position: Keep it once all of them are handled.
        more: There is more already.
    """

    events: tuple[Heard, ...]
    position: int
    more: bool
