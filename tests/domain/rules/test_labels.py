"""I6: a label names its own container, carries what its regime asks for, and every copy is accounted for."""

import pytest

from ledger.domain.facts.labels import LabelItem
from tests.support import making, world
from tests.support.judged import Asked, bar, given, note, overridden
from tests.support.world import (
    APHERESIS_UNIT,
    BAG_A,
    BAG_B,
    CHAIN,
    COLLECTING,
    COLLECTOR,
    DONATION,
    FINAL,
    OTHER_CHAIN,
    OTHER_PATIENT,
    PATIENT,
    POC_BATCH,
    QUALITY,
    name,
    tag,
)

BAG, FINAL_BAG, UNIT = tag("material", BAG_A), tag("material", FINAL), tag("site", APHERESIS_UNIT)
FRAME = {"site": APHERESIS_UNIT, "by": COLLECTOR, "organisation": COLLECTING, "at": "2026-04-07T12:20Z"}


def applied(regime: str, material: world.Data = BAG_A, **carried: object) -> world.Draft:
    """LabelApplied."""
    said = {"items": world.items(of=regime), "material": material, "regime": _of(regime)}
    return world.sample("LabelApplied", **{**FRAME, **said, **carried})


def _of(regime: str) -> str:
    return f"LABEL_REGIME_{regime}"


def counted(printed: int, used: int, **rest: object) -> world.Draft:
    """LabelsReconciled, of both bags: nothing destroyed or left."""
    said = {"printed": printed, "applied": used, "destroyed": 0, "left": 0, "batch": None}
    return world.sample("LabelsReconciled", **FRAME, **{**said, "containers": {"materials": [BAG_A, BAG_B]}, **rest})


def printed(copies: int, **rest: object) -> world.Draft:
    """LabelsPrinted, for both bags."""
    return world.sample("LabelsPrinted", **{**FRAME, "materials": [BAG_A, BAG_B], "copies": copies, **rest})


@pytest.mark.parametrize(
    "label",
    [
        applied("TISSUE", donation=DONATION, patient=PATIENT),
        applied("TISSUE", donation=DONATION, items=world.items("PATIENT", of="TISSUE")),
        applied("TISSUE", donation=DONATION, accompanying_sheet={"sha256": bytes(32), "media_type": "text/plain"}),
        applied("STARTING_MATERIAL", donation=DONATION, coi=CHAIN),
        applied("SHIPPING"),
        applied("TISSUE", name("isbt128-mpho", "A9999S1128A999926654321A00000"), donation=DONATION),
    ],
)
def test_I6_accepts_a_label_that_carries_what_its_regime_asks_for(label: world.Draft) -> None:
    given(*world.until("dispatch")).when(label).then_recorded()


@pytest.mark.parametrize(
    "label",
    [
        applied("TISSUE", donation=name("isbt128-din", "A999926654321"), patient=PATIENT),
        applied("TISSUE", donation=DONATION, patient=OTHER_PATIENT),
        applied("STARTING_MATERIAL", donation=DONATION, coi=OTHER_CHAIN),
        applied("TISSUE", patient=PATIENT),
        applied("STARTING_MATERIAL", donation=DONATION),
    ],
)
def test_I6_refuses_a_label_of_something_else_or_without_an_identifier(label: world.Draft) -> None:
    given(*world.until("dispatch")).when(label).then_refused(bar("I6", BAG))


def test_I6_refuses_a_product_label_without_the_batch() -> None:
    told = world.until("release")
    bare = applied("PRODUCT", FINAL, patient=PATIENT, at="2026-04-14T09:50Z")
    given(*told).when(bare).then_refused(bar("I6", FINAL_BAG))
    right = applied("PRODUCT", FINAL, patient=PATIENT, batch=POC_BATCH, at="2026-04-14T09:50Z")
    given(*told).when(right).then_recorded()


def test_I6_lets_quality_assurance_take_on_what_is_missing_and_nothing_wrong() -> None:
    role = world.role(QUALITY, "QUALITY_ASSURANCE", in_organisation=COLLECTING)
    approved = [world.override(QUALITY, rule="I6")]
    ledger = given(*world.until("dispatch"), role)
    ledger.when(applied("TISSUE", patient=PATIENT, exceptions=approved)).then_recorded(overridden("I6", BAG))
    ledger.when(applied("TISSUE", donation=DONATION, patient=OTHER_PATIENT, exceptions=approved)).then_refused(
        bar("I6", BAG)
    )


