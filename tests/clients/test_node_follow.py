"""The Node client follows the feed: everything once in order, live, and on from where it was after a break."""

from itertools import islice
from pathlib import Path

import msgspec
import pytest

from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from tests.clients.conftest import Clock
from tests.clients.node import Done, run, running

STORY = stories.load()
HALF = len(STORY.steps) // 2


def tell(address: str, clock: Clock, steps: slice) -> None:
    """Tells a part of the story to a server."""
    for _ in play(msgspec.structs.replace(STORY, steps=STORY.steps[steps]), address, Rehearsal(clock.show)):
        pass


def feed(ledger: api.Ledger, organisation: str | None = None) -> list[str]:
    """What the program says of each piece of a feed."""
    wanted = api.Wanted(organisation=organisation and f"organisation:{organisation}")
    told: list[str] = []
    after = 0
    while (page := ledger.feed(after, wanted)).through > after:
        told += [said(event) for event in page.events]
        after = page.through
    return told


def said(event: api.StoredFact | api.PartyGained) -> str:
    """What the program says of one piece."""
    if isinstance(event, api.PartyGained):
        return f"party to {event.tag} from {event.position} on: replay what lies before"
    assert event.record is not None
    return f"{event.position} {event.type} {event.record.verdict.outcome.removeprefix('OUTCOME_')}"


def test_it_hears_of_every_fact_up_to_the_head_and_the_second_time_of_what_is_new(
    ledger: api.Ledger, clock: Clock, tmp_path: Path
) -> None:
    kept = tmp_path / "position"
    with ServerThread(ledger) as server:
        tell(server.address, clock, slice(HALF))
        first, again = (run("follow.js", server.address, kept, "--until-head") for _ in range(2))
        assert (first, again) == (Done(0, feed(ledger), ""), Done(0, [], ""))
        assert len(first.lines) == HALF
        assert kept.read_text(encoding="utf-8") == f"{HALF}\n"
        tell(server.address, clock, slice(HALF, None))
        rest = run("follow.js", server.address, kept, "--until-head")
    assert rest == Done(0, feed(ledger)[HALF:], "")
    assert kept.read_text(encoding="utf-8") == f"{len(STORY.steps)}\n"


def test_an_organisation_is_told_where_it_joins_a_chain_that_began_without_it(
    ledger: api.Ledger, clock: Clock, tmp_path: Path
) -> None:
    with ServerThread(ledger) as server:
        tell(server.address, clock, slice(None))
        heard = run(
            "follow.js",
            server.address,
            tmp_path / "position",
            "--until-head",
            "--organisation",
            "gs1-gln:9506000140018",
        )
    assert heard == Done(0, feed(ledger, "gs1-gln:9506000140018"), "")
    assert [line for line in heard.lines if line.startswith("party to coi:isbt128-coi:CHA999926000017")] != []


@pytest.mark.parametrize("nobody", ["RR8", ""])
def test_an_organisation_that_is_none_is_not_taken_for_the_operator(
    nobody: str, ledger: api.Ledger, tmp_path: Path
) -> None:
    with ServerThread(ledger) as server:
        done = run("follow.js", server.address, tmp_path / "position", "--until-head", f"--organisation={nobody}")
    assert (done.code, done.lines) == (2, [])
    assert done.error.startswith("3 INVALID_ARGUMENT: malformed")


def test_it_hears_live_and_goes_on_when_the_server_was_away(ledger: api.Ledger, clock: Clock, tmp_path: Path) -> None:
    with ServerThread(ledger) as server:
        address = server.address
        with running("follow.js", address, tmp_path / "position") as lines:
            tell(address, clock, slice(HALF))
            heard = list(islice(lines, HALF))
            server.drain()
            with ServerThread(ledger, address):
                tell(address, clock, slice(HALF, None))
                heard += islice(lines, len(feed(ledger)) - HALF)
    assert heard == feed(ledger)


def test_it_says_so_when_no_server_is_there(tmp_path: Path) -> None:
    done = run("follow.js", "127.0.0.1:1", tmp_path / "position", "--until-head")
    assert (done.code, done.lines) == (2, [])
    assert done.error.startswith("14 UNAVAILABLE: ")
