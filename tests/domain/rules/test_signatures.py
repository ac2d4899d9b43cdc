"""Rule E2: is what was decided signed, by whom, and does the signature cover this content?"""

import pytest

from tests.support import world
from tests.support.judged import Asked, bar, given
from tests.support.world import PHARMACIST, tag

RELEASER = tag("person", PHARMACIST)
SIGNED = world.signature_of(PHARMACIST, "APPROVED")


def test_E2_accepts_a_decision_that_is_signed_over_its_content() -> None:
    given(*world.until("release")).when(world.release(signed=[(PHARMACIST, "APPROVED")])).then_recorded()


def test_E2_refuses_a_decision_that_nobody_signed() -> None:
    given(*world.until("release")).when(world.release(signed=[])).then_refused(bar("E2", RELEASER))


def test_E2_notes_the_signature_that_is_owed_when_only_asked() -> None:
    given(*world.until("release")).when(world.release(signed=[], validate_only=True)).then_noted("E2")


def investigation(*meanings: str) -> world.Draft:
    """A decision that asks for two signatures: reviewed and approved."""
    return world.sample("OutOfSpecificationInvestigated", signed=[(PHARMACIST, meaning) for meaning in meanings])


@pytest.mark.parametrize("only", ["REVIEWED", "APPROVED"])
def test_E2_refuses_a_decision_that_lacks_one_of_the_signatures_that_its_type_asks_for(only: str) -> None:
    assert "E2" in {finding.rule for finding in Asked().when(investigation(only)).answer.findings}


def test_E2_names_each_signature_that_is_missing() -> None:
    found = Asked().when(investigation()).answer.findings
    missing = {(finding.found, finding.must) for finding in found if finding.rule == "E2"}
    assert missing == {
        ("not signed as reviewed", "a signature: reviewed"),
        ("not signed as approved", "a signature: approved"),
    }


def test_E2_accepts_a_decision_with_every_signature_that_its_type_asks_for() -> None:
    found = Asked().when(investigation("APPROVED", "REVIEWED")).answer.findings
    assert "E2" not in {finding.rule for finding in found}


@pytest.mark.parametrize(("meaning", "refused"), [("CERTIFIED", False), ("APPROVED", False), ("REVIEWED", True)])
def test_E2_takes_either_of_two_meanings_that_stand_for_each_other(meaning: str, refused: bool) -> None:
    found = Asked().when(world.sample("ShelfLifeExtended", signed=[(PHARMACIST, meaning)])).answer.findings
    assert ("E2" in {finding.rule for finding in found}) is refused


@pytest.mark.parametrize(
    "wrong",
    [{"content_hash": b"x" * 32}, {"signed_at": world.time("2026-04-14T10:10Z")}],
    ids=["other content", "to come"],
)
def test_E2_refuses_a_signature_that_is_not_bound_to_content_or_time(wrong: world.Data) -> None:
    draft = world.release(signed=[], envelope={"signatures": [{**SIGNED, **wrong}]})
    given(*world.until("release")).when(draft, recorded="2026-04-14T09:59Z").then_refused(bar("E2", RELEASER))


def test_E2_accepts_what_happened_without_a_signature_as_that_is_owed() -> None:
    given(*world.until("start")).when(world.start(signed=[])).then_recorded()


def test_E2_refuses_a_happening_whose_signature_covers_other_content() -> None:
    forged = {"signatures": [{**SIGNED, "content_hash": b"x" * 32}]}
    given(*world.until("start")).when(world.start(envelope=forged)).then_refused(bar("E2", RELEASER))