def test_I6_notes_a_label_that_a_second_person_found_different() -> None:
    differing = world.sample(
        "LabelVerified",
        **{**FRAME, "checked_by": [world.SECOND_COLLECTOR]},
        material=BAG_A,
        checks=world.DIFFERING,
        outcome="CHECK_OUTCOME_DIFFERS",
    )
    given(*world.until("dispatch")).when(differing).then_noted(note("I6", BAG))


def test_I6_refuses_copies_that_do_not_reconcile() -> None:
    ledger = given(*world.until("dispatch"), printed(6))
    ledger.when(counted(6, 5)).then_refused(bar("I6", UNIT))
    ledger.when(counted(5, 5)).then_refused(bar("I6", BAG))
    ledger.when(counted(6, 6)).then_recorded()
    ledger.given(printed(2)).when(counted(8, 7, left=1)).then_recorded()


def test_I6_compares_no_print_run_that_was_for_other_containers_too() -> None:
    others = printed(9, materials=[BAG_A, BAG_B, name("isbt128-mpho", "A9999S1128A999926654321A00000")])
    given(*world.until("dispatch"), others).when(counted(6, 6)).then_recorded()


IDENTIFIERS = ("COI", "DONATION", "PATIENT", "BATCH", "RECIPIENT", "PARTICIPANT")
EVERYTHING = [item.value for item in LabelItem if item.name not in ("BIOLOGICAL_HAZARD", "NOT_EVALUATED")]
EVERYTHING_BUT_IDENTIFIERS = [item for item in EVERYTHING if item not in world.items(*IDENTIFIERS)]

WHOLE = {
    "TISSUE": {"donation": DONATION, "patient": PATIENT},
    "STARTING_MATERIAL": {"donation": DONATION, "coi": CHAIN},
    "SHIPPING": {},
}


@pytest.mark.parametrize(
    ("regime", "item"), [(regime, item) for regime in WHOLE for item in world.ON_THE_LABEL[regime]]
)
def test_I6_notes_a_label_that_lacks_any_content_of_its_regime(regime: str, item: str) -> None:
    kept = [f"LABEL_ITEM_{one}" for one in world.ON_THE_LABEL[regime] if one != item]
    ledger = given(*world.until("dispatch")).when(applied(regime, items=kept, **WHOLE[regime]))
    ledger.then_noted(note("I6", BAG))
    assert ledger.answer.findings[0].found == f"not said to be on the label: {item.lower().replace('_', ' ')}"


def test_I6_takes_the_words_for_autologous_use_from_the_accompanying_sheet_and_asks_them_of_no_donor() -> None:
    sheet = {"sha256": bytes(32), "media_type": "text/plain"}
    short = world.items("CONTENTS", "ESTABLISHMENT", "EXPIRY")
    label = applied("TISSUE", donation=DONATION, items=short, accompanying_sheet=sheet)
    given(*world.until("dispatch")).when(label).then_recorded()
    donors = applied("TISSUE", donation=DONATION, patient=None, items=short)
    ledger = given(*world.until("dispatch", **world.allogeneic())).when(donors)
    assert "autologous" not in " ".join(finding.found for finding in ledger.answer.findings)


EXEMPT = {
    *("active substance", "autologous use only", "contents", "disposal", "excipients", "expiry", "holder"),
    *("licence", "origin", "product", "route", "storage"),
}
TRIAL = {
    *("active substance", "contents", "directions", "expiry", "participant", "route", "sponsor", "storage", "trial"),
    "trial use only",
}
LATER = {"at": "2026-04-14T09:50Z"}


@pytest.mark.parametrize(
    ("regime", "wanted"),
    [
        ("EXEMPT_PRODUCT", EXEMPT),
        ("INVESTIGATIONAL", TRIAL),
        ("DISPENSED", {"directions", "product", "supplied on", "supplier"}),
    ],
)
def test_I6_names_everything_that_a_regime_asks_for(regime: str, wanted: set[str]) -> None:
    told = world.until("release", product=world.product(cell_or_tissue_based=True))
    label = applied(regime, FINAL, items=[], patient=PATIENT, batch=POC_BATCH, donation=DONATION, **LATER)
    ledger = given(*told).when(label).then_noted(note("I6", FINAL_BAG))
    assert set(ledger.answer.findings[0].found.partition(": ")[2].split(", ")) == wanted


def for_route(kind: str | None, *grants: world.Draft, **changed: world.Draft | None) -> Asked:
    """The story up to the label, of a cell-based product with one authorisation of a kind; or with the grants given."""
    data = world.product(cell_or_tissue_based=True)
    told = world.until("label", product=data, **changed)
    one = (world.authorisation(kind=f"AUTHORISATION_KIND_{kind}"),) if kind else ()
    return given(*told, *one, *grants)


