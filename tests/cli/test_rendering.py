"""What commands print: within 80 columns, without colour, and with nothing left out."""

import io
import json
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console
from rich.table import Table

from ledger.api import AsOf, Container, Edge, Node, Story, Trace
from services.cli import containers, genealogy, screen, shapes, story, timeline
from tests.cli import samples

TOLD = story.load()
GIVEN = "material:isbt128-mpho:A9996A0002A999926123456A00000"


def narrow() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=80, color_system=None, highlight=False), written


def test_a_story_fits_eighty_columns_and_keeps_every_fact() -> None:
    console, written = narrow()
    replayed = samples.story(TOLD)
    console.print(timeline.table(replayed))
    timeline.summary(console, replayed, AsOf())
    text = written.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert all(f"{step.fact.position} " in text for step in replayed.steps)
    assert "refused by I1, I8" in text
    assert "vein to vein: 6 d 22 h" in text
    assert f"as it was now · as known now, at position {len(TOLD.steps)}" in text


def test_a_trace_is_drawn_back_to_the_donor_and_every_lot() -> None:
    console, written = narrow()
    genealogy.show(console, samples.trace(TOLD, GIVEN))
    text = written.getvalue()
    assert max(len(line) for line in text.splitlines()) <= 80
    for thing in ("donation:isbt128-din:A999926123456", "lot:lot.VEC:V123", "batch:batch.MPC:26-0042"):
        assert f" {thing} " in text, "as it can be typed back"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("MaterialReleasedForCirculation", "MaterialReleasedFor\nCirculation"),
        ("QpCertified", "QpCertified"),
        ("an odd name that is longer than that", "an odd name that is longer than that"),
        ("", ""),
    ],
)
def test_a_long_type_goes_on_in_a_second_line_at_a_word_of_its_own(name: str, lines: str) -> None:
    assert screen.humped(name, 24) == lines


def test_a_trace_one_way_draws_that_way_alone_for_a_patient_who_is_the_donor() -> None:
    patient, cells, bag = "patient:pseudonym:P", "donation:x:d", "material:x:b"
    edges = (
        Edge(child=cells, parent=patient, kind="donated", source=1),
        Edge(child=bag, parent=cells, kind="made", source=2),
        Edge(child=patient, parent=bag, kind="given", source=3),
    )
    nodes = tuple(Node(tag=tag) for tag in (patient, cells, bag))
    found = Trace(start=patient, nodes=nodes, edges=edges, through=3, as_of=AsOf())
    ways = {
        direction: [str(tree.label) for tree in genealogy.trees(found, direction)]
        for direction in ("back", "forward", "both")
    }
    assert ways == {
        "back": [f"{patient}  came from"],
        "forward": [f"{patient}  went into"],
        "both": [f"{patient}  came from", f"{patient}  went into"],
    }


