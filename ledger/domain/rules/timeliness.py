"""Rule E9: is it recorded in its time, or is there a reason and a source for its being late?"""

from collections.abc import Iterator
from datetime import timedelta

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import TranscriptionSource
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import TimeSource
from ledger.domain.rules.case import CLOCKS_APART, LATE_ENTRY, Case
from ledger.domain.rules.rule import Broken, Owner, Rule


def _in_time(case: Case) -> Iterator[Broken]:
    """E9: a decision of the future, what comes late and says no reason or source, a critical copy nobody checked.

    Asked of a fact when it comes in, never of the fact that a record makes of an earlier one: that was in time or not.
    """
    if case.without:
        return
    me = tag_of("person", case.envelope.performed_by)
    if case.kind is Kind.DECISION:
        claimed = case.envelope.occurred_at.time
        if claimed > civil_time.moved(case.recorded_at, tagging.uncertainty(case.content) + CLOCKS_APART):
            found = f"decided at {claimed:%Y-%m-%dT%H:%MZ}, which is after its recording"
            yield Broken(tag=me, found=found, must="a decision is dated when it is made")
        return
    yield from _late(case, me)
    yield from _copied(case, me)


def _late(case: Case, me: str) -> Iterator[Broken]:
    """Later than the type's limit, counted from the end of what lasted, without a reason."""
    claimed, work = case.envelope.occurred_at.time, case.fact.work()
    ended = max(claimed, work.ended_at) if work is not None and work.ended_at is not None else claimed
    told = case.envelope.late_reason is not None or any(
        item.kind == "EXCEPTION_KIND_LATE" for item in case.content.exceptions
    )
    if not told and civil_time.moved(ended, _limit(case)) < case.recorded_at:
        late = civil_time.length(int((case.recorded_at - ended).total_seconds()))
        must = "late_reason, or a LATE exception: one sentence why it comes late"
        yield Broken(tag=me, found=f"recorded {late} after it happened", must=must)


def _limit(case: Case) -> timedelta:
    """How long after it happened a fact of the type may come without a reason."""
    own = f"{LATE_ENTRY}.{case.content.type}"
    return timedelta(seconds=case.whole(own if own in case.parameters else LATE_ENTRY))


def _copied(case: Case, me: str) -> Iterator[Broken]:
    """Copied from paper: who copied it from what is its source, and a critical entry is checked by another person."""
    if case.envelope.occurred_at.source is not TimeSource.TRANSCRIBED:
        return
    copy, critical = case.envelope.transcription, TYPES[case.content.type].about.second is not None
    if copy is None:
        late = civil_time.moved(case.envelope.occurred_at.time, _limit(case)) < case.recorded_at
        must = "transcription: who copied it, from what" + (", and who checked the copy" if critical else "")
        yield Broken(tag=me, found="copied, and nobody says by whom", must=must, note=not (critical or late))
    elif critical and copy.verified_by in (None, copy.transcribed_by) and case.envelope.electronic_check is None:
        must = "transcription.verified_by: a critical entry is checked by a second person"
        yield Broken(tag=me, found="a critical entry copied from paper, unchecked", must=must)
    elif critical and copy.scanned_form is None and copy.source is not TranscriptionSource.MEMORY:
        must = "transcription.scanned_form: the hash of what it was copied from, or that it is from memory"
        yield Broken(tag=me, found="a critical entry copied, and no evidence of its source", must=must, note=True)


E9 = Rule(
    id="E9",
    revision=1,
    text="A decision is dated after its recording by more than the stated uncertainty and the two seconds by which two "
    "right clocks may differ; a fact is recorded later than "
    "the limit, 24 hours unless set otherwise, and does not say why; or it was copied and nobody says who copied it "
    "from what, a critical entry checked by a second person or a validated electronic check; one of which nobody keeps "
    "the paper is a note. One sentence of reason is "
    "the way out, and a refusal is kept whole and recorded as a deviation without typing it again: nobody has to write "
    "another time than the true one.",
    source="EU GMP Annex 11 s6; MHRA GXP Data Integrity Guidance 2018 s6.12 (partly verified; our encoding)",
    owner=Owner.NOBODY,
    override="late entry: late_reason in the envelope, or a LATE exception",
    types=tuple(
        name for name, struct in TYPES.items() if struct.about.kind in (Kind.DECISION, Kind.HAPPENING, Kind.SAFETY_ACT)
    ),
    reads=(),
    judge=_in_time,
    curable=False,
)
