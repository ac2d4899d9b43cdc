"""Rule Q6: is everything that was made accounted for?"""

import pytest

from tests.support import making, world
from tests.support.judged import Asked, bar, given, overridden
from tests.support.world import FINAL, filled, name, override, quantity, tag

FINAL_BAG, SECOND = tag("material", FINAL), name("isbt128-mpho", "A9996A0003A999926123456A00000")
QA = world.SECOND_NURSE


def whole(**slots: world.Draft | None) -> Asked:
    """The whole story, its last slots as they are given."""
    return given(*world.registers(), *world.story(**slots))


def kept(remainder: str, *given_: world.Data, **rest: object) -> world.Draft:
    """An end of the administration, and what became of the rest."""
    return world.end(given=list(given_), remainder=f"REMAINDER_DISPOSITION_{remainder}", **rest)


ACCOUNTED = {
    "given": world.end(),
    "given within the tolerance": kept("NONE_LEFT", quantity("47.5")),
    "the rest named as not given": kept("NONE_LEFT", quantity("40"), not_given=[quantity("10")]),
    "the rest destroyed": kept("DESTROYED", quantity("40")),
    "the rest returned": kept("RETURNED", quantity("40")),
    "all given though the bag was kept": kept("KEPT", quantity("50")),
}


@pytest.mark.parametrize("end", ACCOUNTED.values(), ids=ACCOUNTED)
def test_Q6_accepts_the_closing_when_all_of_it_is_accounted_for(end: world.Draft) -> None:
    whole(end=end).when(making.closing()).then_recorded()


OPEN = {
    "a volume missing": kept("NONE_LEFT", quantity("47.4")),
    "the rest kept": kept("KEPT", quantity("40")),
    "the rest labelled": kept("LABELLED", quantity("40")),
    "still being given": None,
}


@pytest.mark.parametrize("end", OPEN.values(), ids=OPEN)
def test_Q6_refuses_the_closing_while_a_volume_is_open(end: world.Draft | None) -> None:
    whole(end=end).when(making.closing()).then_refused(bar("Q6", FINAL_BAG))


def test_Q6_refuses_the_closing_while_a_container_is_open_whatever_else_was_given() -> None:
    two = world.completion(containers=[filled(FINAL, quantity("50")), filled(SECOND, quantity("8"))], losses=None)
    ledger = whole(completion=two)
    ledger.when(making.closing()).then_refused(bar("Q6", tag("material", SECOND)))
    ledger.given(making.destruction(SECOND)).when(making.closing()).then_recorded()


def test_Q6_accepts_the_closing_when_a_container_was_sent_back_or_used_up_as_a_sample() -> None:
    never = {"check": None, "start": None, "end": None}
    whole(**never).given(making.sending_back()).when(making.closing()).then_recorded()
    used = making.sampling(
        FINAL,
        site=world.POC_SITE,
        by=world.SCIENTIST,
        organisation=world.TREATING,
        at="2026-04-14T10:30Z",
    )
    whole(**never).given(used).when(making.closing()).then_refused(bar("Q6", FINAL_BAG))


def test_Q6_accepts_what_quality_assurance_took_on() -> None:
    role = world.role(QA, "QUALITY_ASSURANCE", at_site=world.POC_SITE)
    ledger = whole(end=kept("KEPT", quantity("40"))).given(role)
    ledger.when(making.closing(exceptions=[override(QA)])).then_recorded(overridden("Q6", FINAL_BAG))


def test_Q6_accepts_the_closing_of_a_batch_that_filled_no_final_container() -> None:
    ended = making.termination(at="2026-04-08T06:50Z")
    closing = making.closing(world.CENTRAL_BATCH)
    given(*world.until("modification"), ended).when(closing).then_recorded()


def test_Q6_refuses_the_closing_while_an_intermediate_lies_somewhere_and_accepts_it_once_it_is_used_up() -> None:
    ledger = given(*world.until("second_dispatch"))
    closing = making.closing(world.CENTRAL_BATCH, at="2026-04-13T15:00Z")
    ledger.when(closing).then_refused(bar("Q6", tag("material", world.CELLS)))
    told = given(*world.registers(), *world.story())
    told.when(making.closing(world.CENTRAL_BATCH)).then_recorded()