def test_a_circle_of_lineage_ends() -> None:
    edges = tuple(
        Edge(child=f"material:x:{child}", parent=f"material:x:{parent}", kind="made", source=1)
        for child, parent in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    nodes = tuple(Node(tag=f"material:x:{name}") for name in "abc")
    found = Trace(start="material:x:a", nodes=nodes, edges=edges, through=1, as_of=AsOf())
    console, written = narrow()
    genealogy.show(console, found)
    assert "and material:x:a (above)" in written.getvalue()


def test_a_thing_without_lineage_is_shown_with_its_facts() -> None:
    nodes = (Node(tag="site:ods:RXKP1", positions=tuple(range(1, 12))), Node(tag="person:gmc:7999001", positions=(3,)))
    console, written = narrow()
    found = Trace(start="site:ods:RXKP1", nodes=nodes, edges=(), through=12, as_of=AsOf(), complete=False)
    genealogy.show(console, found)
    text = written.getvalue()
    assert "site:ods:RXKP1  in facts #1, #2, #3, #4, #5, #6, #7, #8, …" in text
    assert "with person:gmc:7999001  in facts #3" in text
    assert "Cut because it grew too large" in text


def test_a_replay_as_json_has_the_agreed_names() -> None:
    assert samples.shape(shapes.story(samples.story(TOLD)))["facts"] == [
        {
            "position": "int",
            "type": "str",
            "occurred_at": "str",
            "recorded_at": "str",
            "leaf_hash": "str",
            "findings": [],
            "containers": [],
        }
    ]


CONTAINER = Container(
    container=GIVEN,
    holder="organisation:ods:RXK",
    site="site:ods:RXKP1",
    zone="zone:zone.RXK:FRIDGE-1",
    status=("in storage", "quarantined"),
    remaining=("0.58 10*9 viable-cd3", "50 mL"),
    temperature="refrigerated",
    gaps=("no hand-over from organisation:gs1-gln:9506000142005 to organisation:gs1-gln:9506000143002",),
    questions=("excursion #40 not assessed",),
)


def with_container() -> Story:
    """The story, in whose last step a container is in storage and under question."""
    told = samples.story(TOLD)
    last = msgspec.structs.replace(told.steps[-1], containers=(CONTAINER,))
    return msgspec.structs.replace(told, steps=(*told.steps[:-1], last))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("table", [containers.last, containers.every])
def test_containers_fit_the_columns_and_say_who_has_them_and_what_is_open(
    width: int, table: Callable[..., Table]
) -> None:
    written = io.StringIO()
    console = Console(file=written, width=width, color_system=None, highlight=False)
    console.print(table(with_container(), width=width))
    lines = written.getvalue().splitlines()
    words = " ".join(written.getvalue().split())
    assert max(len(line) for line in lines) <= width
    for part in ("RXK", "FRIDGE-1", "in storage; quarantined", "refrigerated", "9506000143002", "#40"):
        assert part in words


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(("status", "left"), [("held", True), ("given", False), ("used up", False)])
def test_nothing_is_said_to_be_left_of_what_was_given_or_used_up(width: int, status: str, left: bool) -> None:
    told = with_container()
    one = msgspec.structs.replace(CONTAINER, status=(status,))
    last = msgspec.structs.replace(told.steps[-1], containers=(one,))
    written = io.StringIO()
    Console(file=written, width=width, color_system=None).print(
        containers.last(msgspec.structs.replace(told, steps=(last,)), width=width)
    )
    assert ("50 mL" in " ".join(written.getvalue().split())) is left


def test_a_container_as_json_has_the_agreed_names() -> None:
    told = json.loads(json.dumps(shapes.story(with_container())))
    assert told["facts"][-1]["containers"] == [
        {
            "container": GIVEN,
            "holder": "organisation:ods:RXK",
            "site": "site:ods:RXKP1",
            "consignment": "",
            "zone": "zone:zone.RXK:FRIDGE-1",
            "status": ["in storage", "quarantined"],
            "remaining": ["0.58 10*9 viable-cd3", "50 mL"],
            "temperature": "refrigerated",
            "gaps": list(CONTAINER.gaps),
            "questions": ["excursion #40 not assessed"],
        }
    ]


def test_a_trace_as_json_has_the_agreed_names() -> None:
    told = samples.shape(shapes.trace(samples.trace(TOLD, GIVEN)))
    assert told["nodes"] == [{"tag": "str", "positions": ["int"], "refused": []}]
    assert told["edges"] == [{"child": "str", "parent": "str", "kind": "str", "source": "int", "refused": "bool"}]
    assert (told["patients"], told["open"]) == (["str"], [])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(12, "12 s"), (2_340, "39 min"), (13_320, "3 h 42 min"), (-60, "minus 1 min"), (598_860, "6 d 22 h")],
)
def test_lengths_of_time_are_said_as_people_say_them(seconds: int, said: str) -> None:
    assert screen.duration(seconds) == said