BATCHED = {"batch": POC_BATCH, "donation": DONATION, "patient": PATIENT, **LATER}


@pytest.mark.parametrize(
    ("kind", "regime"),
    [
        ("MARKETING_AUTHORISATION", "PRODUCT"),
        ("HOSPITAL_EXEMPTION", "EXEMPT_PRODUCT"),
        ("CLINICAL_TRIAL", "INVESTIGATIONAL"),
        ("SPECIAL", "PRODUCT"),
        ("SPECIAL", "EXEMPT_PRODUCT"),
        ("EARLY_ACCESS", "PRODUCT"),
        ("HOSPITAL_EXEMPTION", "DISPENSED"),
        ("MARKETING_AUTHORISATION", "SHIPPING"),
    ],
)
def test_I6_accepts_the_regime_of_the_route_and_what_stands_beside_it(kind: str, regime: str) -> None:
    for_route(kind).when(applied(regime, FINAL, items=EVERYTHING, **BATCHED)).then_recorded()


@pytest.mark.parametrize(
    ("kind", "regime", "right"),
    [
        ("MARKETING_AUTHORISATION", "EXEMPT_PRODUCT", "product"),
        ("MARKETING_AUTHORISATION", "INVESTIGATIONAL", "product"),
        ("HOSPITAL_EXEMPTION", "PRODUCT", "exempt product"),
        ("CLINICAL_TRIAL", "PRODUCT", "investigational"),
        ("CLINICAL_TRIAL", "EXEMPT_PRODUCT", "investigational"),
        ("EARLY_ACCESS", "EXEMPT_PRODUCT", "product"),
        ("SPECIAL", "INVESTIGATIONAL", "exempt product"),
        (None, "TISSUE", "product"),
        (None, "IN_PROCESS", "product"),
    ],
)
def test_I6_notes_a_regime_that_is_not_the_one_of_the_route_and_the_stage(
    kind: str | None, regime: str, right: str
) -> None:
    ledger = for_route(kind).when(applied(regime, FINAL, items=EVERYTHING, **BATCHED)).then_noted(note("I6", FINAL_BAG))
    assert [finding.must for finding in ledger.receipt.findings] == [f"a label as {right}"]


def test_I6_refuses_what_the_route_asks_for_whatever_regime_is_stated() -> None:
    bare = applied("IN_PROCESS", FINAL, items=[], **LATER)
    ledger = for_route("HOSPITAL_EXEMPTION").when(bare)
    ledger.then_refused(bar("I6", FINAL_BAG), note("I6", FINAL_BAG))
    lacking = [finding.found for finding in ledger.answer.findings if finding.found.startswith("no ")]
    assert lacking == ["no batch on the label", "no donation on the label", "no patient on the label"]


def test_I6_judges_a_further_label_by_itself_once_the_right_one_is_on() -> None:
    ledger = for_route(None).given(applied("PRODUCT", FINAL, items=EVERYTHING, **BATCHED))
    ledger.when(applied("IN_PROCESS", FINAL, items=[], **LATER)).then_noted(note("I6", FINAL_BAG))


def test_I6_takes_the_licensed_label_in_a_trial_of_what_has_an_authorisation() -> None:
    trial = world.name("isrctn", "99001")
    route = world.sample(
        "RouteConfirmed",
        coi=CHAIN,
        patient=PATIENT,
        product=world.PRODUCT,
        authorisation=trial,
        route="ROUTE_CLINICAL_TRIAL",
        participant="P-1",
        at="2026-04-02T09:00Z",
    )
    granted = world.authorisation(authorisation=trial, kind="AUTHORISATION_KIND_CLINICAL_TRIAL")
    label = applied("PRODUCT", FINAL, items=EVERYTHING, **BATCHED)
    for_route(None, granted, route).when(label).then_noted(note("I6", FINAL_BAG))
    for_route("MARKETING_AUTHORISATION", granted, route).when(label).then_recorded()


def test_I6_refuses_a_label_of_starting_material_as_a_medicine_that_lacks_the_donation() -> None:
    wrong = applied("PRODUCT", BAG_A, coi=CHAIN, items=EVERYTHING_BUT_IDENTIFIERS)
    given(*world.until("dispatch")).when(wrong).then_refused(bar("I6", BAG), note("I6", BAG))


