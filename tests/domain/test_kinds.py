"""What a broken rule does to each kind of fact, and from when each kind counts. Every type is walked."""

from collections.abc import Callable
from typing import Final

import pytest

from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Weight
from ledger.domain.receipt import Receipt, Refused
from ledger.domain.rules import judging
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rule import Broken
from tests.support import world
from tests.support.judged import Asked, bar, given
from tests.support.world import DEVIATION, FINAL, POC_SITE, tag

Make = Callable[..., world.Draft]

DRAFTS: Final[dict[str, Make]] = {
    "OrganisationRegistered": world.organisation,
    "SiteRegistered": world.site,
    "PersonRegistered": world.person,
    "RoleGranted": lambda **changes: world.role(world.NURSE, "NURSE", at_site=POC_SITE, **changes),
    "ProductRegistered": world.product,
    "LicenceGranted": world.licence,
    "MasterFileVersionApproved": world.masterfile,
    "SiteSuspendedByLicensingAuthority": world.suspension,
    "RulebookAdopted": world.rulebook,
    "TherapyPrescribed": world.prescription,
    "CoiAssigned": world.chain,
    "ConsentRecorded": world.consent,
    "ConsentWithdrawn": world.withdrawal,
    "DonorIdentified": world.identification,
    "ApheresisPerformed": world.apheresis,
    "ConsignmentDispatched": world.dispatch,
    "ConsignmentReceived": world.receipt,
    "BatchOpened": world.poc_batch,
    "CellsModified": world.modification,
    "ManufactureCompleted": world.completion,
    "PointOfCareReleased": world.release,
    "BedsideIdentityChecked": world.check,
    "AdministrationStarted": world.start,
    "AdministrationEnded": world.end,
}
ORIGINALS = [name for name, struct in TYPES.items() if struct.about.kind is not Kind.RECORD]


def made(fact_type: str, **changes: object) -> world.Draft:
    """A fact of a type: from its builder, or from its smallest example."""
    build = DRAFTS.get(fact_type)
    return build(**changes) if build is not None else world.sample(fact_type, **changes)


def alone(fact_type: str, **changes: object) -> Asked:
    """A fact that comes to a ledger in which nothing is known."""
    return Asked().when(made(fact_type, **changes))


@pytest.mark.parametrize("fact_type", ORIGINALS)
def test_a_deviation_beside_a_fact_is_used_by_happenings_alone_and_only_when_a_rule_bars(fact_type: str) -> None:
    kind = TYPES[fact_type].about.kind
    bare, excused = alone(fact_type).answer, alone(fact_type, exceptions=[DEVIATION]).answer
    assert bare.findings == excused.findings
    if isinstance(bare, Receipt):
        assert isinstance(excused, Receipt)
        assert (bare.state, excused.state) == ("RECEIPT_STATE_RECORDED", "RECEIPT_STATE_RECORDED")
    elif kind is Kind.HAPPENING:
        assert bare.unresolved
        assert isinstance(excused, Receipt)
        assert excused.state == "RECEIPT_STATE_RECORDED_AS_DEVIATION"
        assert excused.deviation == tagging.deviation(1)
        assert excused.deviation in excused.tags
    else:
        assert isinstance(excused, Refused)
        assert (bare.unresolved, excused.unresolved) == (False, False)


@pytest.mark.parametrize("fact_type", ORIGINALS)
@pytest.mark.parametrize("always", [True, False], ids=["at all ends", "at some"])
def test_what_a_broken_rule_weighs_follows_from_the_kind(fact_type: str, always: bool) -> None:
    about, content = TYPES[fact_type].about, made(fact_type).content
    moment = content.envelope.occurred_at.time
    case = Case(
        content=content,
        kind=about.kind,
        position=1,
        at=moment,
        recorded_at=moment,
        recorder=Recorder(organisation=Identifier(**world.TREATING)),
        states={},
    )
    broken = Broken(tag="site:ods:X", found="it is so", must="be otherwise")
    harmless = about.kind is Kind.SAFETY_ACT or about.never_barred or (about.kind is Kind.HAPPENING and not always)
    assert judging._weight(RULES["L1"], broken, case, always=always) is (Weight.NOTE if harmless else Weight.BAR)


def test_a_decision_is_refused_and_never_a_deviation() -> None:
    given(*world.until("completion")).when(world.release(exceptions=[DEVIATION])).then_refused("C7")


def test_a_register_is_refused_and_never_a_deviation() -> None:
    again = world.person(world.name("staff.RXK", "0007"), numbers=[world.NURSE], exceptions=[DEVIATION])
    given(*world.registers()).when(again).then_refused("I9")


def test_a_refused_happening_is_kept_whole_and_counts_for_nothing() -> None:
    early = world.receipt()
    ledger = given(*world.until("dispatch")).when(early).then_refused("C1")
    assert ledger.record.content == early.content
    assert isinstance(ledger.answer, Refused)
    assert ledger.answer.unresolved
    ledger.given(world.dispatch()).when(world.receipt()).then_recorded()


def test_a_happening_may_bring_its_deviation_in_the_first_call() -> None:
    ledger = given(*world.until("dispatch")).when(world.receipt(exceptions=[DEVIATION])).then_deviation("C1")
    assert ledger.receipt.deviation == f"deviation:ledger:{ledger.position}"


def test_an_exception_for_a_deviation_is_unused_when_nothing_breaks() -> None:
    ledger = given(*world.until("receipt")).when(world.receipt(exceptions=[DEVIATION])).then_recorded()
    assert ledger.receipt.deviation == ""


def test_a_withdrawal_of_consent_by_a_lone_caller_is_recorded_whatever_else_is_known() -> None:
    Asked().when(world.withdrawal(by=world.name("staff.X", "1"), organisation=None)).then_recorded()


def test_a_suspension_is_recorded_whatever_is_known_of_the_site() -> None:
    Asked().when(world.suspension(world.name("ods", "NOWHERE"))).then_recorded()


def test_a_register_recorded_late_reaches_back_to_the_date_that_it_carries() -> None:
    ledger = given(*world.until("central_batch", central_licence=None))
    ledger.when(world.central_batch()).then_refused("L1")
    ledger.given(world.central_licence(at="2026-04-10T09:00Z", effective_from="2026-04-08"))
    ledger.when(world.central_batch()).then_recorded()


def test_a_register_that_is_recorded_before_its_date_counts_from_that_date() -> None:
    ledger = given(*world.until("central_batch", central_licence=world.central_licence(effective_from="2026-04-09")))
    ledger.when(world.central_batch()).then_refused("L1")
    ledger.when(world.central_batch(at="2026-04-09T00:30Z")).then_recorded()


def test_a_decision_counts_from_its_recording_whatever_it_claims() -> None:
    ledger = given(*world.until("release"), world.check())
    ledger.when(world.release(), recorded="2026-04-14T10:40Z").then_recorded()
    ledger.when(world.start()).then_refused(bar("R1", tag("material", FINAL)))
    ledger.when(world.start(at="2026-04-14T10:42Z")).then_recorded()


def test_a_happening_counts_from_when_it_happened() -> None:
    ledger = given(*world.until("consent"))
    ledger.when(world.consent(), recorded="2026-04-09T10:00Z").then_recorded()
    ledger.given(world.identification()).when(world.apheresis()).then_recorded()
