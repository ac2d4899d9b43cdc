"""What becomes of an authorisation or a trial after it was granted: suspended or halted, reinstated, ended."""

from typing import ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import Code, Text, Time, Word
from ledger.domain.facts.values import AuthorisationId, SignatureMeaning, SiteId


class AuthorisationScope(Word):
    """How much of an authorisation."""

    ALL = "AUTHORISATION_SCOPE_ALL"
    SITE = "AUTHORISATION_SCOPE_SITE"
    RECRUITMENT = "AUTHORISATION_SCOPE_RECRUITMENT"
    ARM = "AUTHORISATION_SCOPE_ARM"


class AuthorisationStopReason(Word):
    """Who stopped it: the authority, or the sponsor."""

    SUSPENDED = "AUTHORISATION_STOP_REASON_SUSPENDED"
    HALTED = "AUTHORISATION_STOP_REASON_HALTED"


class AuthorisationEndReason(Word):
    """How an authorisation ended."""

    WITHDRAWN = "AUTHORISATION_END_REASON_WITHDRAWN"
    TRIAL_ENDED = "AUTHORISATION_END_REASON_TRIAL_ENDED"
    OPINION_ENDED = "AUTHORISATION_END_REASON_OPINION_ENDED"


class AuthorisationSuspended(Fact, frozen=True, kw_only=True):
    """A marketing authorisation was suspended, or a trial halted, whole or in part. Never refused."""

    about: ClassVar[About] = About(
        no=30, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,), never_barred=True
    )

    authorisation: AuthorisationId
    """Which."""
    scope: AuthorisationScope
    """All of it, one site, recruitment, one arm."""
    site: SiteId | None = None
    """The site, for the scope of one; absent means all."""
    arm: Code | None = None
    """The arm, for the scope of one; absent means all."""
    reason: AuthorisationStopReason
    """Suspended by the authority, or halted by the sponsor."""
    explanation: Text | None = None
    """Why."""
    reference: Code | None = None
    """Reference of the decision."""
    effective_from: Time
    """From when."""


class AuthorisationReinstated(Fact, frozen=True, kw_only=True):
    """The suspension of an authorisation, or the halt of a trial, was lifted, whole or in part."""

    about: ClassVar[About] = About(no=31, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    authorisation: AuthorisationId
    """Which."""
    scope: AuthorisationScope
    """All of it, one site, recruitment, one arm."""
    site: SiteId | None = None
    """The site, for the scope of one."""
    arm: Code | None = None
    """The arm, for the scope of one."""
    reference: Code | None = None
    """Reference of the decision: the authority's, or of the approved amendment."""
    effective_from: Time
    """From when."""


class AuthorisationEnded(Fact, frozen=True, kw_only=True):
    """An authorisation was withdrawn, a trial or an early access opinion ended.

    The retention of its records is counted from here.
    """

    about: ClassVar[About] = About(no=32, stage="registry", kind=Kind.REGISTER, signs=(SignatureMeaning.PERFORMED,))

    authorisation: AuthorisationId
    """Which."""
    reason: AuthorisationEndReason
    """How it ended."""
    reference: Code | None = None
    """Reference of the decision or notification."""
    effective_from: Time
    """From when."""
