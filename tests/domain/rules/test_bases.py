"""Rule L1 on what an activity can rest on: a licence in part suspended or ended, agreements, authorisations abroad."""

import pytest

from tests.support import borders, world
from tests.support.judged import bar, given, note
from tests.support.world import APHERESIS_UNIT, HTA, MIA, MIA_POC, POC_SITE, PRODUCT, tag

UNIT, WORKS, POC = tag("site", APHERESIS_UNIT), tag("site", world.CENTRAL_SITE), tag("site", POC_SITE)
AGREEMENT = world.name("agreement.RR8", "TPA-1")
OTHER_PRODUCT = world.name("product.MPC", "other")
LINE, PREMISES = ({"scope": f"LICENCE_SCOPE_{scope}"} for scope in ("PRODUCT_LINE", "PREMISES"))

# a licence, suspended and ended


@pytest.mark.parametrize(
    "part",
    [{}, {**LINE, "products": [PRODUCT]}, {**PREMISES, "sites": [world.CONTROL_SITE]}, LINE],
    ids=["all", "its product line", "its control site", "product lines, none named"],
)
def test_L1_refuses_what_is_suspended_of_a_licence(part: world.Data) -> None:
    ledger = given(*world.until("poc_batch"), world.suspended_licence(**part))
    ledger.when(world.poc_batch()).then_refused(bar("L1", POC))
    assert "is suspended" in ledger.answer.findings[0].found


@pytest.mark.parametrize(
    "part",
    [{**LINE, "products": [OTHER_PRODUCT]}, {**PREMISES, "sites": [world.CENTRAL_SITE]}],
    ids=["other line", "other premises"],
)
def test_L1_accepts_what_is_left_of_a_licence_suspended_in_part(part: world.Data) -> None:
    given(*world.until("poc_batch"), world.suspended_licence(**part)).when(world.poc_batch()).then_recorded()


@pytest.mark.parametrize(("at", "barred"), [("2026-04-14T06:29:59Z", False), ("2026-04-14T06:30:00Z", True)])
def test_L1_refuses_from_the_very_moment_of_a_suspension(at: str, barred: bool) -> None:
    ledger = given(*world.until("poc_batch"), world.suspended_licence(since="2026-04-14T06:30Z"))
    ledger.when(world.poc_batch(at=at, uncertainty_ms=0))
    ledger.then_refused(bar("L1", POC)) if barred else ledger.then_recorded()


def test_L1_notes_a_suspension_inside_the_uncertainty() -> None:
    ledger = given(*world.until("poc_batch"), world.suspended_licence(since="2026-04-14T06:29:30Z"))
    ledger.when(world.poc_batch()).then_noted(note("L1", POC))


def test_L1_accepts_what_was_reinstated_and_refuses_what_was_not() -> None:
    told = (*world.until("poc_batch"), world.suspended_licence())
    back = world.reinstated_licence(since="2026-04-14T06:00Z", **LINE, products=[PRODUCT])
    other = world.reinstated_licence(since="2026-04-14T06:00Z", **LINE, products=[OTHER_PRODUCT])
    given(*told, back).when(world.poc_batch()).then_recorded()
    given(*told, other).when(world.poc_batch()).then_refused(bar("L1", POC))
    given(*told, world.reinstated_licence(since="2026-04-14T06:00Z")).when(world.poc_batch()).then_recorded()


def test_L1_refuses_under_a_licence_that_was_varied_while_it_was_suspended() -> None:
    varied = world.licence(change="GRANT_CHANGE_VARIED", effective_from="2026-04-14")
    ledger = given(*world.until("poc_batch"), world.suspended_licence(), varied)
    ledger.when(world.poc_batch()).then_refused(bar("L1", POC))


def test_L1_refuses_under_a_licence_that_ended_and_accepts_one_granted_anew() -> None:
    told = (*world.until("poc_batch"), world.ended_licence())
    given(*told).when(world.poc_batch()).then_refused(bar("L1", POC))
    varied = world.licence(change="GRANT_CHANGE_VARIED", effective_from="2026-04-14")
    given(*told, varied).when(world.poc_batch()).then_refused(bar("L1", POC))
    given(*told, world.licence(effective_from="2026-04-14")).when(world.poc_batch()).then_recorded()


