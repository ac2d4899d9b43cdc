"""What every log promises to one writer and to its readers."""

import time
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.evidence.merkle import Frontier, root_of
from ledger.store.errors import Misplaced, Rejected
from ledger.store.log import Log
from ledger.store.rows import EMPTY, KeyRow, TagRow
from tests.store.drafts import (
    ORGANISATION,
    SALT,
    Draft,
    everything,
    following,
    key_of,
    link,
    positions,
    put,
    size_of,
    store,
)
from tests.support.clusters import ORIGIN


class ChangedError(Exception):
    """The caller changed its mind."""


def test_a_new_log_is_empty_and_knows_its_name(log: Log) -> None:
    with log.reading() as reading:
        assert (log.origin, reading.head(), reading.scan(0, 10, 10)) == (ORIGIN, EMPTY, [])


def test_positions_run_from_one_without_gaps(log: Log) -> None:
    for count in (1, 3, 2):
        store(log, *[Draft()] * count)
    assert positions(everything(log)) == [1, 2, 3, 4, 5, 6]


def test_what_is_read_is_what_was_stored_byte_for_byte(log: Log) -> None:
    head = store(log, Draft("Known", record=b'{"a":"\xc3\xa9"}'))
    (fact,) = everything(log)
    assert (fact.type, fact.organisation, fact.record, fact.salt) == ("Known", ORGANISATION, b'{"a":"\xc3\xa9"}', SALT)
    assert (fact.recorded_at, [fact.leaf]) == (head.recorded_at, list(head.frontier.peaks))


def test_the_head_carries_the_tree_over_all_leaves(log: Log) -> None:
    for count in (3, 4):
        store(log, *[Draft()] * count)
    with log.reading() as reading:
        head = reading.head()
    assert head.frontier.root == root_of([fact.leaf for fact in everything(log)])
    assert (head.size, head.frontier.size) == (7, 7)


def test_a_block_sees_its_own_rows_and_nobody_else_does_before_it_commits(log: Log) -> None:
    with log.appending() as block:
        put(block, [Draft(tags=["a"])], [key_of(1, 1)])
        assert positions(block.search(["a"], [], 0, 9, 9)) == [1]
        assert block.keys([(ORGANISATION, UUID(int=1))])
        with log.reading() as reading:
            assert (reading.head(), reading.search(["a"], [], 0, 9, 9)) == (EMPTY, [])
            assert reading.keys([(ORGANISATION, UUID(int=1))]) == {}
    assert size_of(log) == 1


def test_one_block_may_append_several_times(log: Log) -> None:
    with log.appending() as block:
        put(block, [Draft()])
        put(block, [Draft(), Draft()])
        assert block.head().size == 3
    assert positions(everything(log)) == [1, 2, 3]


def test_an_exception_in_the_block_stores_nothing(log: Log) -> None:
    store(log, Draft(tags=["a"]))

    def change_ones_mind() -> None:
        with log.appending() as block:
            put(block, [Draft(tags=["a"], edges=[link("a", "b")])], [key_of(1, 2)])
            raise ChangedError

    with pytest.raises(ChangedError):
        change_ones_mind()
    with log.reading() as reading:
        assert (positions(reading.search(["a"], ["Made"], 0, 9, 9)), reading.edges(["a"], "up", 9, 9)) == ([1], [])
        assert reading.keys([(ORGANISATION, UUID(int=1))]) == {}
    store(log, Draft())
    assert size_of(log) == 2


def test_a_block_without_rows_changes_nothing(log: Log) -> None:
    head = store(log, Draft())
    with log.appending() as block:
        block.append([], [], head)
    assert size_of(log) == 1


def test_a_key_may_be_spent_on_facts_that_are_there_already(log: Log) -> None:
    store(log, Draft())
    store(log, keys=[key_of(1, 1)])
    with log.reading() as reading:
        assert reading.keys([(ORGANISATION, UUID(int=1))])[ORGANISATION, UUID(int=1)].position == 1


def test_a_spent_key_is_kept_and_scoped_to_its_organisation(log: Log) -> None:
    key = key_of(7, 1)
    store(log, Draft(), keys=[key])
    with log.reading() as reading:
        found = reading.keys([(ORGANISATION, UUID(int=7)), ("OTHER", UUID(int=7)), (ORGANISATION, UUID(int=8))])
        assert (found, reading.keys([])) == ({(ORGANISATION, UUID(int=7)): key}, {})


def test_a_key_is_spent_once(log: Log) -> None:
    store(log, Draft(), keys=[key_of(7, 1)])
    with pytest.raises(Rejected):
        store(log, Draft(), keys=[key_of(7, 2)])
    assert size_of(log) == 1


WRONG_HEADS = {
    "the old size": {"size": 1},
    "a size too large": {"size": 3},
    "another frontier": {"frontier": Frontier().extend([bytes(32)] * 2)},
    "a time that does not rise": {"recorded_at": 1},
    "an older epoch": {"epoch": -1},
}


