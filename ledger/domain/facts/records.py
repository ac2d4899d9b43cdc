"""Facts about facts, and any fact."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.any_fact import AnyFact
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.shape import Code, Position, Text, Word
from ledger.domain.facts.values import DeviationReason, SignatureMeaning


class DidNotHappenReason(Word):
    """Why a record does not stand."""

    DUPLICATE = "DID_NOT_HAPPEN_REASON_DUPLICATE"
    WRONG_RECORD = "DID_NOT_HAPPEN_REASON_WRONG_RECORD"
    NEVER_DONE = "DID_NOT_HAPPEN_REASON_NEVER_DONE"


class CorrectionReason(Word):
    """Why a fact is corrected."""

    TYPING_ERROR = "CORRECTION_REASON_TYPING_ERROR"
    WRONG_RECORD = "CORRECTION_REASON_WRONG_RECORD"
    LATER_INFORMATION = "CORRECTION_REASON_LATER_INFORMATION"
    SCANNING_ERROR = "CORRECTION_REASON_SCANNING_ERROR"
    OTHER = "CORRECTION_REASON_OTHER"


class Refused(Fact, frozen=True, kw_only=True):
    """Made by the server.

    A refusal stores the refused fact as it was sent; only its type rows say Refused, so this message has no fields.
    """

    about: ClassVar[About] = About(no=167, stage="records", kind=Kind.RECORD, server_made=True)


class RecordedAsDeviation(Fact, frozen=True, kw_only=True):
    """A refused happening did happen: it counts from here on, as a deviation numbered by this position."""

    about: ClassVar[About] = About(no=168, stage="records", kind=Kind.RECORD)

    position: Position
    """Position of the refusal."""
    reason_code: DeviationReason
    """The class of reason."""
    reason: Text
    """In words."""
    reference: Code | None = None
    """The site's own deviation reference."""


class DidNotHappen(Fact, frozen=True, kw_only=True):
    """Something recorded or reported did not happen."""

    about: ClassVar[About] = About(no=169, stage="records", kind=Kind.RECORD, signs=(SignatureMeaning.PERFORMED,))

    position: Position
    """Position of the fact or refusal."""
    reason: DidNotHappenReason
    """The class of reason."""
    explanation: Text
    """In words."""


class Corrected(Fact, frozen=True, kw_only=True):
    """A recorded fact was wrong: the parts sent here replace it. The original stays."""

    about: ClassVar[About] = About(no=170, stage="records", kind=Kind.RECORD, signs=(SignatureMeaning.PERFORMED,))

    position: Position
    """Position of the original."""
    reason_code: CorrectionReason
    """The class of reason."""
    reason: Text
    """In words."""
    envelope: Envelope | None = None
    """The whole corrected envelope; absent means as it was. One of envelope and fact is needed."""
    fact: AnyFact | None = None
    """The whole corrected fact, of the same type; absent means as it was."""
