"""The stored record: content, stamp and verdict, never mixed.

Content is what the caller said, the stamp is position and time, the verdict is what the ledger found. The leaf of the
log hashes exactly these bytes.
"""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from ledger.domain.facts import content as contents
from ledger.domain.facts.content import Content
from ledger.domain.facts.shape import Time
from ledger.domain.facts.values import Identifier, Quantity
from ledger.domain.finding import Finding, Outcome


class Recorder(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sent it, as authenticated; until access control lands, as the envelope says.

    Attributes:
        organisation: The recording organisation.
        system: The system that sent it.
    """

    organisation: Identifier
    system: str | None = None


class Stamp(Struct, frozen=True, kw_only=True):
    """Position and time of recording, and the recorder."""

    position: int
    recorded_at: Time
    recorder: Recorder


class Resolved(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the ledger found out for itself, for example the licence relied on.

    Attributes:
        name: What: licence, nation, product, chain, clock, unregistered.
        value: Its value, mostly a tag.
        position: The fact that says so, where there is one.
    """

    name: str
    value: str
    position: int = 0


class Cure(Struct, frozen=True, kw_only=True):
    """A late fact made this rule hold on that open deviation."""

    deviation: int
    rule: str


class Renamed(Struct, frozen=True, kw_only=True):
    """A second name that was taken for the first one of the same thing; both are tags."""

    other: str
    first: str


class Effect(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a record about a fact makes of it.

    Attributes:
        target: Position of the original.
        effective: Where the target now stands in time.
        content: The whole fact as it now counts; absent means that it does not.
        tags: Own tags of the new content.
    """

    target: int
    effective: Time
    content: Content | None = None
    tags: tuple[str, ...] = ()


class InHand(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A container that somebody holds and asks about. No person is named.

    Attributes:
        material: Its tag.
        product: Tag of its product, of its batch or chain.
        batch: Tag of the batch that made it.
        coi: Tag of its chain.
        remaining: What is left in it.
        expires_at: Last moment at which it may be used, where its label gives one.
    """

    material: str
    product: str = ""
    batch: str = ""
    coi: str = ""
    remaining: tuple[Quantity, ...] = ()
    expires_at: Time | None = None


class Clearance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the next step may follow, as the person with the scanner was told. Advice: that step is judged itself.

    Attributes:
        next_step: Fact type of the step that was asked about.
        may_follow: Whether it may.
        sentence: The answer in one sentence, without identity.
        until: Last moment, in whole seconds, at which it may; none when nothing known ends it.
        rules: Rules that it would break.
        in_hand: The containers concerned.
    """

    next_step: str
    may_follow: bool
    sentence: str
    until: Time | None = None
    rules: tuple[str, ...] = ()
    in_hand: tuple[InHand, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ledger found.

    Attributes:
        outcome: Recorded, recorded as a deviation, refused.
        rulebook: Number of the rulebook that judged.
        findings: All of them, in their one order.
        cures: Open deviations whose rules hold now.
        resolved: What the ledger found out.
        tags: Own tags: those that the fact's own fields name. Subjects fold these alone.
        inherited: Tags reached through links; an index for search and trace, never state.
        effect: For a record about a fact.
        renamed: Second names in the content, and the first names under which it counts.
        judged: False for what was never judged.
        clearance: What the caller was told about the next step. Advice: verdicts are not compared by it.
    """

    outcome: Outcome
    rulebook: int
    findings: tuple[Finding, ...] = ()
    cures: tuple[Cure, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    tags: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    effect: Effect | None = None
    renamed: tuple[Renamed, ...] = ()
    judged: bool = True
    clearance: Clearance | None = None


class Record(Struct, frozen=True, kw_only=True):
    """One stored record."""

    content: Content
    stamp: Stamp
    verdict: Verdict


_ABSENT: Final = Raw()


class _Outer(Struct, frozen=True, kw_only=True):
    content: Raw
    stamp: Stamp
    verdict: Raw


class _EffectOuter(Struct, frozen=True, kw_only=True):
    target: int
    effective: Time
    content: Raw = _ABSENT
    tags: tuple[str, ...] = ()


class _VerdictOuter(Struct, frozen=True, kw_only=True):
    outcome: Outcome
    rulebook: int
    findings: tuple[Finding, ...] = ()
    cures: tuple[Cure, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    tags: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    effect: _EffectOuter | None = None
    renamed: tuple[Renamed, ...] = ()
    judged: bool = True
    clearance: Clearance | None = None


_RECORD: Final = msgspec.json.Decoder(_Outer)
_VERDICT: Final = msgspec.json.Decoder(_VerdictOuter)


def encode(content: bytes, stamp: Stamp, verdict: Verdict) -> bytes:
    """Writes a record around content that is already canonical; its bytes are not touched."""
    return contents.encode({"content": Raw(content), "stamp": stamp, "verdict": verdict})


def _verdict(octets: Raw) -> Verdict:
    outer = _VERDICT.decode(octets)
    inner = outer.effect
    effect = None
    if inner is not None:
        effect = Effect(
            target=inner.target,
            effective=inner.effective,
            content=contents.decode(inner.content) if bytes(inner.content) else None,
            tags=inner.tags,
        )
    return Verdict(
        outcome=outer.outcome,
        rulebook=outer.rulebook,
        findings=outer.findings,
        cures=outer.cures,
        resolved=outer.resolved,
        tags=outer.tags,
        inherited=outer.inherited,
        effect=effect,
        renamed=outer.renamed,
        judged=outer.judged,
        clearance=outer.clearance,
    )


def decode(octets: bytes) -> Record:
    """Reads a stored record.

    Raises:
        msgspec.DecodeError: The bytes are no record.
    """
    outer = _RECORD.decode(octets)
    return Record(content=contents.decode(outer.content), stamp=outer.stamp, verdict=_verdict(outer.verdict))


def read(octets: bytes) -> Record | None:
    """Reads a stored record, or returns None for what this program cannot read: it is kept, and folded by nobody.

    A later program may have stored it, or somebody may have filed it by hand: no stored fact may ever stop appends.
    """
    try:
        return decode(octets)
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
        return None


def content_octets(octets: bytes) -> bytes:
    """Returns the content of a stored record, byte for byte."""
    return bytes(_RECORD.decode(octets).content)
