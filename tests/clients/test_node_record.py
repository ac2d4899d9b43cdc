"""The Node client, made from the proto files alone: it records, is refused, and is told why, whole or shortened."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger import api
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import Overloaded, Unavailable
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.server import ServerThread
from services.status import LONGEST_DESCRIPTION, MOST_BARS
from tests.clients.conftest import Clock
from tests.clients.node import Done, run
from tests.services.fakes import FakeLedger
from tests.support import examples, samples

RPC = "RecordApheresisPerformed"
EXAMPLE = examples.FOLDER / f"{RPC}.json"
STORY = stories.load()
PLACE = next(number for number, step in enumerate(STORY.steps) if step.type == "ApheresisPerformed")
APHERESIS = STORY.steps[PLACE]


@pytest.fixture
def fake() -> FakeLedger:
    """A ledger that accepts everything, until the test says otherwise."""
    return FakeLedger()


def written(folder: Path, request: dict[str, Any]) -> Path:
    """The file that holds a request of an apheresis."""
    path = folder / f"{RPC}.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    return path


def record(ledger: api.Ledger, *files: Path) -> Done:
    """Records these files on a server of this ledger."""
    with ServerThread(ledger) as server:
        return run("record.js", server.address, *files)


def bars(count: int, text: str) -> tuple[Finding, ...]:
    """So many broken rules."""
    return tuple(
        Finding(rule=f"I{number}", tag=f"coi:isbt128-coi:{number}", weight=Weight.BAR, found=text, must="right")
        for number in range(count)
    )


def told(broken: Finding) -> str:
    """The line in which the program tells a broken rule."""
    return f"  {broken.rule} {broken.tag}: {broken.found}; needed: {broken.must}"


def test_the_apheresis_of_the_story_is_recorded_once_however_often_it_is_sent(
    ledger: api.Ledger, clock: Clock, tmp_path: Path
) -> None:
    file = written(tmp_path, APHERESIS.request)
    with ServerThread(ledger) as server:
        before = msgspec.structs.replace(STORY, steps=STORY.steps[:PLACE])
        position = len(list(play(before, server.address, Rehearsal(clock.show)))) + 1
        clock.show(APHERESIS.recorded_at)
        first, again = (run("record.js", server.address, file) for _ in range(2))
    assert first == Done(0, [f"{RPC} RECORDED position {position}"], "")
    assert again == Done(0, [f"{RPC} RECORDED position {position}, answered before"], "")
    assert ledger.info().size == position


def test_an_apheresis_that_nothing_prepared_is_refused_and_each_broken_rule_is_told(
    ledger: api.Ledger, tmp_path: Path
) -> None:
    done = record(ledger, written(tmp_path, APHERESIS.request))
    kept = ledger.fact(1).record
    assert kept is not None
    broken = [found for found in kept.verdict.findings if found.weight == Weight.BAR]
    assert {found.rule for found in broken} >= {"I4", "L1"}
    assert done == Done(1, [f"{RPC} REFUSED position 1", *map(told, broken)], "")


@pytest.mark.parametrize("count", [1, MOST_BARS])
def test_a_refusal_that_fits_arrives_whole(count: int, fake: FakeLedger) -> None:
    fake.bars = bars(count, "found")
    assert record(fake, EXAMPLE) == Done(1, [f"{RPC} REFUSED position 1", *map(told, fake.bars)], "")


def test_a_refusal_of_forty_broken_rules_arrives_shortened_and_says_so(fake: FakeLedger) -> None:
    fake.bars = bars(40, "found")
    first = [told(one) for one in fake.bars[:MOST_BARS]]
    more = f"  {MOST_BARS} of 40 broken rules; GetFact has the rest"
    assert record(fake, EXAMPLE) == Done(1, [f"{RPC} REFUSED position 1", *first, more], "")


@pytest.mark.parametrize("text", ["x" * 400, "µ–" * 2000])
def test_a_refusal_of_forty_long_sentences_arrives_cut_and_never_as_another_code(text: str, fake: FakeLedger) -> None:
    fake.bars = bars(40, text)
    done = record(fake, EXAMPLE)
    first, *broken, more = done.lines
    assert (done.code, first, done.error) == (1, f"{RPC} REFUSED position 1", "")
    assert more == f"  {len(broken)} of 40 broken rules; GetFact has the rest"
    starts = [f"  {one.rule} {one.tag}: " for one in fake.bars]
    sentences = [line.removeprefix(start) for line, start in zip(broken, starts, strict=False)]
    assert sentences, "at least one is told"
    assert all(text.startswith(one.removesuffix("…")) and len(one.encode()) <= LONGEST_DESCRIPTION for one in sentences)


def test_what_it_sends_is_stored_byte_for_byte_whatever_the_fact_type(fake: FakeLedger) -> None:
    files = sorted(examples.FOLDER.glob("*.json"))
    done = record(fake, *files)
    assert (done.code, done.error) == (0, "")
    names = [file.stem.removeprefix("Record") for file in files]
    assert set(names) == set(samples.SENT)
    assert [name for name, kept in zip(names, fake.stored, strict=True) if samples.of(name) not in kept.octets] == []


def test_it_sends_the_same_again_when_the_server_was_away_or_full(fake: FakeLedger) -> None:
    fake.failing = [Unavailable("no store"), Overloaded(0.05)]
    assert record(fake, EXAMPLE) == Done(0, [f"{RPC} RECORDED position 1"], "")


def test_a_request_that_is_no_fact_is_told_with_the_path_of_each_fault(fake: FakeLedger, tmp_path: Path) -> None:
    request = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    del request["fact"]["donation"]
    done = record(fake, written(tmp_path, request))
    assert (done.code, done.lines[0], done.error) == (1, f"{RPC} MALFORMED nothing stored", "")
    assert [line.split(": ")[0] for line in done.lines[1:]] == ["  fact.donation"]
    assert fake.stored == []


@pytest.mark.parametrize(
    ("part", "value", "error"),
    [
        ("donatoin", {}, "coi.ledger.v1.ApheresisPerformed has no field donatoin\n"),
        ("access", "VENOUS_ACCESS_NECK", "coi.ledger.v1.VenousAccess has no word VENOUS_ACCESS_NECK\n"),
        ("ended_at", "noon", "noon is no time such as 2026-04-07T08:04:00Z\n"),
    ],
)
def test_what_proto_loader_would_drop_is_not_sent(
    part: str, value: object, error: str, fake: FakeLedger, tmp_path: Path
) -> None:
    request = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    request["fact"][part] = value
    assert record(fake, written(tmp_path, request)) == Done(2, [], error)
    assert fake.stored == []