@pytest.mark.parametrize("wrong", WRONG_HEADS.values(), ids=WRONG_HEADS)
def test_a_head_that_does_not_follow_is_refused(log: Log, wrong: dict[str, object]) -> None:
    rows, head = following(store(log, Draft()), [Draft()])
    with pytest.raises(Misplaced), log.appending() as block:
        block.append(rows, [], replace(head, **wrong))
    assert size_of(log) == 1


@pytest.mark.parametrize("position", [1, 3])
def test_a_position_that_does_not_follow_is_refused(log: Log, position: int) -> None:
    rows, head = following(store(log, Draft()), [Draft()])
    with pytest.raises(Misplaced), log.appending() as block:
        block.append([replace(rows[0], position=position)], [], head)
    assert size_of(log) == 1


def test_a_commit_has_one_time(log: Log) -> None:
    rows, head = following(EMPTY, [Draft(), Draft()])
    with pytest.raises(Misplaced), log.appending() as block:
        block.append([rows[0], replace(rows[1], recorded_at=head.recorded_at + 1)], [], head)


def test_a_head_does_not_move_without_facts(log: Log) -> None:
    with pytest.raises(Misplaced), log.appending() as block:
        block.append([], [], replace(EMPTY, epoch=3))


BAD_KEYS = {
    "a hash too short": [replace(key_of(1, 1), hash=b"short")],
    "no size": [replace(key_of(1, 1), size=0)],
    "no organisation": [replace(key_of(1, 1), organisation="")],
    "twice": [key_of(1, 1), key_of(1, 1)],
}


@pytest.mark.parametrize("keys", BAD_KEYS.values(), ids=BAD_KEYS)
def test_keys_that_cannot_be_stored_are_rejected(log: Log, keys: list[KeyRow]) -> None:
    with pytest.raises(Rejected):
        store(log, Draft(), keys=keys)
    assert size_of(log) == 0


@pytest.mark.parametrize("damage", [{"salt": bytes(31)}, {"leaf": b""}], ids=["salt", "leaf"])
def test_a_salt_or_leaf_of_another_length_is_rejected(log: Log, damage: dict[str, bytes]) -> None:
    (row,), head = following(EMPTY, [Draft()])
    damaged = replace(row, **damage)
    with pytest.raises(Rejected), log.appending() as block:
        block.append([damaged], [], replace(head, frontier=Frontier().append(damaged.leaf)))
    assert size_of(log) == 0


