"""A nation's year: drawn to published figures, played as one story, and read back from its ledger."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
from click.testing import CliRunner

from coi_client import Client, Wanted
from ledger import api
from services.cli import ending, main, nation, nation_figures, nation_registers, player
from services.cli.running import Run
from services.cli.staging import Rehearsal
from services.cli.story import StoryFile, StoryStep, load
from services.server import ServerThread
from services.wiring import StoryClock

READ = nation.read()
EVERY_WAY = msgspec.structs.replace(READ, ways=tuple(msgspec.structs.replace(way, of_thousand=1) for way in READ.ways))
"""Each way once for as many orders as there are ways."""


Read: TypeAlias = tuple[tuple[nation_figures.Figure, ...], dict[str, int]]
"""The figures of a year, and how many facts had which outcome."""


def chains(orders: int) -> Iterator[tuple[Run, StoryFile]]:
    """The orders of a year in which each way is taken alike."""
    drawn = list(nation.drawn(EVERY_WAY, orders, 5))
    stories = {order.way.story: load(order.way.story) for order in drawn}
    for order, ids in zip(drawn, nation.numbered_ids(5, drawn, stories), strict=True):
        yield ids, stories[order.way.story]


def identifiers(step: StoryStep) -> dict[str, Any]:
    """What a register entry is about: the identifiers that it names one of."""
    fact = step.request["fact"].items()
    return {name: value for name, value in fact if isinstance(value, dict) and "scheme" in value}


def test_the_ways_of_a_nation_are_whole_and_each_names_its_source() -> None:
    assert sum(way.of_thousand for way in READ.ways) == 1_000
    assert all(way.source for way in READ.ways)
    assert all(one.source for one in READ.published)


def test_a_year_of_400_orders_is_drawn_to_the_published_figures() -> None:
    drawn = list(nation.drawn(READ, 400, 1))
    ways = Counter(order.way.name for order in drawn)
    assert [ways[way.name] for way in READ.ways] == [219, 20, 62, 29, 5, 4, 6, 18, 18, 4, 7, 4, 4]
    assert [order.number for order in drawn] == list(range(1, 401))
    assert [order.day for order in drawn] == sorted(order.day for order in drawn)


def test_the_page_of_a_year_of_400_orders_says_how_many_facts_it_has() -> None:
    page = (Path(__file__).parents[2] / "docs" / "nation.md").read_text(encoding="utf-8")
    assert f"Seed 1, {len(nation.year(READ, 400, 1).told.steps):,} facts" in page


def test_the_same_seed_gives_the_same_year_and_another_seed_another() -> None:
    assert nation.year(READ, 6, 3) == nation.year(READ, 6, 3)
    assert nation.year(READ, 6, 3).told != nation.year(READ, 6, 4).told


def test_no_two_orders_have_an_id_a_key_or_a_step_in_common() -> None:
    steps = nation.year(READ, 12, 2).told.steps
    names, keys = [step.name for step in steps], [step.request["request_id"] for step in steps]
    assert (len(set(names)), len(set(keys))) == (len(steps), len(steps))
    chains = [step.request["fact"]["coi"]["value"] for step in steps if step.type == "CoiAssigned"]
    donations = [step.request["fact"]["donation"]["value"] for step in steps if step.type == "ApheresisPerformed"]
    assert len(set(chains)) == 12
    assert len(set(donations)) == len(donations)


def test_the_days_from_vein_to_vein_are_drawn_to_the_published_medians_and_quartiles() -> None:
    drawn = [order.days for order in nation.drawn(READ, 4_000, 1) if order.way.lasts == "here"]
    lower, median, upper = statistics.quantiles(drawn)
    assert (round(lower), round(median), round(upper)) == (25, 30, 41)
    assert READ.lengths[1].of[0].median * READ.spread[0] < min(drawn)
    assert {order.days for order in nation.drawn(READ, 400, 1) if not order.way.lasts} == {0}


def test_a_dose_waits_in_the_store_as_long_as_its_order_was_drawn_to_take_and_never_leaves_before_it_is_certified() -> (
    None
):
    drawn = nation.year(EVERY_WAY, len(READ.ways), 5)
    days = {order.number: order.days for order in drawn.orders if order.way.lasts}
    at = {step.name: step.recorded_at for step in drawn.told.steps}
    for number, lasts in days.items():
        took = (at[f"{number}/started"] - at[f"{number}/apheresis"]) / timedelta(days=1)
        assert abs(took - lasts) < 1 or at[f"{number}/dose-retrieved"] - at[f"{number}/certified"] < timedelta(days=1)
    assert len(days) == sum(bool(way.lasts) for way in READ.ways)


@pytest.mark.parametrize("way", READ.ways, ids=lambda way: way.story)
def test_a_way_registers_nothing_once_cells_were_asked_for(way: nation.Way) -> None:
    told = load(way.story).steps
    asked = next(place for place, step in enumerate(told) if step.type in {"DonorIdentified", "OrderCancelled"})
    assert [step.name for step in told[asked:] if nation_registers.is_register(step)] == []


def test_what_ways_register_of_one_thing_is_one_entry_that_lists_what_all_of_them_do() -> None:
    homes = Counter(order.way.story for order in nation.drawn(EVERY_WAY, 2 * len(READ.ways), 5))["08_finished_at_home"]
    entries = list(nation_registers.shared(chains(2 * len(READ.ways))))
    named = Counter(json.dumps([step.name, identifiers(step)]) for step in entries)
    assert {name: number for name, number in named.items() if number > 1} == {}
    by_name = {step.name: step.request["fact"] for step in entries}
    assert "ACTIVITY_EXPORT" in by_name["hta-licence-granted"]["activities"]
    files = [step.request["fact"] for step in entries if step.name == "masterfile-approved"]
    (sites,) = (file["sites"] for file in files if file["masterfile"]["value"] == "DMMF-011")
    places = [place["site"]["value"] for place in sites]
    assert len([place for place in places if place.startswith("HOME-")]) == 2 * homes == 4
    assert "AMB-3" in places


@contextmanager
def played(drawn: nation.Year) -> Iterator[tuple[list[player.Answer], Read, api.Ledger]]:
    """Its answers, what is read of it, and its ledger while it is open."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            answers = list(player.play(drawn.told, server.address, Rehearsal(clock.show)))
            with Client(server.address) as client:
                heard = client.follow(0, Wanted(refusals=True), until_head=True)
                facts = (item.fact for item in heard if item.fact is not None)
                found = nation_figures.read(facts, ledger.lists)
        yield answers, found, ledger
    finally:
        ledger.close()


