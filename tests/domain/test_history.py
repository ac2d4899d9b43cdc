"""The history of one subject: incremental is a whole refold, whatever comes, in whatever order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import Struct

from ledger.domain.facts import tagging
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Cure, Recorder
from ledger.domain.facts.values import Identifier
from ledger.domain.subjects.history import KEPT, LAST, MOST_OPEN, History, Open
from ledger.domain.subjects.subject import Entry, Statement, Subject
from tests.support import world

TAG: Final = "case:x:1"
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CONTENT: Final = world.withdrawal().content
RECORDER: Final = Recorder(organisation=Identifier(**world.TREATING))


class Told(Struct, frozen=True):
    """A state that keeps everything: what was folded, in its order."""

    seen: tuple[tuple[int, datetime], ...] = ()


def _fold(state: Told, entry: Entry) -> Told:
    return Told(seen=(*state.seen, (entry.position, entry.at)))


def _fold_or_fail(state: Told, entry: Entry) -> Told:
    if entry.position % 3 == 0:
        raise ValueError("every third fact is too much")
    return _fold(state, entry)


LISTED: Final = Subject(name="Listed", kinds=("case",), types=frozenset(("T",)), empty=Told(), fold=_fold)
FRAGILE: Final = Subject(name="Fragile", kinds=("case",), types=frozenset(("T",)), empty=Told(), fold=_fold_or_fail)


def said(known: int, minutes: int, target: int | None = None, **changes: Any) -> Statement:  # noqa: ANN401 - any field
    """A statement: an original at its position, or a record about one."""
    whole = Statement(
        known=known,
        target=target or known,
        type="T",
        effective=START + timedelta(minutes=minutes),
        content=CONTENT,
        tags=(TAG,),
        recorder=RECORDER,
    )
    return msgspec.structs.replace(whole, **changes)


def told(statements: Sequence[Statement]) -> History:
    """A history that was given these, in order."""
    history = History(LISTED, TAG)
    for stated in statements:
        assert history.add(stated)
    return history


def refolded(statements: Sequence[Statement], before: tuple[datetime, int] = LAST, without: int = 0) -> Told:
    """The same by the definition: the newest statement about each original counts, in the order of its key."""
    newest = {stated.target: stated for stated in statements}
    counting = [
        stated for stated in newest.values() if stated.content is not None and TAG in stated.tags and stated.type == "T"
    ]
    kept = sorted(stated.key for stated in counting if stated.key < before and stated.target != without)
    return Told(seen=tuple((target, at) for at, target in kept))


@st.composite
def statements(draw: st.DrawFn, least: int = 0, most: int = 40) -> list[Statement]:
    """Originals and records about them, at any time, with and without the tag, the type, or any content."""
    found: list[Statement] = []
    for known in range(1, draw(st.integers(least, most)) + 1):
        about = draw(st.sampled_from([None, *[stated.target for stated in found]]))
        found.append(
            said(
                known,
                draw(st.integers(0, 30)),
                about,
                content=draw(st.sampled_from([CONTENT, CONTENT, None])) if about else CONTENT,
                tags=draw(st.sampled_from([(TAG,), (TAG,), (TAG,), ("case:x:2",)])),
                type=draw(st.sampled_from(["T", "T", "T", "Other"])),
            )
        )
    return found


@drawn(statements())
def test_incremental_folding_is_a_whole_refold(all_: list[Statement]) -> None:
    assert told(all_).newest == refolded(all_)


@drawn(statements(), st.integers(-1, 31), st.integers(0, 40), st.integers(0, 40))
def test_the_state_at_any_time_is_the_fold_of_the_prefix(
    all_: list[Statement], minutes: int, position: int, without: int
) -> None:
    key = (START + timedelta(minutes=minutes), position)
    assert told(all_).state(key, without) == refolded(all_, key, without)


@drawn(statements(least=1), st.integers(0, 31))
def test_a_copy_that_knows_one_more_leaves_the_first_as_it_was(all_: list[Statement], minutes: int) -> None:
    history = told(all_)
    more = said(len(all_) + 1, minutes)
    copy = history.with_(more)
    assert copy is not None
    assert (copy.newest, history.newest) == (refolded([*all_, more]), refolded(all_))


@drawn(statements())
def test_later_facts_are_those_at_or_after_a_place_in_their_order(all_: list[Statement]) -> None:
    history, middle = told(all_), (START + timedelta(minutes=15), 0)
    later = history.later(middle)
    seen = tuple((stated.target, stated.effective) for stated in later)
    assert refolded(all_, middle).seen + seen == refolded(all_).seen


MANY: Final = [said(number, number) for number in range(1, 2 * KEPT + 1)]
"""As many as are compacted; what stands at minute 256 and before goes into the base."""


def compacted() -> History:
    """A history of which the older half is folded into its base."""
    history = told(MANY)
    history.compact()
    return history


@settings(max_examples=15)
@drawn(st.data())
def test_a_compacted_history_goes_on_as_a_whole_one_or_asks_for_it(data: st.DataObject) -> None:
    history, all_ = compacted(), list(MANY)
    for number in range(1, data.draw(st.integers(1, 12))):
        known = len(MANY) + number
        about = data.draw(st.sampled_from([None, 3, KEPT, KEPT + 1, KEPT + 40, 2 * KEPT]))
        content = data.draw(st.sampled_from([CONTENT, None])) if about else CONTENT
        stated = said(known, data.draw(st.integers(0, 3 * KEPT)), about, content=content)
        all_.append(stated)
        if not history.add(stated):
            history = told(all_)
        history.compact()
        assert history.newest == refolded(all_)
        key = (START + timedelta(minutes=data.draw(st.integers(0, 3 * KEPT))), 0)
        without = data.draw(st.sampled_from([0, 3, KEPT + 40]))
        if history.reaches(key, without):
            assert history.state(key, without) == refolded(all_, key, without)


def test_a_history_that_is_not_long_is_not_compacted() -> None:
    history = told(MANY[:-1])
    history.compact()
    assert (history.whole, history.weight) == (True, 2 * KEPT)


def test_a_compacted_history_keeps_its_last_entries_and_knows_what_it_cannot_tell() -> None:
    history = compacted()
    first = (START + timedelta(minutes=KEPT + 1), KEPT + 1)
    assert (history.whole, history.weight, history.known) == (False, KEPT + 1, True)
    assert (history.reaches(first), history.reaches((first[0], KEPT))) == (True, False)
    assert (history.reaches(first, KEPT), history.reaches(first, KEPT + 1)) == (False, True)
    assert history.newest == refolded(MANY)


def test_what_reaches_into_the_base_asks_for_the_whole_history() -> None:
    assert compacted().add(said(9_999, 3)) is False
    assert compacted().add(said(9_999, 3, KEPT)) is False
    assert compacted().add(said(9_999, 3, KEPT + 40)) is False
    assert compacted().with_(said(9_999, 3)) is None


def test_a_compacted_history_of_which_nothing_kept_is_left_asks_for_the_whole_one() -> None:
    history = compacted()
    for number in range(KEPT + 1, 2 * KEPT + 1):
        assert history.add(said(10_000 + number, number, number, content=None))
    assert (history.known, history.reaches(LAST)) == (True, False)
    assert history.add(said(20_000, 3)) is False


def test_nothing_is_known_of_a_subject_that_no_fact_is_about() -> None:
    history = told([said(1, 1, tags=())])
    assert (history.known, history.newest, history.weight) == (False, Told(), 1)


def test_a_fold_that_raises_is_flagged_once_and_stops_nothing() -> None:
    history = History(FRAGILE, TAG)
    for number in (1, 2, 3, 4, 6):
        assert history.add(said(number, 10 - number))
    assert history.state(LAST) == history.newest == Told(seen=tuple((n, said(n, 10 - n).effective) for n in (4, 2, 1)))
    copy = history.with_(said(7, 20))
    assert copy is not None
    assert (history.unfolded, copy.unfolded) == ((3, 6), (3, 6))


# Open deviations


def test_a_deviation_stays_open_until_its_last_rule_is_cured() -> None:
    history = told([said(1, 5, broken=("C1", "C7"))])
    was = Open(number=1, target=1, effective=START + timedelta(minutes=5), rules=("C1", "C7"))
    assert history.open_deviations() == (was,)
    history.add(said(2, 1, cures=(Cure(deviation=1, rule="C1"), Cure(deviation=9, rule="C1"))))
    assert history.open_deviations() == (msgspec.structs.replace(was, rules=("C7",)),)
    history.add(said(3, 1, cures=(Cure(deviation=1, rule="C7"),)))
    assert history.open_deviations() == ()


def test_a_deviation_beyond_those_that_are_kept_is_remembered_whatever_is_cured_after_it() -> None:
    history = told([said(number, number, broken=("C1",)) for number in range(1, MOST_OPEN + 1)])
    assert history.beyond == 0
    history.add(said(100, 100, broken=("C1",)))
    history.add(said(101, 101, cures=tuple(Cure(deviation=number, rule="C1") for number in range(1, MOST_OPEN + 1))))
    assert (history.open_deviations(), history.beyond) == ((), 100)
    with_more = history.with_(said(102, 102))
    assert with_more is not None
    assert with_more.beyond == 100


def test_a_deviation_closes_when_its_fact_is_corrected_or_did_not_happen() -> None:
    for content in (CONTENT, None):
        history = told([said(1, 5, broken=("C1",)), said(2, 5, 1, content=content)])
        assert history.open_deviations() == ()


def test_a_deviation_is_open_where_its_fact_is_folded_only() -> None:
    assert told([said(1, 5, broken=("C1",), type="Other")]).open_deviations() == ()


def test_a_cure_counts_where_the_fact_that_cures_is_folded_only() -> None:
    cure = (Cure(deviation=1, rule="C1"),)
    for elsewhere in ({"type": "Other"}, {"tags": ("case:x:2",)}):
        history = told([said(1, 5, broken=("C1",)), said(2, 1, cures=cure, **elsewhere)])
        assert [item.number for item in history.open_deviations()] == [1]


@pytest.mark.parametrize("content", [CONTENT, None], ids=["corrected", "did not happen"])
def test_a_cure_is_taken_back_when_its_fact_is_corrected_or_did_not_happen(content: Content | None) -> None:
    for rules in (("C1",), ("C1", "C7")):
        history = told([said(1, 5, broken=rules)])
        open_ = history.open_deviations()
        history.add(said(2, 1, cures=(Cure(deviation=1, rule="C1"),)))
        assert history.open_deviations() != open_
        history.add(said(3, 1, 2, content=content))
        assert history.open_deviations() == open_


def test_a_cure_that_a_corrected_fact_has_anew_counts() -> None:
    cure = (Cure(deviation=1, rule="C1"),)
    history = told([said(1, 5, broken=("C1",)), said(2, 1, cures=cure), said(3, 2, 2, cures=cure)])
    assert history.open_deviations() == ()
    history.add(said(4, 1, 2, content=None))
    assert [item.number for item in history.open_deviations()] == [1]


def test_a_cure_that_is_taken_back_opens_nothing_whose_fact_did_not_happen() -> None:
    cure = (Cure(deviation=1, rule="C1"),)
    history = told([said(1, 5, broken=("C1",)), said(2, 1, cures=cure), said(3, 5, 1, content=None)])
    history.add(said(4, 1, 2, content=None))
    assert history.open_deviations() == ()


def test_a_compacted_history_takes_back_the_cures_of_what_it_keeps_and_asks_for_the_others() -> None:
    cure = (Cure(deviation=2 * KEPT, rule="C1"),)
    last = msgspec.structs.replace(MANY[-1], broken=("C1",))
    for curing, kept in ((said(9_001, 3, cures=cure), False), (said(9_001, 2 * KEPT - 1, cures=cure), True)):
        history = told([*MANY[:-1], last, curing])
        history.compact()
        assert history.open_deviations() == ()
        assert history.add(said(9_002, 3, 9_001, content=None)) is kept
        assert [item.number for item in history.open_deviations()] == ([2 * KEPT] if kept else [])


DEVIATION_1: Final = tagging.deviation(1)
HEARD: Final[Subject[tuple[object, ...]]] = Subject(
    name="Heard",
    kinds=("deviation",),
    types=frozenset(("T",)),
    empty=(),
    fold=lambda state, entry: (*state, entry.position),
    cure=lambda state, rules: (*state, *rules),
)


def test_a_subject_of_deviations_hears_of_a_cure_whatever_the_curing_fact_is_about() -> None:
    history = History(HEARD, DEVIATION_1)
    cures = (Cure(deviation=1, rule="C7"), Cure(deviation=2, rule="C1"), Cure(deviation=1, rule="L1"))
    for stated in (
        said(5, 5, tags=(DEVIATION_1,)),
        said(6, 1, type="Other", cures=cures),
        said(7, 1, cures=cures[1:2]),
    ):
        history.add(stated)
    assert (history.newest, history.state((START, 0)), history.state(said(9, 3).key)) == (
        ("C7", "L1", 5),
        (),
        ("C7", "L1"),
    )
    history.add(said(8, 1, 6, content=None))
    assert history.newest == (5,)


def test_a_fact_that_says_something_of_a_deviation_and_cures_it_is_heard_for_both() -> None:
    history = History(HEARD, DEVIATION_1)
    history.add(said(5, 5, tags=(DEVIATION_1,), cures=(Cure(deviation=1, rule="C7"),), broken=("C1",)))
    assert (history.newest, [item.number for item in history.open_deviations()]) == (("C7", 5), [5])


def test_a_fact_that_only_cures_opens_no_deviation_of_its_own_there() -> None:
    history = History(HEARD, DEVIATION_1)
    history.add(said(6, 1, cures=(Cure(deviation=1, rule="C7"),), broken=("C1",)))
    assert (history.newest, history.open_deviations()) == (("C7",), ())


def test_a_subject_keeps_so_many_open_deviations_the_oldest() -> None:
    history = told([said(number, number, broken=("C1",)) for number in range(1, MOST_OPEN + 10)])
    assert [item.number for item in history.open_deviations()] == list(range(1, MOST_OPEN + 1))


def test_a_statement_is_found_while_it_is_kept() -> None:
    history = compacted()
    assert (history.statement_of(KEPT), history.statement_of(KEPT + 1)) == (None, MANY[KEPT])


def test_a_fact_later_than_all_others_costs_one_fold_however_many_there_are() -> None:
    folds = [0]

    def counted(state: int, entry: Entry) -> int:
        del entry
        folds[0] += 1
        return state + 1

    busy = History(Subject(name="Busy", kinds=("case",), types=frozenset(("T",)), empty=0, fold=counted), TAG)
    for number in range(1, 10_001):
        busy.add(said(number, number))
        if number % KEPT == 0:
            busy.compact()
    before = folds[0]
    busy.add(said(10_001, 10_001))
    assert (folds[0] - before, busy.newest, busy.weight <= 2 * KEPT + 1) == (1, 10_001, True)
