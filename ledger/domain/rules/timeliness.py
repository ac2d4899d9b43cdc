"""Rule E9: is it recorded in its time, or is there a reason and a source for its being late?"""

from collections.abc import Iterator
from datetime import timedelta

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import TimeSource
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule


def _in_time(case: Case) -> Iterator[Broken]:
    """E9: a decision of the future, a late happening without a reason, a copy that nobody stands for.

    Asked of a fact when it comes in, never of the fact that a record makes of an earlier one: that was in time or not.
    """
    if case.without:
        return
    envelope = case.envelope
    me, claimed = tag_of("person", envelope.performed_by), envelope.occurred_at.time
    if case.kind is Kind.DECISION:
        if claimed > civil_time.moved(case.recorded_at, tagging.uncertainty(case.content)):
            found = f"decided at {claimed:%Y-%m-%dT%H:%MZ}, which is after its recording"
            yield Broken(tag=me, found=found, must="a decision is dated when it is made")
        return
    limit = timedelta(seconds=case.whole("late-entry-seconds"))
    told = envelope.late_reason is not None or any(
        item.kind == "EXCEPTION_KIND_LATE" for item in case.content.exceptions
    )
    work = case.fact.work()
    ended = max(claimed, work.ended_at) if work is not None and work.ended_at is not None else claimed
    if civil_time.moved(ended, limit) < case.recorded_at and not told:
        hours = (case.recorded_at - ended).total_seconds() / 3600
        found = f"recorded {hours:.0f} h after it happened"
        yield Broken(tag=me, found=found, must="late_reason: why it comes late", note=True)
    if envelope.occurred_at.source is TimeSource.TRANSCRIBED:
        yield from _copied(case, me)


def _copied(case: Case, me: str) -> Iterator[Broken]:
    copy = case.envelope.transcription
    if copy is None:
        must = "transcription: who copied it, from what"
        yield Broken(tag=me, found="copied, and nobody says by whom", must=must, note=True)
    elif copy.verified_by is None and TYPES[case.content.type].about.second is not None:
        must = "transcription.verified_by: a critical entry is checked by a second person"
        yield Broken(tag=me, found="a critical entry copied from paper, unchecked", must=must, note=True)


E9 = Rule(
    id="E9",
    revision=1,
    text="A decision is dated after its recording by more than the stated uncertainty. Noted, and a reason is owed: a "
    "fact is recorded later than the limit, 24 hours unless set otherwise, without a reason, or it is a copy and "
    "nobody says who copied it. What happened is not refused for coming late: a true fact would be falsified.",
    source="EU GMP Annex 11 s6; MHRA GXP Data Integrity Guidance 2018 s6.12 (partly verified; our encoding)",
    owner=Owner.NOBODY,
    override="late entry with a reason",
    types=tuple(
        name for name, struct in TYPES.items() if struct.about.kind in (Kind.DECISION, Kind.HAPPENING, Kind.SAFETY_ACT)
    ),
    reads=(),
    judge=_in_time,
    curable=False,
)
