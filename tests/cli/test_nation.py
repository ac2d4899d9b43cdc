"""A nation's year: drawn to published figures, played as one story, and read back from its ledger."""

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from coi_client import Client, Wanted
from ledger import api
from ledger.domain.facts.catalogue import TYPES
from services.cli import main, nation, nation_figures, player
from services.cli.staging import Rehearsal
from services.cli.story import load
from services.server import ServerThread
from services.wiring import StoryClock

READ = nation.read()
EVERY_WAY = msgspec.structs.replace(READ, ways=tuple(msgspec.structs.replace(way, of_thousand=1) for way in READ.ways))
"""Each way once for as many orders as there are ways."""


def test_the_ways_of_a_nation_are_whole_and_each_names_its_source() -> None:
    assert sum(way.of_thousand for way in READ.ways) == 1_000
    assert all(way.source for way in READ.ways)
    assert all(one.source for one in READ.published)


def test_a_year_of_400_orders_is_drawn_to_the_published_figures() -> None:
    drawn = list(nation.drawn(READ, 400, 1))
    ways = Counter(order.way.name for order in drawn)
    assert [ways[way.name] for way in READ.ways] == [237, 68, 29, 5, 4, 6, 40, 7, 4]
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


@pytest.mark.parametrize("way", READ.ways, ids=lambda way: way.story)
def test_a_way_registers_nothing_once_it_has_begun(way: nation.Way) -> None:
    stages = [TYPES[step.type].about.stage == "registry" for step in load(way.story).steps]
    assert stages == sorted(stages, reverse=True)


def played(drawn: nation.Year) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """What was not as stated, the figures, and how many facts had which outcome."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            answers = list(player.play(drawn.told, server.address, Rehearsal(clock.show)))
            with Client(server.address) as client:
                heard = client.follow(0, Wanted(refusals=True), until_head=True)
                figures, outcomes = nation_figures.read(item.fact for item in heard if item.fact is not None)
    finally:
        ledger.close()
    surprises = {answer.step.name: answer.surprise for answer in answers if answer.surprise}
    return surprises, {figure.name: figure.said for figure in figures}, outcomes


def test_every_way_ends_as_its_scenario_says_beside_all_others_and_the_ledger_tells_the_figures() -> None:
    drawn = nation.year(EVERY_WAY, len(READ.ways), 5)
    surprises, figures, outcomes = played(drawn)
    assert surprises == {}
    assert figures == {
        "collected": "8 of 9 (88.9%)",
        "infused": "5 of 9 (55.6%)",
        "infused-of-collected": "5 of 8 (62.5%)",
        "manufacturing-failure": "3 of 9 (33.3%)",
        "failure-supplied": "1 of 3 (33.3%)",
        "failure-remade": "2 of 3 (66.7%)",
        "failure-not-infused": "1 of 3 (33.3%)",
        "point-of-care": "1 of 9 (11.1%)",
        "excursion": "1 of 9 (11.1%)",
        "mismatch": "1 of 9 (11.1%)",
        "deviation": "0 of 9 (0.0%)",
        "vein-to-vein-central": "28.1 d",
        "vein-to-vein-point-of-care": "0.0 d",
    }
    assert sum(outcomes.values()) == len(drawn.told.steps)


def test_the_command_plays_a_year_and_prints_it_beside_what_was_published(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["cohort", "2", "--seed", "9", "--json", "--keep", str(tmp_path / "year")])
    assert told.exit_code == 0, told.output
    shape = json.loads(told.stdout)
    assert (shape["orders"], shape["as_stated"], shape["surprises"]) == (2, True, [])
    published = {figure["name"]: figure["published"] for figure in shape["figures"]}
    assert (published["infused"], published["manufacturing-failure"]) == (0.743, 0.0387)
    assert sum(way["orders"] for way in shape["ways"]) == 2


@pytest.mark.parametrize("way", READ.ways, ids=lambda way: way.story)
def test_what_ways_register_alike_they_register_once(way: nation.Way) -> None:
    """Entries of one id under other words would rule each other's orders."""
    first = {one.name: one.request["fact"] for one in load(READ.ways[0].story).steps}
    mine = {one.name: one.request["fact"] for one in load(way.story).steps if TYPES[one.type].about.stage == "registry"}
    assert {name: fact for name, fact in mine.items() if first.get(name, fact) != fact} == {}