def test_L1_refuses_no_use_of_what_was_released_when_the_licence_is_suspended() -> None:
    stopped = world.suspended_licence(since="2026-04-14T10:00Z")
    given(*world.until("start"), stopped).when(world.start()).then_recorded()


# agreements


def under(agreement: world.Draft | None) -> tuple[world.Draft, ...]:
    """The unit relies on an agreement alone."""
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", agreement=AGREEMENT)])
    told = world.until("apheresis", apheresis_unit=unit)
    return told if agreement is None else (*told, agreement)


@pytest.mark.parametrize(
    "changes",
    [
        {"effective_to": "2026-04-06"},
        {"effective_from": "2026-04-08"},
        {"activities": ["ACTIVITY_STORAGE"]},
        {"activities": None, "purpose": "AGREEMENT_PURPOSE_CARRIER"},
        {"sites": [world.CENTRAL_SITE]},
        {"products": [OTHER_PRODUCT]},
        {"acceptor": world.TREATING},
    ],
    ids=["ended", "not begun", "other activity", "a carrier's", "other site", "other product", "other acceptor"],
)
def test_L1_refuses_an_agreement_that_does_not_cover_it(changes: world.Data) -> None:
    given(*under(world.agreement(AGREEMENT, **changes))).when(world.apheresis()).then_refused(bar("L1", UNIT))


@pytest.mark.parametrize(("at", "barred"), [("2026-04-07T22:59:59Z", False), ("2026-04-07T23:00:00Z", True)])
def test_L1_accepts_an_agreement_through_its_last_civil_day(at: str, barred: bool) -> None:
    last = world.agreement(AGREEMENT, effective_to="2026-04-07")
    asked = {"at": at, "uncertainty_ms": 0, "ended_at": world.time("2026-04-08T04:00Z")}
    early = world.identification(at="2026-04-07T22:40Z")
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", agreement=AGREEMENT)])
    ledger = given(*world.until("apheresis", apheresis_unit=unit, identification=early), last)
    ledger.when(world.apheresis(**asked))
    ledger.then_refused(bar("L1", UNIT)) if barred else ledger.then_recorded()


def test_L1_refuses_an_agreement_that_was_ended_before_its_last_day() -> None:
    ended = world.ended_agreement(AGREEMENT, since="2026-04-07T08:00Z")
    given(*under(world.agreement(AGREEMENT)), ended).when(world.apheresis()).then_refused(bar("L1", UNIT))


def test_L1_notes_an_agreement_that_the_site_registered_and_of_which_there_is_no_copy() -> None:
    ledger = given(*under(None)).when(world.apheresis()).then_noted(note("L1", UNIT))
    assert ledger.resolved()["basis"] == tag("agreement", AGREEMENT)


def test_L1_accepts_an_agreement_that_the_fact_names_and_the_site_did_not_register() -> None:
    ledger = given(*world.until("apheresis"), world.agreement(AGREEMENT))
    ledger.when(world.apheresis(envelope={"agreement": AGREEMENT})).then_recorded()


GIVER = {"giver": world.CENTRAL, "licence": MIA}
COVERING = {"activities": ["ACTIVITY_MANUFACTURE", "ACTIVITY_PROCUREMENT"]}


@pytest.mark.parametrize(
    ("licence", "barred"),
    [
        ({**COVERING}, False),
        ({}, True),
        ({**COVERING, "held_by": world.CONTROL}, True),
        ({**COVERING, "effective_to": "2026-04-06"}, True),
    ],
    ids=["covered", "not for that activity", "held by another", "ended"],
)
def test_L1_asks_that_the_givers_licence_covers_what_is_done_under_an_agreement(
    licence: world.Data, barred: bool
) -> None:
    told = under(world.agreement(AGREEMENT, **GIVER))
    told = tuple(world.central_licence(**licence) if _is(draft, MIA) else draft for draft in told)
    ledger = given(*told).when(world.apheresis())
    ledger.then_refused(bar("L1", UNIT)) if barred else ledger.then_recorded()


