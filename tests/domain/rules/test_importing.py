"""Rule R2 for what was made abroad: certified here under a licence that covers import, or its import verified."""

import pytest

from tests.support import borders, released, world
from tests.support.judged import Asked, bar, given, note
from tests.support.released import IMPORTER, QP, WHOLESALE
from tests.support.world import CENTRAL_BATCH, FINAL, MIA, tag

BATCH, BAG, LICENCE = tag("batch", CENTRAL_BATCH), tag("material", FINAL), tag("licence", WHOLESALE)
PERSON = tag("person", IMPORTER)
HERE, THERE = "AUTHORITY_MHRA", "AUTHORITY_EEA_AUTHORITY"
IMPORTING = ["ACTIVITY_MANUFACTURE", "ACTIVITY_IMPORT"]


def made_abroad(nation: str = "EEA", authority: str = THERE, activities: list[str] | None = None) -> Asked:
    """Made and tested at a central site outside the United Kingdom; its record reviewed."""
    site = world.site(
        world.CENTRAL_SITE,
        world.CENTRAL,
        nation=f"NATION_{nation}",
        bases=[world.basis("MANUFACTURE", MIA), world.CONTAINED_USE],
    )
    licence = world.central_licence(authority=authority, activities=activities or ["ACTIVITY_MANUFACTURE"])
    papers = {"import_licence": borders.import_licence(), "supply": borders.supply()}
    arrived = world.receipt(border_licence=borders.IMPORT_LICENCE) if nation == "NORTHERN_IRELAND" else world.receipt()
    slots = {"central_site": site, "central_licence": licence, "receipt": arrived, **papers, **borders.exporting()}
    ledger = given(*released.made_centrally(**slots))
    made = ledger.position_of("ManufactureCompleted")
    return ledger.given(released.result(), released.reviewed(made), *released.importer())


def at_the_bedside(ledger: Asked, *facts: world.Draft) -> Asked:
    """Certified by the QP of the maker, then what is said, and on the ward."""
    return ledger.given(released.certified(), *facts, *released.delivered())


@pytest.mark.parametrize("given_", [world.start(), released.dispensed()], ids=["given", "dispensed"])
def test_R2_refuses_what_was_certified_abroad_while_nobody_verified_its_import(given_: world.Draft) -> None:
    at_the_bedside(made_abroad()).when(given_).then_refused(bar("R2", BAG))


@pytest.mark.parametrize("given_", [world.start(), released.dispensed()], ids=["given", "dispensed"])
def test_R2_accepts_what_the_responsible_person_for_the_import_verified(given_: world.Draft) -> None:
    at_the_bedside(made_abroad(), released.import_verified()).when(given_).then_recorded()


def test_R1_takes_a_verified_import_for_the_release_of_a_batch_whose_certification_stays_abroad() -> None:
    ledger = made_abroad().given(released.import_verified(), *released.delivered())
    ledger.when(world.start()).then_recorded()


def test_R2_accepts_what_a_QP_here_certified_under_a_licence_that_covers_import() -> None:
    at_the_bedside(made_abroad("OTHER", HERE, IMPORTING)).when(world.start()).then_recorded()


def test_R2_refuses_to_certify_what_was_made_abroad_under_a_licence_here_that_covers_no_import() -> None:
    made_abroad("OTHER", HERE).when(released.certified()).then_refused(bar("R2", tag("licence", MIA)))


def test_R2_asks_nothing_of_what_was_made_here_or_is_given_abroad() -> None:
    at_the_bedside(made_abroad("NORTHERN_IRELAND", HERE)).when(world.start()).then_recorded()
    ward = world.poc_site(nation="NATION_EEA")
    ledger = at_the_bedside(made_abroad(), ward)
    ledger.when(world.start())
    assert "R2" not in {finding.rule for finding in ledger.answer.findings}


def test_R2_asks_nothing_of_a_special_as_its_import_is_notified() -> None:
    ledger = made_abroad()
    ledger.tell(released.route("SPECIAL"))
    at_the_bedside(ledger).when(world.start())
    assert {"R1", "R2"} & {finding.rule for finding in ledger.answer.findings} == {"R1"}


def test_R2_refuses_the_import_of_what_was_certified_in_no_approved_country() -> None:
    made_abroad("OTHER").when(released.import_verified(country="US")).then_refused(bar("R2", BATCH))


@pytest.mark.parametrize(
    ("setting", "country", "right"),
    [
        ({"US": "1"}, "US", True),
        ({"US": "1"}, "CH", False),
        ({"DE": "0"}, "DE", False),
        ({"DE": "0"}, "NL", True),
    ],
    ids=["approved", "another", "no longer", "the others"],
)
def test_R2_takes_the_approved_countries_of_the_rulebook(setting: dict[str, str], country: str, right: bool) -> None:
    told = [{"name": f"approved-import-countries.{code}", "value": value} for code, value in setting.items()]
    ledger = made_abroad("OTHER").given(world.rulebook(parameters=told, at="2026-04-13T12:00Z"))
    asked = ledger.when(released.import_verified(country=country))
    if right:
        asked.then_recorded()
    else:
        asked.then_refused(bar("R2", BATCH))


def test_R2_refuses_a_verification_by_who_is_not_named_on_the_licence() -> None:
    stranger = world.name("staff.MPC", "0311")
    ledger = made_abroad().given(world.person(stranger))
    ledger.when(released.import_verified(by=stranger)).then_refused(bar("R2", tag("person", stranger)))


def test_R2_accepts_a_verification_by_a_QP_of_a_licence_that_covers_import_from_anywhere() -> None:
    covering = world.licence(WHOLESALE, kind="LICENCE_KIND_MANUFACTURING_INVESTIGATIONAL", activities=IMPORTING)
    ledger = made_abroad("OTHER").given(covering, world.role(QP, "QUALIFIED_PERSON", on_licence=WHOLESALE))
    ledger.when(released.import_verified(by=QP, country="US", signed=[(QP, "CERTIFIED")])).then_recorded()


def test_R2_refuses_a_verification_by_a_QP_of_a_licence_without_import_and_on_no_wholesale_licence() -> None:
    plain = {"kind": "LICENCE_KIND_MANUFACTURING", "change": "GRANT_CHANGE_VARIED"}
    narrow = world.licence(WHOLESALE, activities=["ACTIVITY_WHOLESALE"], modes=None, product_lines=None, **plain)
    ledger = made_abroad().given(narrow, world.role(QP, "QUALIFIED_PERSON", on_licence=WHOLESALE))
    ledger.when(released.import_verified(by=QP)).then_refused(bar("R2", LICENCE))
    ledger.when(released.import_verified()).then_refused(bar("R2", LICENCE))


def test_L1_refuses_a_verification_under_a_licence_that_ended() -> None:
    ended = world.ended_licence(WHOLESALE, since="2026-04-13T15:00Z")
    ledger = made_abroad().given(ended).when(released.import_verified())
    ledger.then_refused(bar("L1", tag("site", world.CONTROL_SITE)))


def test_R2_notes_what_was_given_after_its_verification_was_taken_back() -> None:
    ledger = at_the_bedside(made_abroad(), released.import_verified())
    verified = ledger.position_of("ImportVerified")
    ledger.given(world.start())
    ledger.when(world.did_not_happen(verified))
    assert {(finding.rule, finding.tag) for finding in ledger.receipt.findings} == {("R2", BAG)}
    assert ledger.receipt.findings[0].weight == note("R2").weight
