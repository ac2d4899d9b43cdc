"""The whole way: the demonstration on a real Postgres and a real port, and every command on the store it leaves."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from ledger.postgres.launcher import EmbeddedPostgres
from services.cli import main, story
from tests.cli import samples
from tests.cli.conftest import Demo

pytestmark = pytest.mark.xdist_group("demo")

COI = "CHA999926000017"
HEX = 64
AT = {step.name: position for position, step in enumerate(story.load().steps, 1)}
"""Position of each step of the demonstration, by its name."""
END, LAST, DEVIATION, RELEASE = AT["end"], len(AT), AT["deviation"], str(AT["release"])
CORRECTION = AT["correction"]
AMOUNT = f"set record = overlay(record placing '9' from position('\"40\"'::bytea in record) + 1) where position = {END}"
NAMED = (
    f"position {END}, AdministrationEnded of chain CHA999926000017, recorded 14 Apr 2026 11:54: "
    "the stored bytes are not those that were recorded (they do not hash to the leaf)"
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "80"}, catch_exceptions=False)


def asked(*arguments: str) -> Any:  # noqa: ANN401 - any JSON value
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_demonstration_ends_with_one_object_of_the_agreed_names(demo: Demo) -> None:
    assert samples.shape(demo.told) == {
        "coi": "str",
        "position": "int",
        "root": "str",
        "refusals": [{"position": "int", "type": "str", "rules": ["str"]}],
        "deviations": [{"position": "int", "type": "str"}],
        "verified": "bool",
    }
    assert demo.told["coi"] == f"coi:isbt128-coi:{COI}"
    assert demo.told["verified"] is True
    assert [refusal["rules"] for refusal in demo.told["refusals"]] == [
        ["C1"],
        ["I9", "L11"],
        ["L3"],
        ["I1", "I8", "R9"],
    ]
    assert [one["position"] for one in demo.told["deviations"]] == [AT["deviation"], AT["night-deviation"]]


def test_a_demonstration_says_every_step_of_the_history_in_eighty_columns(demo: Demo) -> None:
    lines = demo.said.splitlines()
    assert max(len(line) for line in lines) <= 80
    said = " ".join(demo.said.split())
    for step in story.load().steps[samples.HISTORY]:
        assert step.step.split(",")[0][:30] in said
    assert "NOT AS EXPECTED" not in said


def test_a_replay_has_the_whole_chain_of_the_store_that_was_kept(demo: Demo, served: str) -> None:
    told = asked("replay", COI, "--target", served)
    types = [fact["type"] for fact in told["facts"]]
    assert len(types) == 53
    assert {"TherapyPrescribed", "ApheresisPerformed", "AdministrationEnded", "Corrected"} <= set(types)
    names = {"position", "type", "occurred_at", "recorded_at", "leaf_hash", "findings", "containers"}
    assert set(told["facts"][0]) == names
    changed = {fact["type"]: [one["status"] for one in fact["containers"]] for fact in told["facts"]}
    assert changed["CellsModified"] == [["held"], ["used up"], ["used up"]]
    assert changed["AdministrationEnded"] == [["given"]]
    assert told["vein_to_vein_seconds"] == 598_860
    assert told["through"] == demo.told["position"]


def test_the_two_axes_of_a_replay_are_two_questions(served: str) -> None:
    known = asked("replay", COI, "--known-at", "2026-04-13T23:00", "--target", served)
    was = asked("replay", COI, "--as-of", "2026-04-13T23:00", "--target", served)
    assert [fact["type"] for fact in known["facts"]][-3:] == [
        "ConsignmentReceived",
        "RecordedAsDeviation",
        "MaterialStored",
    ]
    assert "ConsignmentDispatched" in [fact["type"] for fact in was["facts"]][-4:]
    assert (
        known["through"]
        == asked("replay", COI, "--at-position", str(AT["stored"]), "--target", served)["through"]
        == AT["stored"]
    )


def test_a_replay_for_people_names_standing_and_axes(served: str) -> None:
    text = run("replay", COI, "--target", served).stdout
    assert f"refused by C1; deviation (#{AT['deviation']}); cured of C1" in " ".join(text.split())
    assert "vein to vein: 6 d 22 h" in text
    assert f"as it was now · as known now, at position {LAST}" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_server_and_the_store_behind_it_tell_the_same(demo: Demo, served: str) -> None:
    recall = ("recall", "lot.VEC:V123", "--at-position", str(AT["stored"]))
    for command in (("replay", COI), ("trace", "A999926123456"), ("trace", "lot.VEC:V123", "--forward"), recall):
        assert asked(*command, "--target", served) == asked(*command, "--data", str(demo.folder))


def test_a_vector_lot_is_traced_forward_to_the_patient(served: str) -> None:
    told = asked("trace", "V123", "--forward", "--target", served)
    assert told["start"] == "lot:lot.VEC:V123"
    assert any(edge["kind"] == "given" and edge["child"].startswith("patient:") for edge in told["edges"])
    assert all("lot.APX" not in node["tag"] for node in told["nodes"])


def test_the_scope_of_a_vector_lot_names_the_patient_and_whom_to_tell_in_eighty_columns(served: str) -> None:
    told = asked("recall", "V123", "--target", served)
    (patient,) = told["patients"]
    assert (patient["standing"], patient["reachable"], patient["told"]) == ("no plan", True, 0)
    assert [place["organisation"] for place in told["places"]] == [patient["organisation"]]
    assert (told["complete"], told["unreachable"], len(told["scope_hash"])) == (True, 0, HEX)
    text = run("recall", "V123", "--target", served).stdout
    assert "Scope of lot:lot.VEC:V123  (drill: nothing changes)" in text
    assert f"scope_position {LAST}" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_container_is_traced_back_to_donor_and_lots(served: str) -> None:
    told = asked("trace", "A9996A0002A999926123456A00000", "--back", "--target", served)
    tags = {node["tag"] for node in told["nodes"]}
    assert {"donation:isbt128-din:A999926123456", "lot:lot.VEC:V123", "lot:lot.APX:AS-77120"} <= tags


def test_a_value_of_two_things_is_asked_back_with_both(served: str) -> None:
    result = run("trace", "26-0042", "--target", served)
    assert result.exit_code == 1
    assert "batch:batch.MPC:26-0042, batch:batch.PCW:26-0042" in result.stderr


@pytest.mark.parametrize("text", ["NOBODY", "ods:NOBODY", "coi:isbt128-coi:CHA999926999999"])
def test_what_is_not_in_the_ledger_is_a_finding(served: str, text: str) -> None:
    for command in ("replay", "trace"):
        result = run(command, text, "--target", served)
        assert result.exit_code == 1
        assert text.rpartition(":")[2] in result.stderr


def test_a_store_that_is_served_can_be_verified_meanwhile(demo: Demo, served: str) -> None:
    assert served
    told = asked("verify", "--data", str(demo.folder))
    assert told == {
        "verified": True,
        "size": demo.told["position"],
        "root": demo.told["root"],
        "first_break": None,
        "reason": None,
    }
    assert len(told["root"]) == HEX
    assert f"log verified: {LAST} facts" in run("verify", "--data", str(demo.folder)).stdout


def test_a_port_in_use_is_named_with_the_way_out(demo: Demo, served: str) -> None:
    result = run("serve", "--data", str(demo.folder), "--port", served.rpartition(":")[2])
    assert result.exit_code == 2
    assert f"cannot listen on {served}" in result.stderr


def test_a_doctor_finds_the_embedded_store_fit(demo: Demo) -> None:
    assert asked("doctor", "--data", str(demo.folder))["fit"] is True
    assert "full_page_writes" in run("doctor", "--data", str(demo.folder)).stdout


def test_a_second_migration_does_nothing(demo: Demo) -> None:
    assert asked("migrate", "--data", str(demo.folder)) == {"applied": []}
    with EmbeddedPostgres(demo.folder) as server:
        assert asked("migrate", "--dsn", server.dsn()) == {"applied": []}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            f"set record = set_byte(record, 200, 65) where position = {AT['apheresis']}",
            (
                f"position {AT['apheresis']}, ApheresisPerformed: "
                "the stored bytes are not those that were recorded (they are no record"
            ),
        ),
        (
            AMOUNT,
            NAMED,
        ),
    ],
    ids=["no-record", "another-amount"],
)
def test_what_was_changed_behind_the_ledgers_back_is_found_and_named(
    demo: Demo, tmp_path: Path, change: str, said: str
) -> None:
    with EmbeddedPostgres(tmp_path / "other") as server:
        dsn = server.dsn()
        assert asked("migrate", "--dsn", dsn)["applied"]
        assert run("verify", "--dsn", dsn).stdout.startswith("nothing is recorded yet\n")
        _copy(demo, dsn, change)
        result = run("verify", "--dsn", dsn)
        assert result.exit_code == 1
        assert f"log does NOT verify: first break at {said}" in result.stdout


def test_a_log_is_held_against_the_size_and_root_that_somebody_kept(demo: Demo) -> None:
    data = ("--data", str(demo.folder))
    kept = run("verify", *data, "--size", str(LAST), "--root", demo.told["root"])
    assert (kept.exit_code, "size and root are those that you noted" in kept.stdout) == (0, True)
    longer = run("verify", *data, "--size", str(LAST + 1), "--json")
    assert (longer.exit_code, json.loads(longer.stdout)["noted"]["holds"]) == (1, False)
    assert "cannot be seen from inside" in run("verify", *data).stdout


def test_one_fact_is_shown_in_full_by_a_server_and_by_its_store(demo: Demo, served: str) -> None:
    for position in (5, AT["deviation"], AT["wrong-patient"], AT["match"], END, CORRECTION, LAST):
        text = run("show", str(position), "--target", served).stdout
        assert text == run("show", str(position), "--data", str(demo.folder)).stdout
        assert max(len(line) for line in text.splitlines()) <= 80
    flat = " ".join(run("show", str(END), "--target", served).stdout.split())
    assert "changed given: 40 mL -> 50 mL why typing error; 40 typed for 50" in flat
    checked = " ".join(run("show", str(AT["match"]), "--target", served).stdout.split())
    assert "told of the next step May be given until 11:50 UK time." in checked
    refused = " ".join(run("show", str(AT["wrong-patient"]), "--target", served).stdout.split())
    assert "the rule Autologous material is allocated" in refused
    assert f"standing did not happen (#{AT['not-given']})" in refused


def test_one_fact_as_json_has_the_stored_record_and_what_became_of_it(served: str) -> None:
    told = asked("show", str(END), "--target", served)
    assert (told["type"], told["standing"], told["record"]["stamp"]["position"]) == (
        "AdministrationEnded",
        "corrected",
        END,
    )
    assert told["records_about"][0]["changes"] == [{"field": "given", "old": "40 mL", "new": "50 mL"}]
    assert asked("show", str(CORRECTION), "--target", served)["about"] == END
    assert run("show", str(LAST + 1), "--target", served).exit_code == 1


def test_a_deviation_and_an_excursion_say_what_became_of_them_afterwards(served: str) -> None:
    told = asked("show", str(AT["night-deviation"]), "--target", served)["later"]
    assert [(one["type"], one["outcome"], one["by"]) for one in told] == [
        ("DeviationConfirmed", "", "gphc:2099001"),
        ("DeviationAssessed", "use", "staff.MPC:0031"),
    ]
    assert told[1]["why"].startswith("The logger inside held")
    cured = " ".join(run("show", str(AT["deviation"]), "--target", served).stdout.split())
    assert "later about it #84 ConsignmentDispatched recorded" in cured
    assert "by staff.PCW:0112 cures C1 tags" in cured
    assert [one["cures"] for one in asked("show", str(AT["deviation"]), "--target", served)["later"]] == [["C1"]]
    shown = asked("show", str(AT["excursion"]), "--target", served)
    assert (shown["type"], [one["type"] for one in shown["later"]]) == (
        "TemperatureExcursionDetected",
        ["ExcursionAssessed"],
    )


def test_a_replay_with_details_says_who_why_how_much_and_what_changed(served: str) -> None:
    text = run("replay", COI, "--details", "--target", served).stdout
    flat = " ".join(text.split())
    assert flat.startswith(
        "Times are as clocks on site showed them, which is UK time; decisions and records count from their recording."
    )
    assert max(len(line) for line in text.splitlines()) <= 80
    for said in (
        "basis licence:mhra:MIA-POC-99017 (found in the register, #9)",
        "changed given: 40 mL -> 50 mL",
        "bags 1, contents 118 mL, 1.40 10*9 of viable-cd3",
        "explanation The clamp was never opened",
        "I8 note: the check found a mismatch: do not give",
    ):
        assert said in flat


def test_a_trace_ends_with_whom_to_follow_up_on_either_axis(served: str) -> None:
    patient = "patient:pseudonym:01KMZ8Y0TE5Q7V3H2D9C6B4A1X"
    now = " ".join(run("trace", "lot.VEC:V123", "--forward", "--target", served).stdout.split())
    assert now.endswith(f"patients reached: {patient}; reported but refused and open: none; complete: yes")
    for axis in (
        ("--as-of", "2026-04-14T11:00"),
        ("--known-at", "2026-04-14T11:00"),
        ("--at-position", str(AT["release"])),
    ):
        told = asked("trace", "lot.VEC:V123", "--forward", *axis, "--target", served)
        assert (told["patients"], [edge["source"] for edge in told["edges"]][-1]) == ([], AT["completion"])
    open_then = asked("trace", "lot.VEC:V123", "--at-position", str(AT["wrong-patient"]), "--target", served)["open"]
    assert {"tag": "patient:pseudonym:01KMWN3G52R8J6P0T7F4K1M9ZS", "positions": [AT["wrong-patient"]]} in open_then
    shown = run("trace", "lot.VEC:V123", "--at-position", str(AT["wrong-patient"]), "--target", served).stdout
    assert f"#{AT['wrong-patient']} reported, refused, open" in " ".join(shown.replace("│", "").split())


@pytest.mark.parametrize("command", ["replay", "trace"])
def test_a_question_beyond_what_is_known_is_told_so(served: str, command: str) -> None:
    beyond = run(command, COI, "--at-position", str(LAST + 1), "--target", served)
    assert beyond.stdout.startswith(f"nothing is known at position {LAST + 1}: the log ends at {LAST}")
    future = run(command, COI, "--known-at", "2199-01-01", "--json", "--target", served)
    assert "is in the future: nothing is known that far" in future.stderr
    assert json.loads(future.stdout)["through"] == LAST


def test_a_scan_shows_its_card_from_a_server_and_from_its_store_alike(demo: Demo, served: str) -> None:
    scan = "A9996A0002A999926123456A00000"
    shown = run("lookup", scan, "--target", served)
    assert shown.exit_code == 0
    words = " ".join(shown.stdout.split())
    assert f"final container GIVEN: It was given: fact {END} ended it." in words
    assert f"complete through position {LAST}" in words
    assert max(len(line.rstrip()) for line in shown.stdout.splitlines()) <= 80
    remote = asked("lookup", scan, "--known-at", "2026-04-14T11:00", "--target", served)
    own = asked("lookup", scan, "--known-at", "2026-04-14T11:00", "--data", str(demo.folder))
    assert remote == own
    assert (remote["cards"][0]["status"], remote["at"]) == ("released", "2026-04-14T10:00:00Z")


def test_all_bar_codes_of_a_label_are_told_together(served: str) -> None:
    told = asked("lookup", "=A99992612345600", "=<S11281A0", "--target", served)
    assert [one["what"] for one in told["readings"]] == [
        "ISBT 128: donation identification number",
        "ISBT 128: product code",
    ]
    bag, donation = "material:isbt128-mpho:A9999S1128A999926123456A00000", "donation:isbt128-din:A999926123456"
    assert (told["tags"], [card["tag"] for card in told["cards"]]) == ([bag, donation], [bag, donation])
    assert len(told["cards"][1]["holds"]) == 2


def test_a_patients_number_is_not_repeated_and_nothing_is_found(served: str) -> None:
    number = "9434765919"
    for command in (("lookup", number), ("replay", number), ("search", "--tag", number)):
        result = run(*command, "--target", served)
        assert (result.exit_code, number in result.stdout + result.stderr) == (1, False)
    assert "NHS number: identity of a person: use your own map" in run("lookup", number, "--target", served).stdout


def test_a_search_is_a_table_for_people_and_facts_for_programs(demo: Demo, served: str) -> None:
    table = run("search", "--outcome", "refused", "--by", "ods:RXK", "--target", served)
    assert table.exit_code == 0
    rows = [line.split() for line in table.stdout.splitlines()]
    assert [(row[0], row[5], row[6]) for row in rows[1:5]] == [
        (str(AT["early-receipt"]), "ConsignmentReceived", "refused"),
        (str(AT["night-move"]), "MaterialStored", "refused"),
        (str(AT["suspended-batch"]), "BatchOpened", "refused"),
        (str(AT["wrong-patient"]), "AdministrationStarted", "refused"),
    ]
    assert table.stdout.endswith(f"4 facts, searched through position {LAST}\n")
    told = asked("search", "--rule", "c1", "--newest", "--target", served)
    assert told == asked("search", "--rule", "C1", "--newest", "--data", str(demo.folder))
    assert [(fact["position"], fact["outcome"]) for fact in told["facts"]] == [
        (AT["deviation"], "deviation"),
        (AT["early-receipt"], "refused"),
    ]
    some = asked("search", "--tag", COI, "--type", "BedsideIdentityChecked", "--limit", "1", "--target", served)
    assert ([fact["position"] for fact in some["facts"]], some["complete"], some["through"]) == (
        [AT["mismatch"]],
        False,
        LAST,
    )
    day = asked("search", "--from", "2026-04-14T11:06", "--until", "2026-04-14T11:11", "--target", served)
    assert [fact["type"] for fact in day["facts"]] == ["BedsideIdentityChecked"]


def test_a_search_for_what_is_no_type_is_told_so(served: str) -> None:
    result = run("search", "--type", "Sold", "--target", served)
    assert result.exit_code == 2
    assert "'Sold' is no fact type" in result.stderr


def _copy(demo: Demo, dsn: str, change: str) -> None:
    """Copies a log and changes one fact, as somebody with all powers could."""
    with EmbeddedPostgres(demo.folder) as kept, psycopg.connect(kept.dsn()) as source, psycopg.connect(dsn) as target:
        for table in ("commit", "fact", "fact_tag", "fact_mark", "edge", "key"):
            with (
                source.cursor().copy(f"copy ledger.{table} to stdout") as out,
                target.cursor().copy(f"copy ledger.{table} from stdin") as into,
            ):
                for row in out:
                    into.write(row)
        target.execute("alter table ledger.fact disable trigger all")
        target.execute(f"update ledger.fact {change}".encode())