def test_L1_refuses_under_an_agreement_whose_givers_licence_is_suspended() -> None:
    licence = world.tissue_licence(held_by=world.CENTRAL, sites=[world.CENTRAL_SITE])
    told = under(world.agreement(AGREEMENT, licence=HTA))
    told = tuple(licence if _is(draft, HTA) else draft for draft in told)
    given(*told).when(world.apheresis()).then_recorded()
    given(*told, world.suspended_licence(HTA, since="2026-04-07T08:00Z")).when(world.apheresis()).then_refused(
        bar("L1", UNIT)
    )


def _is(draft: world.Draft, licence: world.Data) -> bool:
    """Whether a draft grants a licence."""
    fact = world.plain(draft)["fact"]
    return draft.content.type == "LicenceGranted" and fact["licence"]["value"] == licence["value"]


# authorisations, and makers abroad


def abroad(**changes: object) -> tuple[world.Draft, ...]:
    """The central site is in the EEA and registered no basis; an authorisation names it."""
    works = world.site(world.CENTRAL_SITE, world.CENTRAL, nation="NATION_EEA")
    named = world.authorisation(**{"sites": [world.CENTRAL_SITE], **changes})
    return (*world.until("central_batch", central_site=works, **borders.exporting()), named)


ABROAD = world.central_batch(licence=None)


def test_L1_accepts_a_maker_abroad_that_an_authorisation_in_force_names() -> None:
    ledger = given(*abroad()).when(ABROAD).then_recorded()
    assert ledger.resolved()["basis"] == tag("authorisation", world.AUTHORISATION)


@pytest.mark.parametrize(
    "changes",
    [{"sites": [POC_SITE]}, {"effective_to": "2026-04-07"}, {"product": OTHER_PRODUCT}],
    ids=["another maker", "ended", "another product"],
)
def test_L1_refuses_a_maker_abroad_that_no_authorisation_in_force_names(changes: world.Data) -> None:
    given(*abroad(**changes)).when(ABROAD).then_refused(bar("L1", WORKS))


def test_L1_refuses_to_make_in_the_united_kingdom_under_an_authorisation_alone() -> None:
    named = world.central_batch(licence=None, envelope={"authorisation": world.AUTHORISATION})
    told = (*world.until("central_batch"), world.authorisation(sites=[world.CENTRAL_SITE]))
    ledger = given(*told).when(named).then_refused(bar("L1", WORKS))
    assert "is no manufacturer's licence" in ledger.answer.findings[0].found


SUPPLY, IMPORTS = world.name("agreement.PCW", "SUP-7"), world.name("hta", "22999")


def supplied(**licensed: object) -> tuple[world.Draft, ...]:
    """The apheresis unit is abroad and takes cells as supplier of who imports them."""
    taken = [world.basis("PROCUREMENT", agreement=SUPPLY)]
    unit = world.site(APHERESIS_UNIT, world.COLLECTING, nation="NATION_OTHER", bases=taken)
    importing = {
        "authority": "AUTHORITY_HTA",
        "kind": "LICENCE_KIND_HUMAN_APPLICATION",
        "modes": None,
        "held_by": world.CENTRAL,
        "activities": ["ACTIVITY_IMPORT"],
        "product_lines": None,
    }
    return (
        *world.until("apheresis", apheresis_unit=unit),
        world.licence(IMPORTS, **{**importing, **licensed}),
        world.agreement(SUPPLY, purpose="AGREEMENT_PURPOSE_SUPPLIER", activities=["ACTIVITY_IMPORT"], licence=IMPORTS),
    )


def test_L1_accepts_cells_taken_abroad_under_a_supplier_agreement_of_an_import_licence() -> None:
    ledger = given(*supplied()).when(world.apheresis()).then_recorded()
    assert ledger.resolved()["basis"] == tag("agreement", SUPPLY)


