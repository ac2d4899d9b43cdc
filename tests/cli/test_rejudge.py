"""`coi rejudge` on the story of the demonstration: by processes, by a server, with a state file, as a what-if."""

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from ledger.api import rejudging
from ledger.domain.facts.record import Cure, Verdict
from ledger.domain.finding import Outcome, Weight
from services.cli import rejudged
from services.cli.judging import State
from tests.cli import samples
from tests.cli.conftest import COI, Demo, environment
from tests.house.tree import ROOT
from tests.support.written_examples import says

CHAIN = "CHA999926000017"
README = ROOT / "README.md"


def run(*arguments: str, code: int = 0) -> str:
    """What the command says in a narrow terminal."""
    done = subprocess.run(
        [COI, "rejudge", *arguments], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    assert max(map(len, done.stdout.splitlines()), default=0) <= 80
    return done.stdout or done.stderr


def told(*arguments: str) -> dict[str, Any]:
    """The same for programs."""
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


def test_a_whole_log_comes_out_and_the_next_run_goes_on_from_its_end(demo: Demo, served: str, tmp_path: Path) -> None:
    state = tmp_path / "night.json"
    size = demo.told["position"]
    assert run("--data", str(demo.folder), "--state", str(state)).splitlines() == [
        "every verdict comes out as it is stored",
        f"{size} facts judged again, 4 refusals among them, through position {size}",
    ]
    again = told("--target", served, "--state", str(state))
    assert (again["holds"], again["judged"], again["through"]) == (True, size, size)
    kept = msgspec.json.decode(state.read_bytes(), type=State)
    state.write_bytes(msgspec.json.encode(msgspec.structs.replace(kept, leaf="00" * 32)))
    assert "is of another log that bears this name" in run("--target", served, "--state", str(state), code=2)
    state.write_bytes(b"{}")
    assert "holds no state of a re-judging" in run("--target", served, "--state", str(state), code=2)


def test_a_server_judges_like_the_store_itself(demo: Demo, served: str) -> None:
    assert told("--target", served) == told("--data", str(demo.folder), "--workers", "1")
    chain = told(CHAIN, "--target", served)
    assert (chain["subject"], chain["holds"]) == (f"coi:isbt128-coi:{CHAIN}", True)
    assert len(demo.told["refusals"]) == chain["refused"] < chain["judged"] < demo.told["position"]


def test_what_cannot_be_asked_is_told_with_the_way_out(served: str, tmp_path: Path) -> None:
    assert "give today" in run("--target", served, "--under", "99", code=2)
    assert "--state is for the whole log" in run(CHAIN, "--state", str(tmp_path / "x"), "--target", served, code=2)
    assert "nothing named 'NOBODY'" in run("NOBODY", "--target", served, code=1)


def test_todays_rulebook_would_change_nothing_in_a_story_that_it_judged(served: str) -> None:
    said = run("--target", served, "--under", "today")
    assert said.splitlines()[0] == "by the rulebook in force today every fact would be judged as it was"


def test_the_readme_shows_what_it_says(demo: Demo) -> None:
    (written,) = re.findall(r"^\$ \S+/coi (rejudge .*)\n((?:.+\n)*?)```$", README.read_text("utf-8"), re.MULTILINE)
    command, said = written
    arguments = command.replace("./demo-data", str(demo.folder)).split()[1:]
    assert says(said, run(*arguments))


def shown(found: rejudging.Judgement, *, under: str = "", named: str = "") -> list[str]:
    """What is said of a judgement in a narrow terminal."""
    written = io.StringIO()
    rejudged.show(Console(file=written, width=80, color_system=None), rejudging.Again(under=under), found, named)
    return [" ".join(line.split()) for line in written.getvalue().splitlines() if line.strip()]


def test_a_difference_is_shown_finding_by_finding() -> None:
    i1, i8 = samples.found("I1", Weight.BAR), samples.found("I8", Weight.NOTE)
    stored = Verdict(outcome=Outcome.RECORDED, rulebook=0, findings=(i8,), cures=(Cure(deviation=7, rule="R1"),))
    now = Verdict(outcome=Outcome.REFUSED, rulebook=1, findings=(i1, i8), tags=("site:x:y",))
    apart = ("outcome", "findings", "cures", "rulebook", "tags")
    first = rejudging.Difference(position=57, type="AdministrationStarted", stored=stored, now=now, apart=apart)
    found = rejudging.Judgement(after=0, through=106, end=106, judged=57, refused=3, taken=1, unjudged=2, first=first)
    said = shown(found, named=f"AdministrationStarted of coi:isbt128-coi:{CHAIN}")
    assert said[0] == (
        f"NOT as it is stored: position 57, AdministrationStarted of coi:isbt128-coi:{CHAIN}: "
        "its verdict does not come out"
    )
    assert said[1:] == [
        "outcome stored: recorded comes out: refused",
        "I1 stored: nothing comes out: bars",
        "material:isbt128-mpho:A9996A0002A999926123456A00000",
        "cures stored: yes comes out: no",
        "R1 of #7",
        "rulebook stored: 0 comes out: 1",
        "tags it is filed under other things than it names",
        "57 facts judged again, 3 refusals among them, through position 106",
        "1 refusal of items of batches taken as stored: what they were judged after is on no record",
        "2 facts that nobody judged, or of types that this program does not know",
    ]
    told = rejudged.shape(rejudging.Again(), found)["first"]
    assert (told["position"], told["apart"], told["now"]["outcome"]) == (57, list(apart), "OUTCOME_REFUSED")
    unread = shown(rejudging.Judgement(after=0, through=9, end=9, judged=7, unreadable=(3, 5)))
    assert unread[0] == "NOT as it is stored: position 3: its bytes are no record"
    assert unread[-1] == "no records: #3, #5"


def test_a_what_if_says_what_would_become_of_facts_and_by_which_rules() -> None:
    changes = (
        rejudging.Change(stored="OUTCOME_RECORDED", now="OUTCOME_REFUSED", facts=1234, positions=tuple(range(1, 11))),
        rejudging.Change(rule="L12", now="WEIGHT_BAR", facts=1234, positions=tuple(range(1, 11))),
        rejudging.Change(rule="Q1", stored="WEIGHT_NOTE", facts=2, positions=(40, 41)),
    )
    said = shown(rejudging.Judgement(after=0, through=9000, end=9000, judged=9000, changes=changes), under="1")
    named = " ".join(f"#{number}" for number in range(1, 11))
    assert said == [
        "by rulebook 1, facts would be judged otherwise than they were; nothing is changed",
        "would be was facts the first of them",
        f"refused recorded 1,234 {named} …",
        "rule was would facts the first of them",
        f"L12 nothing bars 1,234 {named} …",
        "Q1 notes nothing 2 #40 #41",
        "9000 facts judged again, through position 9000",
    ]
    nothing = shown(rejudging.Judgement(after=0, through=0, end=0))
    assert nothing == ["nothing is recorded yet", "0 facts judged again, through position 0"]