def test_every_way_ends_as_its_scenario_says_beside_all_others_and_the_ledger_tells_the_figures() -> None:
    drawn = nation.year(EVERY_WAY, len(READ.ways), 5)
    with played(drawn) as (answers, (figures, outcomes), ledger):
        assert {answer.step.name: answer.surprise for answer in answers if answer.surprise} == {}
        ends = [
            one for ids, told in chains(len(READ.ways)) for one in ending.differences(told, ledger, ids, alone=False)
        ]
        assert ends == []
        judged = ledger.rejudging.whole(api.rejudging.Again())
        assert (judged.first, judged.judged) == (None, len(drawn.told.steps))
        assert (ledger.lists.check(), ledger.verify().holds) == ((len(drawn.told.steps), None), True)
    assert sum(outcomes.values()) == len(drawn.told.steps)
    assert {figure.name: figure.said for figure in figures} == {
        "collected": "12 of 13 (92.3%)",
        "infused": "9 of 13 (69.2%)",
        "infused-of-collected": "9 of 12 (75.0%)",
        "manufacturing-failure": "3 of 13 (23.1%)",
        "failure-supplied": "1 of 3 (33.3%)",
        "failure-remade": "2 of 3 (66.7%)",
        "failure-not-infused": "1 of 3 (33.3%)",
        "made-abroad": "1 of 6 (16.7%)",
        "point-of-care": "3 of 13 (23.1%)",
        "excursion": "1 of 13 (7.7%)",
        "mismatch": "1 of 13 (7.7%)",
        "deviation": "1 of 13 (7.7%)",
        "vein-to-vein-abroad": "28.9 d (28.9 to 28.9)",
        "vein-to-vein-here": "27.9 d (23.9 to 41.6)",
        "vein-to-vein-point-of-care": "6.9 d (0.0 to 6.9)",
    }


def test_the_command_plays_a_year_and_prints_it_beside_what_was_published(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["cohort", "2", "--seed", "9", "--json", "--keep", str(tmp_path / "year")])
    assert told.exit_code == 0, told.output
    shape = json.loads(told.stdout)
    assert (shape["orders"], shape["as_stated"], shape["surprises"]) == (2, True, [])
    published = {figure["name"]: figure["published"] for figure in shape["figures"]}
    assert (published["infused"], published["manufacturing-failure"]) == (0.743, 0.0387)
    assert sum(way["orders"] for way in shape["ways"]) == 2
