"""A scenario tells a story in short: what it leaves out, and what its short values stand for."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.records import Corrected
from services.cli import story
from services.cli.composing import rulebook
from services.cli.shorthand import UnclearError, Words
from services.cli.story import Scenario, StoryStep

NOON = datetime(2026, 4, 14, 11, tzinfo=UTC)
WORDS = Words(
    {"bag": "label.RR8:A", "nobody": "other", "other": "label.RR8:B", "set": {"lot": "lot.A:1", "item": "Set"}}, NOON
)
REGISTERED = {
    "name": "ward",
    "step": "The ward is registered.",
    "fact": "SiteRegistered",
    "at": "2026-04-14 12:00",
    "site": "ods:RXKW1",
    "by": "staff.RXK:1",
    "organisation": "ods:RXK",
    "says": {"site": "ods:RXKW1", "kind": "FIXED", "nation": "ENGLAND", "organisation": "ods:RXK"},
}
DECIDED = {
    "name": "decided",
    "step": "The chain is closed.",
    "fact": "ChainClosed",
    "says": {"coi": "isbt128-coi:CHA999926000017", "outcome": "FAILED"},
}


def told(*steps: dict[str, Any], **more: Any) -> tuple[StoryStep, ...]:  # noqa: ANN401 - fields of a scenario
    """The steps of a scenario."""
    return story.composed("mine", Scenario(title="a", about="b", steps=steps, **more)).steps


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("10:10", datetime(2026, 4, 14, 9, 10, tzinfo=UTC)),
        ("10:10:30", datetime(2026, 4, 14, 9, 10, 30, tzinfo=UTC)),
        ("+1d 08:00", datetime(2026, 4, 15, 7, tzinfo=UTC)),
        ("+90min", datetime(2026, 4, 14, 12, 30, tzinfo=UTC)),
        ("+2d", datetime(2026, 4, 16, 11, tzinfo=UTC)),
        ("2026-03-29 00:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        ("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-04-14T10:10:00Z", datetime(2026, 4, 14, 10, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_what_a_clock_on_a_wall_of_the_united_kingdom_shows(said: str, moment: datetime) -> None:
    assert WORDS.moment(said) == moment


def test_a_short_value_means_what_its_field_holds() -> None:
    assert WORDS.struct(
        AdministrationStarted, {"material": "bag", "patient": "pseudonym:P", "intent": "ALL", "check": "checked"}
    ) == {
        "material": {"scheme": "label.RR8", "value": "A"},
        "patient": {"scheme": "pseudonym", "value": "P"},
        "intent": "ADMINISTRATION_INTENT_ALL",
        "check": {"$position": "checked"},
    }
    said = {
        "bags": [{"material": "nobody", "contents": ["118 mL", "1.40 10*9 viable-cd3"]}],
        "lots": "$set",
        "ended_at": "+2h",
    }
    assert WORDS.struct(ApheresisPerformed, said) == {
        "bags": [
            {
                "material": {"scheme": "label.RR8", "value": "B"},
                "contents": [{"value": "118", "unit": "mL"}, {"value": "1.40", "unit": "10*9", "of": "viable-cd3"}],
            }
        ],
        "lots": [{"lot": {"scheme": "lot.A", "value": "1"}, "item": "Set"}],
        "ended_at": "2026-04-14T13:00:00Z",
    }


def test_what_is_written_in_full_stays() -> None:
    full = {
        "position": {"$position": "end"},
        "fact": {"administration_started": {"dose_number": 1, "unknown": {"a": 1}}},
    }
    assert WORDS.struct(Corrected, full) == full


@pytest.mark.parametrize("said", [{"material": "no-name"}, {"material": "$no-name"}, {"bags": 7}, "$no-name"])
def test_what_says_nothing_is_named(said: Any) -> None:  # noqa: ANN401 - any JSON value
    with pytest.raises(UnclearError):
        WORDS.struct(ApheresisPerformed if "bags" in said else AdministrationStarted, said)
    with pytest.raises(UnclearError, match="is no time"):
        WORDS.moment("tomorrow")


def test_who_runs_the_site_records_and_a_decision_is_signed_by_who_made_it() -> None:
    ward, decided = told(REGISTERED, DECIDED)
    assert ward.sign == ()
    assert decided.request["envelope"] == {
        "occurred_at": {"time": "2026-04-14T11:05:00Z", "utc_offset": "+01:00", "source": "TIME_SOURCE_OPERATOR"},
        "place": {"site": {"scheme": "ods", "value": "RXKW1"}},
        "performed_by": {"scheme": "staff.RXK", "value": "1"},
        "organisation": {"scheme": "ods", "value": "RXK"},
        "system": "scenario",
    }
    assert [(one.person["value"], one.meaning) for one in decided.sign] == [("1", "SIGNATURE_MEANING_PERFORMED")]
    assert (decided.rpc, decided.recorded_at) == (
        "EnrolmentService/RecordChainClosed",
        datetime(2026, 4, 14, 11, 6, tzinfo=UTC),
    )


def test_a_step_like_another_takes_over_what_it_does_not_say_itself() -> None:
    like = {
        "name": "again",
        "step": "And again.",
        "like": "decided",
        "at": "+1h",
        "says": {"outcome": "DIED"},
        "refused": ["I1"],
    }
    *_, decided, again = told(REGISTERED, {**DECIDED, "late": "because", "notes": ["E9"]}, like)
    assert again.request["fact"] == {**decided.request["fact"], "outcome": "CHAIN_OUTCOME_DIED"}
    assert "late_reason" not in again.request["envelope"]
    assert again.expect == story.Expected(refused=("I1",))
    assert again.request["request_id"] != decided.request["request_id"]


def test_a_scenario_changes_leaves_out_and_puts_between_what_it_begins_with() -> None:
    own = {"name": "own", "step": "Its own.", "fact": "ChainClosed", "before": "chain", "says": DECIDED["says"]}
    changes = {"chain": {"says": {"intended_use": None}}}
    openings = ("uk:operator-registered", "prescribed:chain")
    product = {"product": "product.PCW:pencel"}
    names = [
        step.name
        for step in told(own, begins_with=openings, without=("operator-registered",), changes=changes, names=product)
    ]
    assert names == ["rulebook", "prescription", "own", "chain"]
    *_, chain = told(own, begins_with=("uk", "car_t", "prescribed:chain"), changes=changes)
    assert "intended_use" not in chain.request["fact"]
    with pytest.raises(msgspec.ValidationError, match="'nothing', which is no step"):
        told(begins_with=("uk",), without=("nothing",))
    with pytest.raises(msgspec.ValidationError, match="'mine' of mine cannot be told"):
        told({"name": "mine", "step": "Like none.", "like": "none"})


def test_the_rulebook_of_a_scenario_is_every_rule_in_force() -> None:
    told_of = story.load(story.library()[0]).steps[0].request["fact"]["rules"]
    assert told_of == rulebook()
