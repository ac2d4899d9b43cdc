"""Rule L15: movements of cells between Great Britain, Northern Ireland, the EEA and elsewhere; medicines kept apart."""

import pytest

from ledger.domain.facts.registry import Nation
from ledger.domain.finding import Weight
from ledger.domain.rules.borders import is_import
from tests.support import borders, released, world
from tests.support.borders import IMPORT_LICENCE, SUPPLY
from tests.support.judged import Asked, bar, given, note
from tests.support.world import APHERESIS_UNIT, COLLECTING, FIRST_CONSIGNMENT, HTA, tag

CONSIGNMENT, LICENCE = tag("consignment", FIRST_CONSIGNMENT), tag("licence", IMPORT_LICENCE)
IMPORTED = {"border_licence": IMPORT_LICENCE, "border_agreement": SUPPLY}
IRELAND, EEA, ENGLAND = "NORTHERN_IRELAND", "EEA", "ENGLAND"


def collected(there: str, here: str, **registers: world.Draft | None) -> Asked:
    """Cells on their way from a unit in one nation to a maker in another."""
    unit = world.site(
        APHERESIS_UNIT,
        COLLECTING,
        nation=f"NATION_{there}",
        bases=[world.basis("PROCUREMENT", agreement=SUPPLY) if there == EEA else world.basis("PROCUREMENT", HTA)],
    )
    works = world.central_site(nation=f"NATION_{here}")
    paper = {"import_licence": borders.import_licence(), "supply": borders.supply()}
    return given(*world.until("receipt", apheresis_unit=unit, central_site=works, **{**paper, **registers}))


@pytest.mark.parametrize(
    ("origin", "destination", "licensed"),
    [
        ("ENGLAND", "SCOTLAND", False),
        ("NORTHERN_IRELAND", "ENGLAND", False),
        ("EEA", "WALES", True),
        ("OTHER", "ENGLAND", True),
        ("ENGLAND", "NORTHERN_IRELAND", True),
        ("OTHER", "NORTHERN_IRELAND", True),
        ("EEA", "NORTHERN_IRELAND", False),
        ("NORTHERN_IRELAND", "EEA", False),
        ("SCOTLAND", "EEA", False),
    ],
)
def test_an_import_of_cells_is_told_by_where_they_come_from_and_go_to(
    origin: str, destination: str, licensed: bool
) -> None:
    assert is_import(Nation[origin], Nation[destination]) is licensed


@pytest.mark.parametrize(("there", "here"), [(EEA, ENGLAND), (ENGLAND, IRELAND)])
def test_L15_accepts_cells_that_come_in_on_an_import_licence_and_a_supplier_agreement(there: str, here: str) -> None:
    collected(there, here).when(world.receipt(**IMPORTED)).then_recorded()


def test_L15_accepts_an_agreement_that_is_on_record_and_not_named() -> None:
    collected(ENGLAND, IRELAND).when(world.receipt(border_licence=IMPORT_LICENCE)).then_recorded()


def test_L15_accepts_the_import_licence_that_the_site_registered() -> None:
    works = world.central_site(
        nation="NATION_NORTHERN_IRELAND",
        bases=[world.basis("MANUFACTURE", world.MIA), world.CONTAINED_USE, world.basis("IMPORT", IMPORT_LICENCE)],
    )
    registers = {"import_licence": borders.import_licence(), "supply": borders.supply()}
    given(*world.until("receipt", central_site=works, **registers)).when(world.receipt()).then_recorded()


@pytest.mark.parametrize(("there", "here"), [(EEA, ENGLAND), (ENGLAND, IRELAND)])
def test_L15_refuses_cells_that_come_in_on_no_licence(there: str, here: str) -> None:
    collected(there, here).when(world.receipt()).then_refused(bar("L15", CONSIGNMENT))


