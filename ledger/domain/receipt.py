"""What a caller gets back: a receipt, or one of a few typed errors.

    LedgerError
    ├── Refused            a rule bars it; the refusal is stored, unless it was only asked (validate_only)
    ├── KeyReused          the request id was used for other content
    ├── NotFound           nothing of that name (or none that the caller may see)
    ├── Overloaded         too much queued; nothing was stored; try again after a while
    └── Unavailable        the store cannot be reached or is held; safe to repeat with the same request id

`ledger.domain.facts.birth.Malformed` is raised for requests that are no fact at all.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from ledger.domain.facts import content as contents
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Clearance, Cure, Recorder, Resolved
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Finding

MOST_ITEMS: Final = 100
"""Facts of one batch at most."""


class State(StrEnum):
    """How far the fact got."""

    JUDGED_ONLY = "RECEIPT_STATE_JUDGED_ONLY"
    """validate_only: judged and not recorded; the position is 0."""
    RECORDED = "RECEIPT_STATE_RECORDED"
    """Durable."""
    RECORDED_AS_DEVIATION = "RECEIPT_STATE_RECORDED_AS_DEVIATION"
    """Durable, recorded although rules bar it, as the deviation `deviation:<position>`."""


class Draft(Struct, frozen=True, kw_only=True):
    """One fact on its way to the ledger.

    Attributes:
        content: What the caller said.
        octets: The same as canonical JSON: what will be stored.
        recorder: Who sends it; the key `content.id` is scoped to this organisation.
        validate_only: Judge and answer, store nothing, spend no key.
    """

    content: Content
    octets: bytes
    recorder: Recorder
    validate_only: bool = False


class DraftBatch(Struct, frozen=True, kw_only=True):
    """Facts that are recorded all or none, in order, later ones seeing earlier ones.

    Attributes:
        id: The caller's key, scoped to the organisation.
        items: 1 to 100, each under an id made from the key and its place (`contents.item_id`).
        organisation: The recording organisation, the same in all of them.
        validate_only: Judge and answer, store nothing, spend no key.
    """

    id: UUID
    items: tuple[Draft, ...]
    organisation: Identifier
    validate_only: bool = False

    @property
    def digest(self) -> bytes:
        """What the key is bound to."""
        return contents.digest_of_batch(item.octets for item in self.items)


class Receipt(Struct, frozen=True, kw_only=True):
    """The answer to a recorded fact. The same key with the same content gives the same answer for ever.

    Attributes:
        state: How far it got.
        position: Gapless, from 1; 0 when judged only.
        recorded_at: Our clock.
        type: Name of the fact type.
        request_id: The caller's key.
        rulebook: Number of the rulebook that judged it.
        findings: Notes, overridden rules, and for a deviation the bars.
        cures: Open deviations that this fact cures.
        resolved: What the ledger found out for itself.
        tags: All tags under which it is filed.
        leaf_hash: Its leaf in the log; empty when judged only.
        deviation: Tag of the deviation that it is, or empty.
        content: Canonical content without signatures, to be signed; only when judged only.
        content_hash: SHA-256 of that; only when judged only.
        repeated_call: The answer to an earlier call with the same key.
        clearance: After an identity check, an arrival, a release or a pack: whether the next step may follow.
    """

    state: State
    position: int
    recorded_at: datetime
    type: str
    request_id: UUID
    rulebook: int
    findings: tuple[Finding, ...] = ()
    cures: tuple[Cure, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    tags: tuple[str, ...] = ()
    leaf_hash: bytes = b""
    deviation: str = ""
    content: bytes = b""
    content_hash: bytes = b""
    repeated_call: bool = False
    clearance: Clearance | None = None


class LedgerError(Exception):
    """Any error that a caller of the ledger can meet, beside a malformed request."""


class Refused(LedgerError):  # noqa: N818 - the word of the contract
    """A rule bars the fact.

    Attributes:
        position: Position of the stored refusal; 0 when judged only.
        type: The fact type.
        findings: Every finding, bars first.
        rulebook: Number of the rulebook that judged.
        unresolved: The fact is a happening: it is kept whole, and waits for RecordedAsDeviation or DidNotHappen.
        content: As in a receipt, when judged only.
        content_hash: As in a receipt, when judged only.
        repeated_call: The answer to an earlier call with the same key.
        item: Its place in a batch, from 0, of which nothing else was recorded; None when it came alone.
    """

    def __init__(  # noqa: PLR0913 - the parts of one answer
        self,
        *,
        position: int,
        fact_type: str,
        findings: tuple[Finding, ...],
        rulebook: int,
        unresolved: bool,
        content: bytes = b"",
        content_hash: bytes = b"",
        repeated_call: bool = False,
        item: int | None = None,
    ) -> None:
        """Keeps the parts; the message names the rules."""
        self.position = position
        self.type = fact_type
        self.findings = findings
        self.rulebook = rulebook
        self.unresolved = unresolved
        self.content = content
        self.content_hash = content_hash
        self.repeated_call = repeated_call
        self.item = item
        rules = ", ".join(sorted({f.rule for f in findings if f.weight == "WEIGHT_BAR"}))
        kept = f" Kept as refusal {position}." if position else ""
        rest = "" if item is None else f" It is items[{item}]; nothing else of the batch was recorded."
        super().__init__(f"{fact_type} refused: {rules}.{kept}{rest}")


class KeyReused(LedgerError):  # noqa: N818 - the word of the contract
    """The request id was used before for other content: after mending, use a new one."""

    def __init__(self, request_id: UUID, position: int) -> None:
        """Names the key and the position that it belongs to."""
        self.request_id = request_id
        self.position = position
        super().__init__(
            f"request_id {request_id} was used for other content, at position {position}; "
            "send the very same content again, or a new request_id for new content"
        )


class NotFound(LedgerError):  # noqa: N818 - the word of the contract
    """Nothing of that name is in the ledger."""


class Overloaded(LedgerError):  # noqa: N818 - the word of the contract
    """Too much is queued; nothing of the request was stored.

    Attributes:
        retry_after: Seconds to wait.
    """

    def __init__(self, retry_after: float = 0.25) -> None:
        """Says when to try again."""
        self.retry_after = retry_after
        super().__init__(f"the ledger is busy; nothing was stored; send the same request again in {retry_after:g} s")


class Unavailable(LedgerError):  # noqa: N818 - the word of the contract
    """The store cannot be reached, or appends are held: safe to repeat with the same request id."""


class AppendsHeld(Unavailable):
    """Nothing is recorded until an operator has acted: safe to repeat with the same request id.

    Attributes:
        reason: What is wrong and the way out, in our own words: settings, rights, clocks; never a text of the store.
    """

    def __init__(self, reason: str) -> None:
        """Says why."""
        self.reason = reason
        super().__init__(f"appends are held: {reason}")
