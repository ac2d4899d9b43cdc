"""Search: each filter, all together, pages that stay on their position, and tokens that fit one question only."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from ledger.audit import search as searching
from ledger.audit.asked import AsOf
from ledger.audit.search import Page, Question, Span, place_in, search
from ledger.domain.facts.birth import Malformed
from ledger.domain.finding import Outcome
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog
from tests.model import world
from tests.model.desk import Desk
from tests.support.clusters import Database

AT = world.START
LATE = AT + timedelta(days=40)
CHAIN, OTHER_CHAIN = world.tag_of("coi", world.chain(1)), world.tag_of("coi", world.chain(2))
FINAL = world.tag_of("material", world.bag("000001F"))
ORIGIN = "ledger.test/search"


@pytest.fixture(params=["memory", "postgres"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a patient who was treated; later somebody is refused, and then it is recorded as a deviation."""
    log: Log = MemoryLog(ORIGIN)
    if request.param == "postgres":
        database: Database = request.getfixturevalue("database")
        log = PostgresLog(database.writer)
    with Desk(log) as opened:
        opened.furnish(2)
        opened.treat(1)
        again: dict[str, Any] = {"where": world.POINT, "at": LATE}
        opened.try_(world.start("000001F", 1, **again), LATE)
        opened.record(world.start("000001F", 1, **again, exceptions=[world.deviation()]), LATE)
        yield opened
    log.close()


def page(desk: Desk, question: Question, size: int = 200, token: str = "") -> Page:
    place = place_in(token, question, ORIGIN) if token else None
    with desk.log.reading() as reading:
        return search(reading, question, size, place, ORIGIN)


def positions(desk: Desk, question: Question) -> list[int]:
    found = page(desk, question)
    assert found.next_token == ""
    return [fact.position for fact in found.facts]


def those(desk: Desk, *types: str) -> list[int]:
    return [row.stamp.position for row in desk.records() if row.content.type in types]


def test_nothing_asked_finds_every_fact_in_either_order(desk: Desk) -> None:
    size = len(desk.rows())
    assert positions(desk, Question()) == list(range(1, size + 1))
    assert positions(desk, Question(newest_first=True)) == list(range(size, 0, -1))


def test_a_type_finds_refusals_of_it_too(desk: Desk) -> None:
    starts = those(desk, "AdministrationStarted")
    assert len(starts) == 3
    assert positions(desk, Question(types=("AdministrationStarted",))) == starts
    both = positions(desk, Question(types=("AdministrationStarted", "AdministrationEnded")))
    assert both == those(desk, "AdministrationStarted", "AdministrationEnded")


def test_tags_are_found_own_and_inherited_and_all_of_them(desk: Desk) -> None:
    chain = positions(desk, Question(tags=(CHAIN,)))
    bearing = [r.stamp.position for r in desk.records() if CHAIN in (*r.verdict.tags, *r.verdict.inherited)]
    inherited = [r.stamp.position for r in desk.records() if CHAIN in r.verdict.inherited]
    assert chain == bearing
    assert inherited
    final = positions(desk, Question(tags=(CHAIN, FINAL)))
    assert final == [at for at in chain if at in positions(desk, Question(tags=(FINAL,)))]
    assert positions(desk, Question(tags=(CHAIN, OTHER_CHAIN))) == []


def test_what_became_of_a_fact_is_found(desk: Desk) -> None:
    size = len(desk.rows())
    assert positions(desk, Question(outcome=Outcome.REFUSED)) == [size - 1]
    assert positions(desk, Question(outcome=Outcome.RECORDED_AS_DEVIATION)) == [size]
    assert positions(desk, Question(outcome=Outcome.RECORDED)) == list(range(1, size - 1))


def test_a_rule_is_found_whatever_its_weight(desk: Desk) -> None:
    rules = {rule for row in desk.records() for rule in (found.rule for found in row.verdict.findings)}
    assert rules
    for rule in sorted(rules):
        having = [r.stamp.position for r in desk.records() if rule in {one.rule for one in r.verdict.findings}]
        assert positions(desk, Question(rule=rule)) == having


def test_the_organisation_that_recorded_is_found(desk: Desk) -> None:
    rows = desk.rows()
    for organisation in sorted({row.organisation for row in rows}):
        by = [row.position for row in rows if row.organisation == organisation]
        assert positions(desk, Question(organisation=f"organisation:{organisation}")) == by
    assert positions(desk, Question(organisation="organisation:ods:ZZZ")) == []


def test_the_senders_reference_is_found_whole(desk: Desk) -> None:
    draft = world.withdrawal(2, at=LATE)
    envelope = msgspec.structs.replace(draft.content.envelope, sender_reference="HL7 42/7")
    content = msgspec.structs.replace(draft.content, envelope=envelope)
    position = desk.record(world.as_draft(content), LATE).position
    assert positions(desk, Question(sender_reference="HL7 42/7")) == [position]
    assert positions(desk, Question(sender_reference="HL7")) == []


