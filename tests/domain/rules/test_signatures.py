"""Rule E2: is what was decided signed, by whom, and does the signature cover this content?"""

import pytest

from tests.support import world
from tests.support.judged import bar, given
from tests.support.world import PHARMACIST, tag

RELEASER = tag("person", PHARMACIST)
SIGNED = world.signature_of(PHARMACIST, "APPROVED")


def test_E2_accepts_a_decision_that_is_signed_over_its_content() -> None:
    given(*world.until("release")).when(world.release(signed=[(PHARMACIST, "APPROVED")])).then_recorded()


def test_E2_refuses_a_decision_that_nobody_signed() -> None:
    given(*world.until("release")).when(world.release(signed=[])).then_refused(bar("E2", RELEASER))


def test_E2_notes_the_signature_that_is_owed_when_only_asked() -> None:
    given(*world.until("release")).when(world.release(signed=[], validate_only=True)).then_noted("E2")


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
