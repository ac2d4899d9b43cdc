"""Rule E2: is what was decided signed, by whom, and does the signature cover this content?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts import content as contents
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule

_CLOCKS: Final = timedelta(minutes=5)
"""How far a signer's clock may be ahead of ours."""


def _bound(case: Case) -> Iterator[Broken]:
    """E2: a signature over other content, of a time to come, or one that a decision lacks.

    Asked of a fact when it comes in: the fact that a record makes of an earlier one was never signed as such.
    """
    if case.without:
        return
    signatures = case.envelope.signatures
    covered = contents.digest(contents.signed_octets(case.content)) if signatures else b""
    for signature in signatures:
        tag = tag_of("person", signature.person)
        if signature.content_hash != covered:
            yield Broken(tag=tag, found="the signature covers other content", must="the hash of this content signed")
        if signature.signed_at > civil_time.moved(case.recorded_at, _CLOCKS):
            found = f"signed at {signature.signed_at:%Y-%m-%dT%H:%MZ}, after the recording"
            yield Broken(tag=tag, found=found, must="signed before it is sent")
    yield from _owed(case)


def _owed(case: Case) -> Iterator[Broken]:
    """What a decision must be signed with; other kinds owe theirs, and are asked for it by a list, not by a refusal."""
    if case.kind is not Kind.DECISION:
        return
    given = {signature.meaning for signature in case.envelope.signatures}
    me = tag_of("person", case.envelope.performed_by)
    for wanted in TYPES[case.content.type].about.signatures:
        if not given & set(wanted):
            words = " or ".join(meaning.name.lower() for meaning in wanted)
            yield Broken(tag=me, found=f"not signed as {words}", must=f"a signature: {words}", note=case.validate_only)


E2 = Rule(
    id="E2",
    revision=1,
    text="A signature is not bound to the content, the signer or the time; or a decision lacks one of the signatures "
    "that its type asks for: every meaning, and one of those that stand for each other. What happened is not refused "
    "for want of a signature: it is owed.",
    source="EU GMP Annex 11 s14 (the refusal of an unsigned decision is our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=tuple(name for name, struct in TYPES.items() if not struct.about.server_made),
    reads=(),
    judge=_bound,
    curable=False,
)