def test_spans_are_half_open_on_both_axes(desk: Desk) -> None:
    records = desk.records()
    first, last = records[0].stamp.recorded_at, records[-1].stamp.recorded_at
    recorded = Question(recorded=Span(start=first, end=last))
    assert positions(desk, recorded) == [r.stamp.position for r in records if first <= r.stamp.recorded_at < last]
    happened = [(r.stamp.position, min(r.content.envelope.occurred_at.time, r.stamp.recorded_at)) for r in records]
    start, end = AT, AT + timedelta(minutes=40)
    assert positions(desk, Question(occurred=Span(start=start, end=end))) == [
        at for at, t in happened if start <= t < end
    ]
    assert positions(desk, Question(occurred=Span(end=end))) == [at for at, t in happened if t < end]


def test_everything_asked_holds_at_once(desk: Desk) -> None:
    size = len(desk.rows())
    question = Question(
        tags=(FINAL, CHAIN),
        types=("AdministrationStarted",),
        outcome=Outcome.REFUSED,
        recorded=Span(start=LATE),
        occurred=Span(start=LATE, end=LATE + timedelta(minutes=1)),
        organisation=f"organisation:{desk.rows()[-1].organisation}",
    )
    assert positions(desk, question) == [size - 1]
    assert positions(desk, msgspec.structs.replace(question, outcome=Outcome.RECORDED)) == []


def test_both_axes_bound_a_search_and_are_told(desk: Desk) -> None:
    size = len(desk.rows())
    found = page(desk, Question(as_of=AsOf(position=9, at_least=1)))
    assert ([fact.position for fact in found.facts], found.through) == (list(range(1, 10)), 9)
    assert found.as_of == AsOf(position=9)
    then = page(desk, Question(types=("AdministrationStarted",), as_of=AsOf(occurred=AT + timedelta(days=1))))
    assert [fact.position for fact in then.facts] == those(desk, "AdministrationStarted")[:1]
    assert then.through == size
    before = page(desk, Question(as_of=AsOf(recorded=AT - timedelta(days=99))))
    assert (before.facts, before.next_token, before.through) == ((), "", 0)


@pytest.mark.parametrize("newest", [False, True])
def test_pages_stay_on_their_position_while_others_append(desk: Desk, newest: bool) -> None:
    size = len(desk.rows())
    question = Question(newest_first=newest)
    found: list[int] = []
    token = ""
    while True:
        told = page(desk, question, 7, token)
        assert (told.through, told.as_of) == (size, AsOf(position=size))
        assert len(told.facts) <= 7
        found += [fact.position for fact in told.facts]
        token = told.next_token
        if not token:
            break
        desk.record(world.withdrawal(2, at=LATE), LATE)
    assert found == (list(range(size, 0, -1)) if newest else list(range(1, size + 1)))
    assert len(desk.rows()) > size + 3


def test_a_page_is_bounded_work_and_says_that_there_is_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_LOOKED_AT", 5)
    question = Question(occurred=Span(end=AT - timedelta(days=9_000)))
    pages = [page(desk, question)]
    while pages[-1].next_token:
        pages.append(page(desk, question, token=pages[-1].next_token))
    assert [told.facts for told in pages] == [()] * len(pages)
    assert len(pages) == -(-len(desk.rows()) // 20)
    tokens = [told.next_token for told in pages]
    assert all(one != other for one, other in pairwise(tokens))


@pytest.fixture
def token(desk: Desk) -> str:
    """Of a search for the chain."""
    return page(desk, Question(tags=(CHAIN,)), 3).next_token


def test_a_token_that_was_touched_is_malformed(token: str) -> None:
    for touched in (token[:-4], "A" + token[1:], token[:-8] + "AAAAAAA=", "é", token * 2, "no token"):
        with pytest.raises(Malformed) as caught:
            place_in(touched, Question(tags=(CHAIN,)), ORIGIN)
        assert [one.path for one in caught.value.violations] == ["page_token"]


@pytest.mark.parametrize(
    "other",
    [
        Question(),
        Question(tags=(OTHER_CHAIN,)),
        Question(tags=(CHAIN,), newest_first=True),
        Question(tags=(CHAIN,), occurred=Span(start=AT)),
        Question(tags=(CHAIN,), as_of=AsOf(occurred=AT)),
    ],
    ids=range(5),
)
def test_a_token_of_another_question_is_malformed(token: str, other: Question) -> None:
    with pytest.raises(Malformed):
        place_in(token, other, ORIGIN)


def test_a_token_of_another_log_is_malformed_and_how_long_to_wait_is_no_part_of_the_question(token: str) -> None:
    with pytest.raises(Malformed):
        place_in(token, Question(tags=(CHAIN,)), "ledger.test/other")
    waiting = Question(tags=(CHAIN,), as_of=AsOf(at_least=3))
    assert place_in(token, waiting, ORIGIN) == place_in(token, Question(tags=(CHAIN,)), ORIGIN)
