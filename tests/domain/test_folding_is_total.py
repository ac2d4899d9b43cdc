"""No fact that was accepted can stop the ledger: whatever was said, in whatever order, folds and is judged."""

from datetime import UTC, datetime, timedelta

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from ledger.audit.rejudge import rejudge
from ledger.domain.facts import content as encoding
from ledger.domain.facts import record as records
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Record, Recorder, Stamp, Verdict
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.receipt import Receipt, Refused
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import Statement, statement
from tests.support import world
from tests.support.judged import Asked
from tests.support.random_facts import contents

RECORDER = Recorder(organisation=Identifier(**world.TREATING))
ORIGINALS = tuple(name for name, struct in TYPES.items() if struct.about.kind is not Kind.RECORD)

JUDGED = tuple(name for name in TYPES if name not in ("Refused", "RulebookAdopted"))
"""A rulebook that a program does not have holds its appends, and nobody sends a refusal."""


def recorded(content: Content, position: int) -> Record:
    """The record of a fact that was recorded without a finding."""
    stamp = Stamp(
        position=position, recorded_at=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=position), recorder=RECORDER
    )
    return Record(
        content=content, stamp=stamp, verdict=Verdict(outcome=Outcome.RECORDED, rulebook=0, tags=tagging.own(content))
    )


def as_stated(content: Content, position: int) -> Statement:
    """What such a record says."""
    found = statement(recorded(content, position))
    assert found is not None
    return found


@settings(max_examples=60)
@drawn(st.lists(contents(ORIGINALS), min_size=1, max_size=6))
def test_every_subject_folds_any_facts_in_any_order(said: list[Content]) -> None:
    stated = [as_stated(content, number) for number, content in enumerate(said, 1)]
    for tag in {tag for item in stated for tag in item.tags}:
        for subject in (subject for subject in SUBJECTS if kind_of(tag) in subject.kinds):
            history = History(subject, tag)
            for item in stated:
                assert history.add(item)
            assert history.unfolded == ()
            assert all(isinstance(link, str) for link in subject.links(history.newest))


@settings(max_examples=40)
@drawn(st.lists(contents(JUDGED), min_size=1, max_size=6))
def test_every_fact_is_answered_whatever_came_before_it_and_judged_alike_again(said: list[Content]) -> None:
    ledger = Asked()
    try:
        for content in said:
            ledger.now += timedelta(days=20)
            try:
                answer: Receipt | Refused = ledger.ledger.submit(world.draft_of(content)).result(30)
            except Refused as refused:
                answer = refused
            assert answer.type == content.type
        assert rejudge(ledger.rows()) is None
    finally:
        ledger.close()


@settings(max_examples=60)
@drawn(contents())
def test_what_was_accepted_is_read_again_as_it_was_written(content: Content) -> None:
    octets = encoding.encode(content)
    whole = recorded(content, 7)
    assert encoding.encode(encoding.decode(octets)) == octets
    assert records.decode(records.encode(octets, whole.stamp, whole.verdict)) == whole
    assert records.content_octets(records.encode(octets, whole.stamp, whole.verdict)) == octets