@pytest.mark.parametrize(
    "licence",
    [
        borders.import_licence(activities=["ACTIVITY_STORAGE"]),
        borders.import_licence(kind="LICENCE_KIND_WHOLESALE"),
        borders.import_licence(effective_to="2026-04-01"),
        None,
    ],
    ids=["no import", "for medicines", "ended", "not registered"],
)
def test_L15_refuses_a_licence_that_does_not_permit_the_import_of_cells(licence: world.Draft | None) -> None:
    ledger = collected(ENGLAND, IRELAND, import_licence=licence, supply=borders.supply(licence=None))
    ledger.when(world.receipt(**IMPORTED))
    assert bar("L15", LICENCE) in {(item.rule, item.tag, item.weight) for item in ledger.answer.findings}


@pytest.mark.parametrize(
    "supply",
    [
        borders.supply(purpose="AGREEMENT_PURPOSE_TECHNICAL"),
        borders.supply(effective_to="2026-04-01"),
        borders.supply(world.TREATING),
    ],
    ids=["another purpose", "ended", "of another receiver"],
)
def test_L15_refuses_cells_of_a_supplier_with_whom_there_is_no_agreement(supply: world.Draft) -> None:
    ledger = collected(ENGLAND, IRELAND, supply=supply)
    ledger.when(world.receipt(**IMPORTED)).then_refused(bar("L15", CONSIGNMENT))


def test_L15_notes_an_agreement_without_a_copy_on_record() -> None:
    ledger = collected(ENGLAND, IRELAND, supply=None)
    ledger.when(world.receipt(**IMPORTED)).then_noted(note("L15", CONSIGNMENT))


@pytest.mark.parametrize(("there", "here"), [(IRELAND, ENGLAND), (EEA, IRELAND)])
def test_L15_accepts_cells_that_move_freely(there: str, here: str) -> None:
    collected(there, here).when(world.receipt()).then_recorded()


def test_L15_asks_nothing_of_a_medicine_that_crosses_the_same_border() -> None:
    ward = world.poc_site(nation="NATION_NORTHERN_IRELAND")
    ledger = given(*released.made_centrally(poc_site=ward), released.result("sterility"), released.result())
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")), released.certified())
    ledger.given(*released.delivered(), released.dispensed()).when(world.start()).then_recorded()


def given_as_taken(**circulation: object) -> Asked:
    """Cells given as they were taken, to the patient who gave them, in a hospital of Northern Ireland."""
    ward = world.poc_site(nation="NATION_NORTHERN_IRELAND")
    slots = dict.fromkeys(("dispatch", "receipt", "acceptance"))
    ledger = given(*world.until("central_batch", poc_site=ward, circulation=world.circulation(**circulation), **slots))
    return ledger.when(world.start(material=world.BAG_A, batch=None))


def test_L15_refuses_cells_given_in_northern_ireland_under_no_donation_code() -> None:
    wanted = bar("L15", tag("material", world.BAG_A))
    assert wanted in {(item.rule, item.tag, item.weight) for item in given_as_taken().answer.findings}
    coded = given_as_taken(donation_code="GB999926A999926123456")
    assert "L15" not in {item.rule for item in coded.answer.findings}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("A999926123456", "of the wrong form"),
        ("GB999926A999926123457", "names donation A999926123457"),
        ("XX999926A999926123456", "of the wrong form"),
        ("GB999926A999926123456A00S1128A0020260410", ""),
        ("SEC: GB999926A999926123456 A00S1128A0020260410", ""),
    ],
)
def test_L15_refuses_cells_given_in_northern_ireland_under_a_code_that_is_none_or_anothers(
    code: str, found: str
) -> None:
    ledger = given_as_taken(donation_code=code)
    about = [item for item in ledger.answer.findings if item.rule == "L15"]
    assert [(item.weight, found in item.found) for item in about] == ([(Weight.BAR, True)] if found else [])


