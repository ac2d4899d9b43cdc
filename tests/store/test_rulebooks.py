"""A released rulebook asks the revisions that it was released with, whatever newer ones this program has."""

import dataclasses
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ledger.audit import judged_again
from ledger.audit.judgement import Again
from ledger.audit.rejudge import rejudge
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Refused
from ledger.domain.rules import catalogue
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rulebook import Released
from ledger.domain.rules.rulebooks import RULEBOOKS
from ledger.store import batch, rulebook
from ledger.store.memory_log import MemoryLog
from tests.model import world
from tests.model.desk import Desk, error_of, everything
from tests.support.judged import Asked
from tests.support.world import rulebook as adoption

STARTED = world.START + timedelta(minutes=111)
NEXT = max(RULEBOOKS, default=0) + 1


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A program that has one rulebook more than this one, and after it a new revision of I8 that asks nothing."""
    second = dataclasses.replace(RULES["I8"], revision=RULES["I8"].revision + 1, judge=lambda _: ())
    rules = {**RULES, "I8": second}
    released = Released({rule.id: rule.revision for rule in RULES.values()}, DEFAULTS)
    monkeypatch.setattr(catalogue, "RULEBOOKS", {**RULEBOOKS, NEXT: released})
    monkeypatch.setattr(catalogue, "RULES", rules)
    monkeypatch.setattr(catalogue, "_NEWEST", catalogue._by_type(rules.values()))
    revisions = (*catalogue.REVISIONS, second)
    for module in (catalogue, rulebook):
        monkeypatch.setattr(module, "REVISIONS", revisions)
    for module in (catalogue, rulebook, batch, judged_again):
        monkeypatch.setattr(module, "NUMBER", NEXT)
    monkeypatch.setattr(judged_again, "KNOWN", (*judged_again.KNOWN, str(NEXT)))
    return SimpleNamespace(revision=second.revision)


def adopted(number: int, revision: int) -> dict[str, object]:
    """The adoption of a rulebook that names a revision of I8."""
    rules = [{"rule": "I8", "revision": revision}]
    return {"organisation": world.organisation("MPC"), "number": number, "rules": rules}


def test_each_fact_is_judged_by_the_revisions_of_the_rulebook_in_force(newer: SimpleNamespace) -> None:
    """The same start without a check: refused by the released revision, accepted by the newest one."""
    log = MemoryLog("ledger.test/released")
    with Desk(log) as desk:
        desk.furnish()
        desk.treat(1, steps=12)
        for number, revision in ((NEXT, newer.revision - 1), (0, newer.revision)):
            told = adopted(number, revision)
            desk.record(world.draft("RulebookAdopted", told, at=STARTED, where=world.CONTROL, checked=()), STARTED)
            answer = desk.try_(world.start("000001F", 1, where=world.POINT, at=STARTED), STARTED)
            if number:
                assert isinstance(error_of(answer), Refused)
        records = desk.records()
    starts = [one.verdict for one in records if one.content.type == "AdministrationStarted"]
    assert [(one.rulebook, one.outcome) for one in starts] == [(NEXT, Outcome.REFUSED), (0, Outcome.RECORDED)]
    assert {finding.rule for finding in starts[0].findings} - {finding.rule for finding in starts[1].findings} == {"I8"}
    assert rejudge(everything(log)) is None
    with log.reading() as reading:
        size = reading.head().size
        assert judged_again.judge(reading, Again(), 0, size).first is None
        for under, expected in ((str(NEXT), {size}), ("0", {size - 2}), ("today", {size - 2})):
            changes = judged_again.judge(reading, Again(under=under), 0, size).changes
            assert {at for change in changes if change.rule == "I8" for at in change.positions} == expected


def test_an_adoption_names_revisions_that_the_program_has(newer: SimpleNamespace) -> None:
    for revision in (newer.revision - 1, newer.revision):
        assert rulebook.adoptable(adoption(rules=[{"rule": "I8", "revision": revision}]).content.fact) == []
    (wrong,) = rulebook.adoptable(adoption(rules=[{"rule": "I8", "revision": 9}]).content.fact)
    known = f"{newer.revision - 1} {newer.revision}"
    assert wrong.description == f"I8 9 is not live; known: I8 in revision {known}"


@pytest.mark.parametrize("number", [0, *RULEBOOKS])
def test_every_rulebook_of_the_program_can_be_adopted_and_judges_from_then_on(number: int) -> None:
    asked = Asked()
    asked.given(adoption(number=number))
    asked.given(adoption(number=number))
    verdicts = [asked.ledger.fact(position).record for position in (1, 2)]
    assert [one.verdict.rulebook for one in verdicts if one is not None] == [0, number]
    assert rejudge(asked.rows()) is None
    asked.close()