@pytest.mark.parametrize(
    "licensed",
    [{"activities": ["ACTIVITY_STORAGE"]}, {"effective_to": "2026-04-06"}, {"held_by": world.TREATING}],
    ids=["no import", "ended", "of somebody else"],
)
def test_L1_refuses_cells_taken_abroad_for_who_has_no_import_licence(licensed: world.Data) -> None:
    given(*supplied(**licensed)).when(world.apheresis()).then_refused(bar("L1", UNIT))


def test_L1_refuses_a_supplier_agreement_for_cells_taken_in_the_united_kingdom() -> None:
    here = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", agreement=SUPPLY)])
    ledger = given(*world.until("apheresis", apheresis_unit=here), *supplied()[-2:])
    ledger.when(world.apheresis()).then_refused(bar("L1", UNIT))


# what needs a basis, and what does not


def frozen(**changes: object) -> world.Draft:
    """Both bags are frozen at the apheresis unit."""
    bag = world.name("isbt128-mpho", "A9999S1128A999926123456C00000")
    data = {
        "inputs": [{"material": world.BAG_A}],
        "outputs": [world.filled(bag, world.quantity("118"))],
        "ended_at": world.time("2026-04-07T13:40Z"),
    }
    frame = {"at": "2026-04-07T12:30Z", "site": APHERESIS_UNIT, "by": world.COLLECTOR, "organisation": world.COLLECTING}
    return world.fact("MaterialCryopreserved", data, {**frame, "checked_by": [world.SECOND_COLLECTOR]}, changes)


def test_L1_accepts_freezing_under_a_licence_for_processing_and_notes_it_without() -> None:
    given(*world.until("dispatch")).when(frozen()).then_recorded()
    bare = world.site(APHERESIS_UNIT, world.COLLECTING, bases=[world.basis("PROCUREMENT", HTA)])
    given(*world.until("dispatch", apheresis_unit=bare)).when(frozen()).then_noted(note("L1", UNIT))


def test_L1_refuses_freezing_under_a_licence_that_ended() -> None:
    ended = world.ended_licence(HTA, since="2026-04-07T12:10Z")
    given(*world.until("dispatch"), ended).when(frozen()).then_refused(bar("L1", UNIT))


def test_L1_notes_a_journey_or_a_result_on_a_basis_that_does_not_carry_it_and_asks_none() -> None:
    given(*world.until("dispatch")).when(world.dispatch()).then_recorded()
    wrong = world.dispatch(border_licence=MIA_POC)
    given(*world.until("dispatch")).when(wrong).then_noted(note("L1", UNIT))


def certification(**changes: object) -> world.Draft:
    """QpCertified, of the point-of-care batch."""
    data = {
        "batch": world.POC_BATCH,
        "licence": MIA_POC,
        "specification": world.name("spec.MPC", "S-1"),
    }
    frame = {"at": "2026-04-14T09:58Z", "site": APHERESIS_UNIT, "by": world.REGISTRAR, "organisation": world.CONTROL}
    return world.fact("QpCertified", data, frame, changes)


def test_L1_accepts_a_certification_from_anywhere_under_the_licence_that_it_names() -> None:
    ledger = given(*world.until("release")).when(certification())
    assert "L1" not in {finding.rule for finding in ledger.answer.findings}


@pytest.mark.parametrize(
    ("stop", "licence"),
    [
        (world.suspended_licence(since="2026-04-14T09:50Z"), MIA_POC),
        (world.ended_licence(since="2026-04-14T09:50Z"), MIA_POC),
        (world.suspension(world.SECOND_POC_SITE), HTA),
    ],
    ids=["suspended", "ended", "no licence for it"],
)
def test_L1_refuses_a_certification_under_a_licence_that_does_not_carry_it(
    stop: world.Draft, licence: world.Data
) -> None:
    ledger = given(*world.until("release"), stop).when(certification(licence=licence))
    assert bar("L1", UNIT) in {
        bar(item.rule, item.tag) for item in ledger.answer.findings if item.weight == "WEIGHT_BAR"
    }