def test_L15_notes_a_release_in_northern_ireland_without_a_code_that_is_one() -> None:
    unit = world.site(APHERESIS_UNIT, COLLECTING, nation="NATION_NORTHERN_IRELAND", bases=UNIT)
    told = world.until("circulation", apheresis_unit=unit, **MOVING)
    ledger = given(*told).when(world.circulation()).then_noted(note("L15", DONATED))
    assert ledger.receipt.findings[0].found == "no donation code"
    given(*told).when(world.circulation(donation_code="GB999926A999926123456")).then_recorded()
    given(*told).when(world.circulation(quarantine_transfer=True)).then_recorded()
    given(*world.until("circulation")).when(world.circulation()).then_recorded()


UNIT = [world.basis("PROCUREMENT", HTA), world.basis("PROCESSING", HTA)]
DONATED = tag("donation", world.DONATION)
MOVING: dict[str, world.Draft | None] = dict.fromkeys(("dispatch", "receipt"))


@pytest.mark.parametrize(
    ("there", "here", "asked"),
    [(IRELAND, EEA, True), (IRELAND, ENGLAND, True), (ENGLAND, IRELAND, True), (ENGLAND, "SCOTLAND", False)],
)
def test_L15_notes_released_cells_on_their_way_from_or_to_where_the_code_binds_without_one(
    there: str, here: str, *, asked: bool
) -> None:
    unit = world.site(APHERESIS_UNIT, COLLECTING, nation=f"NATION_{there}", bases=UNIT)
    works = world.central_site(nation=f"NATION_{here}")
    places = {"apheresis_unit": unit, "central_site": works, **MOVING}
    late = {"at": "2026-04-08T06:10Z", "due_by": world.time("2026-04-09T13:00Z"), "quarantine_transfer": None}
    ledger = Asked()
    for draft in world.until("acceptance", **places):
        ledger.tell(draft)
    ledger.when(world.dispatch(**late))
    ledger.then_noted(note("L15", DONATED)) if asked else ledger.then_recorded()


def test_L15_notes_cells_that_leave_northern_ireland_for_a_third_country_unlicensed() -> None:
    unit = world.site(APHERESIS_UNIT, COLLECTING, nation="NATION_NORTHERN_IRELAND", bases=UNIT)
    elsewhere = {"apheresis_unit": unit, "central_site": world.central_site(nation="NATION_OTHER")}
    given(*world.until("dispatch", **elsewhere)).when(world.dispatch()).then_noted(note("L15", CONSIGNMENT))
    slots = borders.exporting()
    leaving = slots.pop("dispatch")
    given(*world.until("dispatch", **elsewhere, **slots)).when(leaving).then_recorded()
    for nation in (EEA, ENGLAND):
        works = world.central_site(nation=f"NATION_{nation}")
        told = world.until("dispatch", apheresis_unit=unit, central_site=works)
        given(*told).when(world.dispatch()).then_recorded()


def test_L15_notes_cells_that_go_to_a_place_of_no_known_nation() -> None:
    nowhere = world.name("gs1-gln", "9506000140032")
    ledger = given(*world.until("dispatch")).when(world.dispatch(destination=nowhere))
    assert note("L15", tag("site", nowhere)) in {(item.rule, item.tag, item.weight) for item in ledger.answer.findings}


def sent_abroad(**slots: world.Draft) -> Asked:
    """Cells sent from England to a maker in the EEA."""
    works = world.central_site(nation="NATION_EEA")
    return given(*world.until("dispatch", central_site=works, **slots))


def test_L15_accepts_cells_that_leave_on_an_export_licence() -> None:
    slots = borders.exporting()
    leaving = slots.pop("dispatch")
    sent_abroad(**slots).when(leaving).then_recorded()


def test_L15_notes_cells_that_leave_on_no_export_licence_and_lets_them_go_to_northern_ireland() -> None:
    sent_abroad().when(world.dispatch()).then_noted(note("L15", CONSIGNMENT))
    named = sent_abroad().when(world.dispatch(border_licence=HTA))
    assert note("L15", CONSIGNMENT) in {(item.rule, item.tag, item.weight) for item in named.answer.findings}
    ireland = world.central_site(nation="NATION_NORTHERN_IRELAND")
    given(*world.until("dispatch", central_site=ireland)).when(world.dispatch()).then_recorded()
