"""A rule that did not look at the time is not asked at another: the limits are those of asking every rule at each."""

from datetime import datetime, timedelta

import pytest

from ledger.domain.facts.record import Clearance
from ledger.domain.receipt import Draft
from ledger.domain.rules import frame, judging
from ledger.domain.rules.case import Case, Watched
from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rule import Broken, Rule
from tests.support import world
from tests.support.judged import Asked, given

STORIES: dict[str, dict[str, Draft | None]] = {"own cells": {}, "another's cells": world.allogeneic()}


def told(slots: dict[str, Draft | None]) -> Asked:
    """A whole story."""
    return given(*world.registers(), *world.story(**slots))


def clearances(ledger: Asked) -> list[Clearance | None]:
    """What was said after each fact."""
    return [item.clearance for item in ledger.answers]  # type: ignore[union-attr]


@pytest.mark.parametrize("story", STORIES)
def test_asking_every_rule_at_every_moment_finds_the_same_limits(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = clearances(told(STORIES[story]))
    monkeypatch.setattr(judging, "_watching", lambda rule, case: tuple(rule.judge(case)))
    assert clearances(told(STORIES[story])) == found


def test_what_is_noted_as_steady_finds_nothing_at_any_other_time(monkeypatch: pytest.MonkeyPatch) -> None:
    steady: set[str] = set()
    whole = judging._watching

    def tried(rule: Rule, case: Watched) -> tuple[Broken, ...]:
        found = whole(rule, case)
        if rule.id in case.watch.steady:
            steady.add(rule.id)
            at = world.time("2026-04-14T10:50Z")
            for moment in (at - timedelta(days=36_500), at, at + timedelta(days=36_500)):
                assert tuple(rule.judge(at_another_time(case, moment))) == ()
        return found

    monkeypatch.setattr(judging, "_watching", tried)
    for slots in STORIES.values():
        told(slots)
    assert {"I1", "C2"} <= steady < RULES.keys()


def at_another_time(case: Watched, moment: datetime) -> Case:
    """The case at another moment, with nothing kept beside it."""
    given = {name: getattr(case, name) for name in Case.__struct_fields__} | {"at": moment, "recorded_at": moment}
    return Case(**given)


def test_what_rests_on_the_time_is_not_kept_for_the_next_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    told_apart: set[tuple[int, int]] = set()
    whole = judging._watching

    @frame.once
    def day(case: Case) -> str:
        return f"{case.at:%d}"

    @frame.once
    def site(case: Case) -> str:
        return case.site

    def looking(rule: Rule, case: Watched) -> tuple[Broken, ...]:
        looks = [case.watch.looks]
        for asked in (site, site, day, day):
            asked(case)
            looks.append(case.watch.looks)
        told_apart.add((looks[2] - looks[0], looks[4] - looks[2]))
        return whole(rule, case)

    monkeypatch.setattr(judging, "_watching", looking)
    told({})
    assert told_apart == {(0, 2)}
