"""Clocks are uncertain, and the owner of a risk may take it on."""

import pytest

from ledger.domain.facts.registry import Role
from ledger.domain.rules.rule import ROLES_OF, Owner
from tests.support import world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import CONSULTANT, FINAL, NURSE, PHARMACIST, POC_SITE, override, tag

FINAL_BAG = tag("material", FINAL)


@pytest.mark.parametrize(
    ("source", "seconds"),
    [("DEVICE", 1), ("OPERATOR", 60), ("TRANSCRIBED", 900)],
)
def test_a_source_of_time_has_an_uncertainty_of_its_own(source: str, seconds: int) -> None:
    told = world.until("check", check=world.check(at="2026-04-14T10:00:00Z"))
    told = (*told, world.check(at="2026-04-14T10:00:00Z"))
    limit = world.time("2026-04-14T10:30:00Z")
    inside = world.start(at=limit + world.duration(seconds), source=source)
    given(*told).when(inside).then_noted(note("I8", FINAL_BAG))
    beyond = world.start(at=limit + world.duration(seconds + 1), source=source)
    given(*told).when(beyond).then_refused(bar("I8", FINAL_BAG))


def test_an_uncertainty_that_is_given_counts_instead() -> None:
    told = (*world.until("check"), world.check(at="2026-04-14T10:00:00Z"))
    given(*told).when(world.start(at="2026-04-14T10:35:00Z", uncertainty_ms=300_000)).then_noted("I8")
    given(*told).when(world.start(at="2026-04-14T10:35:00Z", uncertainty_ms=299_999)).then_refused("I8")


def test_the_longest_uncertainty_at_the_first_moment_there_is_can_be_judged() -> None:
    first = world.consent(at="0001-01-01T00:00:00Z", uncertainty_ms=2**32 - 1)
    Asked().when(first).then_recorded()
    Asked().when(world.receipt(at="0001-01-01T00:00:00Z", uncertainty_ms=2**32 - 1)).then_refused("C1")


def test_a_decision_is_judged_by_its_recording_alone_however_uncertain_its_claim() -> None:
    ended = world.role(PHARMACIST, "RELEASER", at_site=POC_SITE, effective_to="2026-04-13")
    claim = world.release(at="2026-04-13T12:00Z", uncertainty_ms=2**32 - 1)
    ledger = given(*world.until("release", releaser_role=ended))
    ledger.when(claim, recorded="2026-04-14T10:00Z").then_refused(bar("R1", tag("person", PHARMACIST)))


def test_a_time_later_than_the_recording_counts_as_the_recording_and_is_flagged() -> None:
    ledger = given(*world.until("check"))
    ledger.when(world.check(at="2026-04-14T12:00Z"), recorded="2026-04-14T10:00Z").then_recorded()
    assert ledger.resolved()["clock"] == "suspect: later than the recording"
    ledger.when(world.start(at="2026-04-14T10:45Z")).then_refused(bar("I8", FINAL_BAG))


def test_a_time_a_little_later_than_the_recording_is_not_flagged() -> None:
    ledger = given(*world.until("check"))
    ledger.when(world.check(at="2026-04-14T10:00:30Z"), recorded="2026-04-14T10:00Z").then_recorded()
    assert "clock" not in ledger.resolved()


# Overrides


def stale(**changes: object) -> Asked:
    """A check 40 minutes old, and a start that brings what the test says."""
    told = (*world.until("check"), world.check(at="2026-04-14T09:50Z"))
    return given(*told).when(world.start(at="2026-04-14T10:30Z", **changes))


def test_the_owner_of_the_risk_takes_a_stale_check_on_with_a_signature() -> None:
    stale(exceptions=[override(CONSULTANT)]).then_recorded(overridden("I8", FINAL_BAG))


def test_an_override_may_name_its_rule() -> None:
    stale(exceptions=[override(CONSULTANT, rule="I8")]).then_recorded(overridden("I8"))
    stale(exceptions=[override(CONSULTANT, rule="R5")]).then_refused("I8")


def test_an_override_is_the_owners_however_their_number_was_entered() -> None:
    typed = override(CONSULTANT)
    typed["approver"] = {**CONSULTANT, "entry": "ENTRY_TYPED"}
    stale(exceptions=[typed]).then_recorded(overridden("I8"))


