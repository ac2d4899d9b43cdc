"""Lineage as every log walks it: both ways, as known at a position, through circles."""

from collections.abc import Sequence

from ledger.store.log import Direction, Log
from ledger.store.rows import EdgeRow
from tests.store.drafts import Draft, link, store


def walk(log: Log, tags: Sequence[str], direction: Direction, through: int = 99, limit: int = 99) -> list[EdgeRow]:
    """Edges reached, without the positions of their rows."""
    with log.reading() as reading:
        return [edge for edge, _ in reading.edges(tags, direction, through, limit)]


BAG_TO_DONOR = [link("bag", "lot"), link("lot", "donation"), link("donation", "donor"), link("other bag", "lot")]


def test_ancestors_are_found_upwards_and_descendants_downwards(log: Log) -> None:
    store(log, Draft(edges=BAG_TO_DONOR))
    assert set(walk(log, ["bag"], "up")) == set(BAG_TO_DONOR[:3])
    assert set(walk(log, ["donation"], "down")) == {BAG_TO_DONOR[0], BAG_TO_DONOR[1], BAG_TO_DONOR[3]}
    assert set(walk(log, ["bag", "other bag", "bag"], "up")) == set(BAG_TO_DONOR)


def test_nothing_leads_nowhere(log: Log) -> None:
    store(log, Draft(edges=BAG_TO_DONOR))
    assert (walk(log, [], "up"), walk(log, ["unheard of"], "up"), walk(log, ["donor"], "up")) == ([], [], [])


def test_every_row_comes_with_its_position_in_order(log: Log) -> None:
    store(log, Draft(edges=[link("b", "c", source=1)]))
    store(log, Draft(edges=[link("a", "b", source=2)]))
    with log.reading() as reading:
        assert reading.edges(["a"], "up", 2, 9) == [(link("b", "c", source=1), 1), (link("a", "b", source=2), 2)]


def test_a_circle_ends(log: Log) -> None:
    circle = [link("a", "b"), link("b", "c"), link("c", "a"), link("a", "a")]
    store(log, Draft(edges=circle))
    assert set(walk(log, ["b"], "up")) == set(circle)
    assert set(walk(log, ["b"], "down")) == set(circle)


def test_a_withdrawn_link_is_walked_only_as_known_before(log: Log) -> None:
    right = link("bag", "B", source=1)
    store(log, Draft(edges=[link("bag", "A", source=1), link("A", "root", source=1)]))
    store(log, Draft(edges=[link("bag", "A", source=1, live=False), right]))
    store(log, Draft(edges=[link("bag", "A", source=1), link("bag", "B", source=1, live=False)]))
    assert set(walk(log, ["bag"], "up", through=1)) == {link("bag", "A"), link("A", "root")}
    assert walk(log, ["bag"], "up", through=2) == [right]
    assert set(walk(log, ["bag"], "up", through=3)) == {link("bag", "A"), link("A", "root")}
    assert walk(log, ["B"], "down", through=2) == [right]
    assert walk(log, ["B"], "down", through=3) == []


def test_a_link_stated_twice_stands_until_both_are_withdrawn(log: Log) -> None:
    store(log, Draft(edges=[link("bag", "A", source=1)]))
    store(log, Draft(edges=[link("bag", "A", source=2), link("bag", "A", kind="in", source=2)]))
    store(log, Draft(edges=[link("bag", "A", source=1, live=False)]))
    assert set(walk(log, ["bag"], "up")) == {link("bag", "A", source=2), link("bag", "A", kind="in", source=2)}


def test_a_limit_gives_as_many_links_of_the_nearest(log: Log) -> None:
    store(log, Draft(edges=[link(f"bag {number}", "lot") for number in range(50)]))
    store(log, Draft(edges=[link(f"vial {number}", f"bag {number}", source=2) for number in range(50)]))
    found = walk(log, ["lot"], "down", limit=20)
    assert (len(found), {edge.parent for edge in found}) == (20, {"lot"})
    assert len(walk(log, ["lot"], "down", limit=101)) == 99 + 1


def test_a_diamond_is_walked_once(log: Log) -> None:
    layers = [link(f"n{depth}.{a}", f"n{depth + 1}.{b}") for depth in range(12) for a in range(4) for b in range(4)]
    store(log, Draft(edges=layers))
    assert len(walk(log, [f"n0.{a}" for a in range(4)], "up", limit=1000)) == len(layers)
