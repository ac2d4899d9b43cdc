"""Stored facts in words: nothing is left out, nothing that may be stored ends in a traceback."""

import io

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ledger.api import Step, StoredFact
from services.cli import details, in_full, story, versions, wording
from services.cli.in_full import InFull
from services.cli.wording import Change
from tests.cli import samples

REPLAYED = samples.story(story.load())
NAMES = st.sampled_from(["scheme", "value", "unit", "of", "time", "utc_offset", "source", "sha256", "content", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.just("2026-02-31T00:00:00Z")
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20)


def printed(*found: InFull) -> str:
    """What `coi show` prints."""
    written = io.StringIO()
    for one in found:
        in_full.show(Console(file=written, width=80, color_system=None), one)
    return written.getvalue()


@given(JSON)
def test_any_json_is_said(value: object) -> None:
    assert len(list(wording.lines({"any": value}))) >= 1
    assert all(isinstance(said, str) for _, said, _ in wording.leaves(value))


@given(st.dictionaries(st.sampled_from(["content", "verdict", "stamp"]), JSON) | JSON)
def test_whatever_bytes_are_stored_they_are_shown(value: object) -> None:
    octets = msgspec.json.encode(value)
    fact = StoredFact(position=1, type="Odd", octets=octets, salt=b"", leaf_hash=b"", record=None)
    step = Step(fact=fact, effective=REPLAYED.steps[0].effective, standing="recorded")
    about = versions.revisions([step])
    assert "leaf hash" in printed(InFull(fact=fact, step=step, own=about.get(1)))
    assert all(isinstance(words, str) for _, words in details.values(wording.stored(fact), about.get(1)))


@given(st.binary())
def test_bytes_that_are_no_json_are_said_to_be_none(octets: bytes) -> None:
    fact = StoredFact(position=1, type="Odd", octets=b"\xff" + octets, salt=b"", leaf_hash=b"\x01", record=None)
    assert "bytes that this program cannot read" in printed(InFull(fact=fact))


def test_every_fact_of_the_story_fits_eighty_columns_and_keeps_every_value() -> None:
    for step in REPLAYED.steps:
        text = printed(InFull(fact=step.fact, step=step))
        assert max(len(line) for line in text.splitlines()) <= 80
        flat = "".join(text.split())
        content = wording.stored(step.fact)["content"]
        for _, said, _ in wording.leaves(content["fact"], "+01:00"):
            assert "".join(said.split()) in flat


def test_values_are_said_as_people_say_them() -> None:
    assert wording.words({"scheme": "ods", "value": "RR8", "entry": "ENTRY_TYPED"}) == "ods:RR8 (typed)"
    assert wording.words([{"value": "1.40", "unit": "10*9", "of": "viable-cd3"}]) == "1.40 10*9 of viable-cd3"
    assert wording.words("CORRECTION_REASON_TYPING_ERROR") == "typing error"
    assert wording.words("2026-04-14T10:52:30Z", "+01:00") == "14 Apr 2026 11:52:30 +01:00"
    assert wording.words("AAEC", name="sha256") == "000102"
    assert (wording.words(value=True), wording.words({"deeper": {}})) == ("yes", None)
    assert wording.words("red \x1b[31m") == "red \ufffd[31m"


def test_what_changed_is_named_from_what_to_what() -> None:
    old = {"envelope": {"signatures": [1]}, "fact": {"given": [{"value": "40", "unit": "mL"}], "no_incidents": True}}
    new = {"envelope": {}, "fact": {"given": [{"value": "50", "unit": "mL"}], "remainder": "x"}}
    assert wording.changes(old, new) == [
        Change(field="given", old="40 mL", new="50 mL"),
        Change(field="no incidents", old="yes", new=None),
        Change(field="remainder", old=None, new="x"),
    ]
    assert wording.changes(old, new)[2].said == "remainder: nothing -> x"