@pytest.mark.parametrize(
    "exception",
    [
        override(NURSE),
        override(CONSULTANT, signed=False),
        override(CONSULTANT, meaning="PERFORMED"),
        override(CONSULTANT, signature=world.signature_of(NURSE, "APPROVED")),
        override(CONSULTANT, kind="EXCEPTION_KIND_LATE"),
        override(CONSULTANT, approver=None),
    ],
    ids=["not the owner", "unsigned", "signed as performed", "signed by another", "no override", "no approver"],
)
def test_nobody_else_takes_it_on(exception: world.Data) -> None:
    given_ = {key: value for key, value in exception.items() if value is not None}
    stale(exceptions=[given_]).then_refused(bar("I8", FINAL_BAG))


@pytest.mark.parametrize(
    ("exception", "told"),
    [
        (override(NURSE), "; the OVERRIDE sent does not lift it: its approver is no treating physician here"),
        (
            override(CONSULTANT, signed=False),
            "; the OVERRIDE sent does not lift it: its approver did not sign it as approved",
        ),
        (override(CONSULTANT, rule="R5"), "; the OVERRIDE sent is for R5"),
        (override(CONSULTANT, kind="EXCEPTION_KIND_LATE", rule="I8"), "; a LATE entry lifts no rule"),
        (world.DEVIATION, ""),
    ],
    ids=["not the owner", "unsigned", "for another rule", "late", "deviation"],
)
def test_a_bar_says_why_what_was_sent_to_lift_it_does_not(exception: world.Data, told: str) -> None:
    must = "not older than 30 min at the start"
    assert stale(exceptions=[exception]).answer.findings[0].must == must + told


def test_a_bar_that_nobody_may_lift_says_so_of_the_override_that_was_sent_for_it() -> None:
    ledger = given(*world.until("start"))
    ledger.tell(world.start(patient=world.OTHER_PATIENT, exceptions=[override(CONSULTANT, rule="I1")]))
    of_rule = {one.rule: one.must for one in ledger.answer.findings}
    assert of_rule["I1"].endswith("; the OVERRIDE sent does not lift it: nobody may take this on so")
    assert "OVERRIDE" not in of_rule["I8"]


def test_a_role_elsewhere_takes_nothing_on() -> None:
    elsewhere = world.role(CONSULTANT, "TREATING_PHYSICIAN", at_site=world.CENTRAL_SITE)
    told = (*world.until("check", consultant_role=elsewhere), world.check(at="2026-04-14T09:50Z"))
    given(*told).when(world.start(at="2026-04-14T10:30Z", exceptions=[override(CONSULTANT)])).then_refused("I8")


def test_a_role_for_another_product_takes_nothing_on() -> None:
    other = [world.name("product.MPC", "other")]
    elsewhere = world.role(CONSULTANT, "TREATING_PHYSICIAN", at_site=POC_SITE, products=other)
    told = (*world.until("check", consultant_role=elsewhere), world.check(at="2026-04-14T09:50Z"))
    given(*told).when(world.start(at="2026-04-14T10:30Z", exceptions=[override(CONSULTANT)])).then_refused("I8")


def test_the_wrong_patient_cannot_be_taken_on() -> None:
    wrong = world.start(patient=world.OTHER_PATIENT, exceptions=[override(CONSULTANT)])
    given(*world.until("start")).when(wrong).then_refused(
        bar("I1", FINAL_BAG), bar("I8", FINAL_BAG), bar("R9", FINAL_BAG)
    )


def test_a_mismatch_cannot_be_taken_on() -> None:
    ledger = given(*world.until("check"))
    ledger.tell(world.check(outcome="IDENTITY_OUTCOME_MISMATCH"))
    ledger.when(world.start(exceptions=[override(CONSULTANT)])).then_refused(bar("I8", FINAL_BAG))


def test_nobody_owns_what_the_law_says() -> None:
    assert ROLES_OF[Owner.NOBODY] == frozenset()
    assert ROLES_OF[Owner.TISSUE] == {Role.DESIGNATED_INDIVIDUAL}
