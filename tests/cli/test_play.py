"""`coi play`: any story on any ledger; what it states must come back, once, however often it is sent."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner, Result

from ledger import api
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.identifiers.gs1 import is_checked
from ledger.postgres.launcher import EmbeddedPostgres
from services.cli import main, player, running, story
from services.cli.running import Changes, Run
from services.cli.staging import Rehearsal, Times, Visit
from services.cli.story import StoryFile
from services.server import ServerThread
from tests.cli import samples

TOLD = story.load()
LAST = len(TOLD.steps)
CONSENT = next(number for number, step in enumerate(TOLD.steps) if step.type == "ConsentRecorded")
BASE = datetime(2026, 11, 22, 15, tzinfo=UTC)
PIVOT = datetime(2026, 4, 14, 9, 59, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[str]:
    """A ledger in memory that runs on the clock on the wall."""
    ledger = api.in_memory(clock=lambda: datetime.now(UTC))
    try:
        with ServerThread(ledger) as running_server:
            yield running_server.address
    finally:
        ledger.close()


def run(*arguments: str) -> Result:
    kept = {name: "" for name in os.environ if name.startswith("COI_")}
    return CliRunner().invoke(main, ["play", *arguments], env={"COLUMNS": "80", **kept}, catch_exceptions=False)


def played(*arguments: str) -> Any:  # noqa: ANN401 - any JSON value
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """A story file with one thing changed."""
    path = folder / "mine.json"
    packed = Path(story.__file__).parents[1] / "stories" / "point_of_care.json"
    told = json.loads(packed.read_text("utf-8"))
    change(told)
    path.write_text(json.dumps(told), "utf-8")
    return str(path)


def story_until_consent() -> StoryFile:
    """The story up to the consent, without what is decided in it."""
    told = tuple(step for step in TOLD.steps[: CONSENT + 1] if TYPES[step.type].about.kind is not Kind.DECISION)
    return StoryFile(title="a", about="b", coi=TOLD.coi, steps=told)


# On a server


@pytest.mark.parametrize("name", story.packaged())
def test_a_packaged_story_plays_on_a_server_in_use(server: str, name: str) -> None:
    told = played(name, "--target", server)
    assert (told["as_stated"], told["surprise"]) == (True, None)
    assert [answer["position"] for answer in told["answers"]] == [*range(1, told["steps"] + 1)]


def test_a_story_plays_beside_itself_in_runs_of_its_own(server: str) -> None:
    first, second = (played("point_of_care", "--target", server) for _ in range(2))
    assert first["run"] != second["run"]
    assert first["coi"] != second["coi"]
    assert [answer["position"] for answer in second["answers"]] == [*range(LAST + 1, 2 * LAST + 1)]


def test_the_same_run_gets_the_same_positions_and_sends_nothing_twice(server: str) -> None:
    first, again = (played("point_of_care", "--target", server, "--run", "may1") for _ in range(2))
    assert again == first
    assert played("point_of_care", "--target", server)["answers"][0]["position"] == first["steps"] + 1


def test_a_run_that_broke_off_goes_on_where_it_was(server: str, tmp_path: Path) -> None:
    half = written(tmp_path, lambda told: told.update(steps=told["steps"][:44], state={}))
    begun = played(half, "--target", server, "--run", "may1")
    whole = played("point_of_care", "--target", server, "--run", "may1")
    assert whole["answers"][:44] == begun["answers"]
    assert [answer["position"] for answer in whole["answers"]] == [*range(1, LAST + 1)]


def test_the_story_says_what_the_scanner_was_shown(server: str) -> None:
    told = {answer["name"]: answer["clearance"] for answer in played("point_of_care", "--target", server)["answers"]}
    assert told["mismatch"].startswith("Do not give: the check found a mismatch;")
    assert told["match"].startswith("May be given until ")
    assert told["start"] is None


# What is not as stated


def test_a_wrong_expectation_is_named_and_ends_the_play(server: str, tmp_path: Path) -> None:
    def expect_a_refusal(told: dict[str, Any]) -> None:
        told["steps"][CONSENT]["expect"] = {"refused": ["I4"]}

    path = written(tmp_path, expect_a_refusal)
    result = run(path, "--target", server)
    name = TOLD.steps[CONSENT].name
    assert result.exit_code == 1
    assert f"coi: step '{name}' (ConsentRecorded), not as stated: state: expected none, got RECORDED;" in result.stderr
    assert f"{CONSENT + 1} of {LAST} steps played" in result.stdout
    told = json.loads(run(path, "--target", server, "--json").stdout)
    assert told["surprise"]["step"] == name
    assert len(told["answers"]) == CONSENT + 1


def test_a_story_that_does_not_end_as_it_says_is_named_and_exits_with_1(server: str, tmp_path: Path) -> None:
    path = written(tmp_path, lambda told: told["state"].update({TOLD.coi: "closed as died"}))
    result = run(path, "--target", server, "--run", "may1")
    chain = Run("may1").tag(TOLD.coi)
    assert result.exit_code == 1
    assert f"it does not end as stated: {chain}: expected closed as died, found closed as infused" in result.stderr
    told = json.loads(run(path, "--target", server, "--run", "may1", "--json").stdout)
    assert (told["as_stated"], told["surprise"], len(told["ends_otherwise"])) == (False, None, 1)


def test_a_wrong_clearance_is_a_surprise(server: str, tmp_path: Path) -> None:
    def clear_the_mismatch(told: dict[str, Any]) -> None:
        next(step for step in told["steps"] if step["name"] == "mismatch")["expect"]["may_follow"] = True

    result = run(written(tmp_path, clear_the_mismatch), "--target", server)
    assert (result.exit_code, "'mismatch'" in result.stderr) == (1, True)
    assert "may_follow: expected yes, got no" in result.stderr


# What cannot be played


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told["steps"][0].update(rpc="RegistryService/RecordNothing"), "is no earlier step and no rpc"),
        (lambda told: told["steps"][0]["request"].update(colour="red"), "is no request"),
        (lambda told: told["steps"][0]["request"]["fact"].update(number={"$position": "later"}), "'later'"),
        (lambda told: told["steps"][0]["request"]["envelope"].pop("place"), "was not answered"),
        (lambda told: told["steps"][0]["request"].pop("request_id"), "is no request with a request_id"),
        (lambda told: told.update(colour="red"), "is no story"),
        (lambda told: told.update(steps=[]), "has no steps"),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_step(
    server: str, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    for more in ((), ("--run", "may1")):
        result = run(written(tmp_path, change), "--target", server, *more)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_nothing_is_sent_of_a_story_in_which_a_later_step_cannot_be(server: str, tmp_path: Path) -> None:
    for rpc in ("RegistryService/RecordNothing", "RegistryService/Nothing"):
        path = written(tmp_path, lambda told, rpc=rpc: told["steps"][50].update(rpc=rpc))  # type: ignore[misc]
        assert run(path, "--target", server).exit_code == 2
    assert played("point_of_care", "--target", server)["answers"][0]["position"] == 1


def test_a_story_that_is_not_there_is_told_which_there_are() -> None:
    result = run("nowhere")
    assert result.exit_code == 2
    assert "packaged stories are: point_of_care" in result.stderr


def test_what_there_is_to_play_is_listed_and_printed_in_full() -> None:
    listed = run("--list")
    assert listed.exit_code == 0
    assert {name for name in (*story.packaged(), *story.library()) if name not in listed.stdout} == set()
    assert max(len(line.rstrip()) for line in listed.stdout.splitlines()) <= 80
    printed = run("--print", "18a_wrong_patient")
    assert msgspec.json.decode(printed.stdout, type=StoryFile) == story.load("18a_wrong_patient")
    assert (run("--print", "nowhere").exit_code, run("nowhere", "--list").exit_code) == (2, 0)


@pytest.mark.xdist_group("demo")
def test_a_scenario_plays_on_a_throw_away_ledger() -> None:
    told = played("18a_wrong_patient")
    assert (told["as_stated"], told["steps"]) == (True, len(story.load("18a_wrong_patient").steps))
    assert told["ends_otherwise"] == []


def test_a_server_that_is_not_there_is_told() -> None:
    result = run("point_of_care", "--target", "127.0.0.1:1")
    assert (result.exit_code, "no ledger answers there" in result.stderr) == (2, True)


def test_two_ledgers_at_once_are_refused() -> None:
    result = run("point_of_care", "--target", "a:1", "--dsn", "dbname=x")
    assert (result.exit_code, "--target and --dsn name different ledgers" in result.stderr) == (2, True)


# On stores of its own; these start a Postgres


@pytest.mark.xdist_group("demo")
@pytest.mark.parametrize("name", story.packaged())
def test_a_packaged_story_plays_on_a_throw_away_ledger_by_its_own_clock(name: str) -> None:
    result = run(name)
    assert result.exit_code == 0, result.stderr
    assert f"\n{LAST} of {LAST} steps played, chain {story.load(name).coi}\n" in result.stdout
    assert result.stdout.endswith(f"It ends as stated: {len(TOLD.state)} things looked at.\n")
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


@pytest.mark.xdist_group("demo")
def test_a_named_run_has_ids_of_its_own_on_a_throw_away_ledger_too() -> None:
    told = played("point_of_care", "--run", "may1")
    assert (told["run"], told["coi"]) == ("may1", Run("may1").tag(TOLD.coi))


@pytest.mark.xdist_group("demo")
def test_a_story_plays_on_a_store_that_is_made_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    first, again = (played("point_of_care", "--data", str(folder), "--run", "may1") for _ in range(2))
    with EmbeddedPostgres(folder) as server:
        by_dsn = played("point_of_care", "--dsn", server.dsn(user="coi_ledger_writer"), "--run", "may1")
    assert first == again == by_dsn


# Ids


def test_a_run_changes_ids_and_keys_of_the_patients_story_and_nothing_of_the_register() -> None:
    mine = Run("may1")
    for step in TOLD.steps:
        changed = running.changed(step, Changes(run=mine))
        if step.rpc.startswith("RegistryService/"):
            assert {**changed, "request_id": step.request["request_id"]} == step.request
        assert UUID(changed["request_id"]) != UUID(step.request["request_id"])
        assert changed["envelope"]["place"] == step.request["envelope"]["place"]


def test_ids_keep_the_form_of_their_scheme_and_hang_together() -> None:
    mine = Run("may1")
    din, bag = mine.value("isbt128-din", "A999926123456"), mine.value("isbt128-mpho", "A9999S1128A999926123456A00000")
    assert bag == f"A9999S1128{din}A00000"
    assert (len(din), din[:7], din != "A999926123456") == (13, "A999926", True)
    sscc = mine.value("gs1-sscc", "395060000260001174")
    assert (len(sscc), is_checked(sscc), sscc != "395060000260001174") == (18, True, True)
    assert mine.value("batch.MPC", "26-0042").startswith("26-0042-")
    assert mine.value("isbt128-din", "short").startswith("short-")
    assert mine.tag("site:ods:RR8") == "site:ods:RR8"


def test_two_runs_whose_numbers_differ_as_the_consignments_of_the_story_do_share_none() -> None:
    """The two consignments are 225 apart, and so are the numbers that these names come to."""
    told = ("395060000260001174", "395060000260003420")
    first, second = ({Run(name).value("gs1-sscc", value) for value in told} for name in ("may418", "may876"))
    assert (len(first), len(second), first & second) == (2, 2, set())


def test_the_same_name_gives_the_same_ids_and_another_gives_others() -> None:
    first, same, other = Run("may1"), Run("may1"), Run("may2")
    step = next(step for step in TOLD.steps if step.name == "apheresis")
    assert running.changed(step, Changes(run=first)) == running.changed(step, Changes(run=same))
    assert running.changed(step, Changes(run=first))["fact"] != running.changed(step, Changes(run=other))["fact"]


def test_a_changed_step_is_still_what_the_ledger_believes() -> None:
    stage = Visit(TOLD, Run("may1"), resumes=False)
    positions = {step.name: number for number, step in enumerate(TOLD.steps, 1)}
    for step in TOLD.steps:
        stage.reach(step)
        request = stage.request(step)
        moved = type(step)(
            name=step.name,
            step=step.step,
            rpc=step.rpc,
            recorded_at=step.recorded_at,
            request=request,
            expect=step.expect,
        )
        assert samples.content_of(moved, positions).type == step.type
        stage.answered(step, None)


# Times


@pytest.mark.parametrize(
    "about_lateness",
    [story.Expected(state="RECORDED", notes=("E9",)), story.Expected(refused=("E9",))],
    ids=["a note", "a refusal"],
)
def test_what_lies_before_the_first_decision_says_why_it_comes_late_unless_the_story_is_about_that(
    about_lateness: story.Expected,
) -> None:
    stage = Visit(TOLD, Run("may1"), resumes=False)
    stage.begin(lambda: BASE)

    def reasons(step: story.StoryStep) -> tuple[Any, Any]:
        told = (stage.request(one)["envelope"] for one in (step, msgspec.structs.replace(step, expect=about_lateness)))
        first, second = (envelope.get("late_reason") for envelope in told)
        return first, second

    played_late = {"code": "LATE_CODE_OTHER", "text": "played from a story"}
    steps = {step.name: step for step in TOLD.steps}
    assert reasons(steps["apheresis"]) == (None, None), "it lies after the first decision, the release of a lot"
    undecided = Visit(story_until_consent(), Run("may1"), resumes=False)
    undecided.begin(lambda: BASE)
    assert undecided.request(steps["consent"])["envelope"]["late_reason"] == played_late
    assert reasons(TOLD.steps[0]) == (None, None), "an entry of a register"
    assert reasons(steps["start"]) == (None, None), "it happens while it is played"


def test_before_the_first_decision_distances_are_kept_and_days_move_whole() -> None:
    times = Times(PIVOT, BASE)
    assert (times.at(PIVOT), times.at(PIVOT - HOUR)) == (BASE, BASE - HOUR)
    assert times.day(date(2026, 4, 14)) == date(2026, 11, 22)


def test_after_the_first_decision_things_happen_between_one_answer_and_the_next() -> None:
    times = Times(PIVOT, BASE)
    second = timedelta(seconds=1)
    times.settle(BASE + second)
    times.reach(PIVOT + HOUR, BASE + 3 * second)
    assert times.at(PIVOT + HOUR / 2) == BASE + 2 * second
    times.settle(BASE + 4 * second)
    times.reach(PIVOT + 2 * HOUR, BASE + 6 * second)
    assert times.at(PIVOT + 1.5 * HOUR) == BASE + 5 * second
    assert times.at(PIVOT + HOUR) == BASE + 3 * second
    assert times.at(PIVOT + 3 * HOUR) == BASE + 6 * second + HOUR


def test_what_happens_while_it_is_played_is_told_exactly_and_gets_a_moment_of_its_own() -> None:
    waited: list[float] = []
    stage = Visit(TOLD, Run("may1"), resumes=False, wait=waited.append)
    stage.begin(lambda: BASE)
    steps = {step.name: step for step in TOLD.steps}
    registered, collected = steps["vector-lot"], steps["apheresis"]
    stage.reach(registered)
    assert "uncertainty_ms" not in stage.request(registered)["envelope"]["occurred_at"]
    stage.answered(registered, BASE)
    assert waited == []
    stage.reach(collected)
    assert waited == [0.01]
    assert stage.request(collected)["envelope"]["occurred_at"]["uncertainty_ms"] == 0


def test_nobody_waits_long_for_a_ledger_whose_clock_is_ahead() -> None:
    waited: list[float] = []
    stage = Visit(TOLD, Run("may1"), resumes=False, wait=waited.append)
    stage.begin(lambda: BASE)
    stage.answered(TOLD.steps[0], BASE + HOUR)
    stage.reach(TOLD.steps[-1])
    assert waited == [1.0]


def test_later_stays_later_whatever_the_clock_does() -> None:
    times = Times(PIVOT, BASE)
    times.settle(BASE + HOUR)
    times.reach(PIVOT + HOUR, BASE)
    told = [PIVOT + HOUR * number / 4 for number in range(-4, 12)]
    there = [times.at(moment) for moment in told]
    assert there == sorted(there)


def test_a_story_without_a_decision_ends_now() -> None:
    early = story_until_consent()
    stage = Visit(early, Run("may1"), resumes=False)
    stage.begin(lambda: BASE)
    stage.reach(early.steps[0])
    assert stage.signed_at(early.steps[-1]) == BASE


def test_on_its_own_clock_a_story_is_sent_as_it_is_written() -> None:
    shown: list[datetime] = []
    stage = Rehearsal(shown.append)
    step = TOLD.steps[0]
    stage.reach(step)
    assert (stage.request(step), stage.key(step)) == (step.request, UUID(step.request["request_id"]))
    assert (shown, stage.signed_at(step)) == ([step.recorded_at], step.recorded_at)


def test_an_answer_says_how_it_differs() -> None:
    answer = player.Answer(step=TOLD.steps[0], position=1, state="", refused=("I1",))
    assert answer.surprise == "state: expected RECORDED, got none; refused: expected none, got I1"