def test_a_block_knows_the_clock_of_its_store(log: Log) -> None:
    with log.appending() as block:
        told = block.clock()
    assert told is None or abs(told - time.time_ns() // 1000) < 60_000_000


def test_a_barrier_passes(log: Log) -> None:
    store(log, Draft())
    log.barrier()
    assert size_of(log) == 1


BAD = {
    "a NUL in a tag": Draft(tags=["a\0b"]),
    "half a surrogate in a tag": Draft(tags=["a\ud800"]),
    "a tag of three random kilobytes": Draft(tags=["".join(chr(33 + at * at % 89) for at in range(3000))]),
    "an empty tag": Draft(tags=[""]),
    "a tag twice": Draft(tags=["a", "a"]),
    "a link twice": Draft(edges=[link("a", "b"), link("a", "b", live=False)]),
    "an empty record": Draft(record=b""),
    "a record too large": Draft(record=b"x" * 262145),
    "a type too long": Draft("T" * 256),
    "a kind too long": Draft(edges=[link("a", "b", kind="k" * 65)]),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_rows_that_cannot_be_stored_are_rejected_and_the_next_append_works(log: Log, bad: Draft) -> None:
    with pytest.raises(Rejected):
        store(log, Draft(), bad)
    store(log, Draft())
    assert positions(everything(log)) == [1]


def test_tags_of_two_hundred_bytes_and_any_script_are_stored(log: Log) -> None:
    tags = ["x" * 200, "é" * 100, "a'b\"c\\{},NULL", " ", "NULL"]
    store(log, Draft(tags=tags))
    with log.reading() as reading:
        assert [row.tag for _, row in reading.tag_rows(0, 1)] == sorted(tags)
        assert all(positions(reading.search([tag], [], 0, 1, 9)) == [1] for tag in tags)


def test_subjects_are_loaded_by_tag_and_types_in_order(log: Log) -> None:
    store(log, Draft("A", ["m"]), Draft("B", ["m", "c"]), Draft("C", ["m"]), Draft("A", ["c"]))
    both, none = frozenset({"A", "B"}), frozenset[str]()
    with log.reading() as reading:
        found = reading.load([("m", both), ("c", both), ("x", both), ("m", none)], 4)
        assert [positions(facts) for facts in found] == [[1, 2], [2, 4], [], []]
        assert [positions(facts) for facts in reading.load([("m", both), ("c", both)], 3, after=1)] == [[2], [2]]
        assert reading.load([], 4) == []


def test_a_page_of_a_subject_ends_where_one_of_its_types_has_as_many_and_the_next_goes_on_after_it(log: Log) -> None:
    twice = Draft("Corrected", [TagRow("m", "A"), TagRow("m", "B")])
    made = [Draft("A", ["m"]), Draft("B", ["m"]), twice, Draft("B", ["m"]), Draft("A", ["m"]), Draft("B", ["n"])]
    store(log, *made)
    both = frozenset({"A", "B"})
    with log.reading() as reading:
        m, n = reading.load([("m", both), ("n", both)], 6, most=2)
        assert (positions(m), positions(n)) == ([1, 2, 3], [6])
        assert [positions(facts) for facts in reading.load([("m", both)], 6, 3, 2)] == [[4, 5]]
        assert [positions(facts) for facts in reading.load([("m", both)], 4, 3, 2)] == [[4]]
        assert [positions(facts) for facts in reading.load([("m", both)], 6, 0, 1)] == [[1]]


def test_a_fact_found_under_two_types_is_loaded_once(log: Log) -> None:
    store(log, Draft("Corrected", [TagRow("m", "A"), TagRow("m", "B"), TagRow("n", "A", own=False)]))
    with log.reading() as reading:
        assert [positions(facts) for facts in reading.load([("m", frozenset({"A", "B"}))], 1)] == [[1]]
        assert positions(reading.search(["m"], [], 0, 9, 9)) == [1]
        assert positions(reading.search(["m", "n"], ["A"], 0, 9, 9)) == [1]
        assert positions(reading.search(["m", "n"], ["B"], 0, 9, 9)) == []


def test_a_search_asks_for_every_tag_and_any_type(log: Log) -> None:
    store(log, Draft("A", ["x", "y"]), Draft("B", ["x"]), Draft("B", ["x", "y"]), Draft("C", ["y"]))
    with log.reading() as reading:
        assert positions(reading.search(["x", "y"], [], 0, 4, 9)) == [1, 3]
        assert positions(reading.search(["x", "y"], ["B", "C"], 0, 4, 9)) == [3]
        assert positions(reading.search([], ["B", "C"], 0, 4, 9)) == [2, 3, 4]
        assert positions(reading.search([], [], 1, 3, 9)) == [2, 3]
        assert positions(reading.search(["x"], [], 0, 4, 2)) == [1, 2]
        assert positions(reading.search(["x"], [], 2, 4, 2)) == [3]
        assert positions(reading.search(["x"], ["B"], 0, 2, 9)) == [2]


def test_the_oldest_bearers_of_each_tag_are_those_whose_own_it_is_of_one_type_if_told(log: Log) -> None:
    refused, anothers = TagRow("a", "Refused"), TagRow("a", "Made", own=False)
    store(log, Draft(tags=["a", refused]), Draft(tags=[anothers]), Draft(tags=["a", "b"]), Draft(tags=["a"]))
    with log.reading() as reading:
        assert reading.bearers(["b", "a", "a"], 9, 3) == [
            ("a", 1, "Made"),
            ("a", 1, "Refused"),
            ("a", 3, "Made"),
            ("b", 3, "Made"),
        ]
        assert reading.bearers(["a", "b"], 9, 3, "Refused") == [("a", 1, "Refused")]
        assert reading.bearers(["a"], 2, 9, "Made") == [("a", 1, "Made")]
        assert reading.bearers([], 9, 9) == reading.bearers(["c"], 9, 9) == []


def test_the_oldest_facts_that_bear_each_tag_are_read_at_once(log: Log) -> None:
    inherited = TagRow("a", "Made", own=False)
    store(log, Draft(tags=["a", TagRow("a", "Refused")]), Draft(tags=[inherited, "b"]), Draft(tags=["a"]))
    with log.reading() as reading:
        assert [positions(facts) for facts in reading.borne(["b", "a", "c"], 9, 2)] == [[2], [1, 2], []]
        assert [positions(facts) for facts in reading.borne(["a"], 2, 9)] == [[1, 2]]
        assert reading.borne(["b"], 9, 9)[0] == reading.facts([2])
        assert reading.borne([], 9, 9) == []


def test_facts_are_read_by_position_and_by_type(log: Log) -> None:
    store(log, Draft("A"), Draft("B"), Draft("A"), Draft("C"))
    with log.reading() as reading:
        assert positions(reading.facts([3, 9, 1, 0, 3])) == [1, 3]
        assert reading.facts([]) == []
        assert positions(reading.types(["A", "C"], 1, 4, 9)) == [3, 4]
        assert positions(reading.types(["A", "C"], 0, 4, 2)) == [1, 3]
        assert reading.types([], 0, 4, 9) == []


def test_rows_of_a_range_are_listed_for_verification(log: Log) -> None:
    inherited = TagRow("b", "Made", own=False)
    store(log, Draft(tags=["a"]), Draft(tags=["c", inherited], edges=[link("m", "c"), link("a", "c", live=False)]))
    with log.reading() as reading:
        assert reading.tag_rows(1, 2) == [(2, inherited), (2, TagRow("c", "Made"))]
        assert reading.edge_rows(0, 2) == [(2, link("a", "c", live=False)), (2, link("m", "c"))]
        assert (reading.tag_rows(2, 9), reading.edge_rows(0, 1)) == ([], [])