def test_I6_refuses_an_investigational_label_that_names_neither_participant_nor_patient() -> None:
    nobody = {**BATCHED, "patient": None}
    without = [item for item in EVERYTHING if item not in world.items("PARTICIPANT", "PATIENT")]
    ledger = for_route("CLINICAL_TRIAL")
    ledger.when(applied("INVESTIGATIONAL", FINAL, items=without, **nobody)).then_refused(bar("I6", FINAL_BAG))
    named = [*without, *world.items("PARTICIPANT")]
    ledger.when(applied("INVESTIGATIONAL", FINAL, items=named, **nobody)).then_recorded()


def test_I6_notes_a_trial_label_without_warning_outside_a_hospital_or_without_blinding_where_it_is_blinded() -> None:
    without = [item for item in EVERYTHING if item not in world.items("OUT_OF_REACH", "COMPARATOR")]
    label = applied("INVESTIGATIONAL", FINAL, items=without, **BATCHED)
    for_route("CLINICAL_TRIAL").when(label).then_recorded()
    clinic = world.organisation(COLLECTING, roles=["ORGANISATION_ROLE_MANUFACTURER"])
    outside = for_route("CLINICAL_TRIAL", collecting=clinic).when(label).then_noted(note("I6", FINAL_BAG))
    assert outside.receipt.findings[0].found == "not said to be on the label: out of reach"
    trial = world.name("isrctn", "99001")
    blind = world.authorisation(authorisation=trial, kind="AUTHORISATION_KIND_CLINICAL_TRIAL", blinded=True)
    route = world.sample(
        "RouteConfirmed",
        coi=CHAIN,
        patient=PATIENT,
        product=world.PRODUCT,
        authorisation=trial,
        route="ROUTE_CLINICAL_TRIAL",
        participant="P-1",
        at="2026-04-02T09:00Z",
    )
    blinded = for_route(None, blind, route).when(label).then_noted(note("I6", FINAL_BAG))
    assert blinded.receipt.findings[0].found == "not said to be on the label: comparator"


def test_I6_refuses_a_label_of_a_directed_donation_without_its_recipient() -> None:
    donor = world.name("pseudonym", "01DONOR")
    directed = world.apheresis(coi=None, autologous=None, directed={"donor": donor, "recipient": PATIENT})
    alone = {"consent": world.consent(None, donor=donor, coi=None), "apheresis": directed}
    known = {"identification": world.identification(None, donor=donor, coi=None)}
    ledger = given(*world.until("dispatch", **{**world.allogeneic(), **alone, **known}))
    short = world.items("CONTENTS", "ESTABLISHMENT", "EXPIRY")
    ledger.when(applied("TISSUE", donation=DONATION, items=short)).then_refused(bar("I6", BAG))
    ledger.when(applied("TISSUE", donation=DONATION, items=[*short, *world.items("RECIPIENT")])).then_recorded()
    ledger.when(applied("TISSUE", donation=DONATION, patient=PATIENT, items=short)).then_recorded()
    sheet = {"sha256": bytes(32), "media_type": "text/plain"}
    ledger.when(applied("TISSUE", donation=DONATION, items=short, accompanying_sheet=sheet)).then_recorded()


def closed(**runs: world.Draft) -> Asked:
    """The whole story with labels printed for the final container, and what was counted of them."""
    told = (*world.until("release"), printed(2, materials=[FINAL], at="2026-04-14T09:49Z"))
    return given(*told, *world.since("release"), *runs.values()).when(making.closing())


def of_batch(used: int, **changes: object) -> world.Draft:
    """LabelsReconciled, of the batch."""
    said = {"batch": POC_BATCH, "containers": None, "printed": 2, "applied": used, "destroyed": 2 - used, "left": 0}
    return world.sample("LabelsReconciled", **{**said, "at": "2026-04-14T11:00Z", **changes})


def test_I6_refuses_to_close_a_batch_before_its_printed_labels_are_counted() -> None:
    closed().then_refused(bar("I6", FINAL_BAG))
    closed(early=of_batch(1, at="2026-04-14T09:40Z")).then_refused(bar("I6", FINAL_BAG))
    closed(counted=of_batch(1)).then_recorded()
    one_by_one = of_batch(1, batch=None, containers={"materials": [FINAL]})
    closed(counted=one_by_one).then_recorded()


def test_I6_refuses_a_count_of_a_batch_that_is_not_what_was_printed_for_it() -> None:
    told = (*world.until("release"), printed(3, materials=[FINAL], at="2026-04-14T09:49Z"))
    given(*told).when(of_batch(1, at="2026-04-14T09:55Z")).then_refused(bar("I6", FINAL_BAG))


def test_I6_accepts_the_closing_of_a_batch_for_which_no_print_is_on_record() -> None:
    given(*world.registers(), *world.story()).when(making.closing()).then_recorded()
