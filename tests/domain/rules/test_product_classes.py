"""Which rules ask follows from what is registered of the product, never from code: classes of product and the rules.

Every class goes the same way, to the same patient, with the same things left out. What is barred or noted differs by
the fields of ProductRegistered alone.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.support import making, released, world
from tests.support.judged import Asked, given
from tests.support.world import CENTRAL, CENTRAL_BATCH, MIA, OTHER_PATIENT, basis, name, quantity, tag

BARE = name("ods", "BARE1")
GROUP, PROTOCOL = "PRESCRIPTION_BASIS_PATIENT_GROUP_DIRECTION", "PRESCRIPTION_BASIS_NATIONAL_PROTOCOL"
ASKED: Final = {
    "I8": "no bedside check",
    "I10": "printed, and no design file named",
    "L16": "authorised for Great Britain alone since 2025",
    "L17": "made where contained use is not approved",
    "Q5": "one container for two patients",
    "Q9": "certified without a device",
    "R4": "supplied out of specification",
    "R5": "given a day after completion",
    "R9": "prescribed for nobody, given under a patient group direction",
}
"""The rules of the table, and what is left out for each."""


def data(of: str, **fields: object) -> world.Data:
    """What is registered of a product, as far as it decides rules."""
    return {
        "product_class": f"PRODUCT_CLASS_{of}",
        "patient_specific": True,
        "multi_dose": False,
        "gene_modified": False,
        "cell_or_tissue_based": True,
        "in_use_limit_seconds": None,
        **fields,
    }


STOCK = {"patient_specific": False, "cell_or_tissue_based": False, "intended_use": "INTENDED_USE_ALLOGENEIC"}
CLASSES: Final[dict[str, tuple[world.Data, set[str]]]] = {
    "autologous gene-modified cells": (
        data("GENE_THERAPY", gene_modified=True, in_use_limit_seconds=7200),
        {"I8", "I10", "L16", "L17", "Q5", "R5", "R9"},
    ),
    "in-vivo gene therapy": (data("GENE_THERAPY", gene_modified=True, **STOCK), {"L16", "L17", "Q5", "R4", "R9"}),
    "allogeneic cells for anybody": (
        data("SOMATIC_CELL_THERAPY", intended_use="INTENDED_USE_ALLOGENEIC"),
        {"I8", "I10", "L16", "Q5", "R9"},
    ),
    "directed cells": (
        data("SOMATIC_CELL_THERAPY", intended_use="INTENDED_USE_DIRECTED"),
        {"I8", "I10", "L16", "Q5", "R9"},
    ),
    "tissue-engineered": (data("TISSUE_ENGINEERED"), {"I8", "I10", "L16", "Q5", "R9"}),
    "combined with a device": (data("COMBINED", device="scaffold"), {"I8", "I10", "L16", "Q5", "Q9", "R9"}),
    "blood product": (
        data("BLOOD_PRODUCT", shelf_life_seconds=3600),
        {"I8", "I10", "Q5", "R5", "R9"},
    ),
    "medicinal gas": (
        data("MEDICINAL_GAS", **STOCK, prescription_bases=[PROTOCOL, GROUP]) | {"multi_dose": True},
        {"R4"},
    ),
    "vaccine": (data("VACCINE", **STOCK, prescription_bases=[GROUP]) | {"multi_dose": True}, {"R4"}),
}
"""Class to what is registered of it, and the rules of the table that ask something of it."""


def ready(product: world.Data) -> Asked:
    """Made centrally for a patient to whom nobody prescribed it; tested, reviewed, and registered as is told."""
    site = world.site(BARE, CENTRAL, bases=[basis("MANUFACTURE", MIA)])
    told = released.made_centrally(product=world.product(**data("TISSUE_ENGINEERED")), prescription=None, bare=site)
    ledger = given(*told, released.result("sterility"), released.result())
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")))
    return ledger.given(world.product(**product, at="2026-04-13T11:35Z"))


def asked(ledger: Asked) -> Iterator[tuple[str, world.Draft]]:
    """What is asked of each rule, without recording it."""
    only: world.Data = {"validate_only": True}
    yield "I10", making.step(step="PROCESS_STEP_PRINTING", **only)
    yield "L16", world.authorisation(nations=["NATION_ENGLAND"], applied_for="2025-06-01", **only)
    yield "L17", world.central_batch(batch=name("batch.PCW", "26-0099"), site=BARE, **only)
    yield "Q9", released.certified(**only)
    yield "R4", released.requested(**only)
    yield "I8", world.start(basis=GROUP, **only)
    yield "R9", world.start(basis=GROUP, **only)
    yield "R5", world.start(basis=GROUP, at="2026-04-14T11:00Z", **only)
    ledger.tell(world.start(basis=GROUP, exceptions=[world.DEVIATION]))
    ledger.tell(world.end(given=[quantity("20")], remainder="REMAINDER_DISPOSITION_KEPT", exceptions=[world.DEVIATION]))
    yield "Q5", world.start(patient=OTHER_PATIENT, coi=None, basis=GROUP, at="2026-04-14T11:00Z", **only)


@pytest.mark.parametrize(("product", "expected"), CLASSES.values(), ids=CLASSES)
def test_the_rules_that_ask_follow_from_what_is_registered_of_the_product(
    product: world.Data, expected: set[str]
) -> None:
    ledger, found = ready(product), set()
    for rule, draft in asked(ledger):
        ledger.tell(draft)
        found |= {rule} & {finding.rule for finding in ledger.answer.findings}
    assert found == expected
    assert expected <= set(ASKED)


def test_a_product_registered_anew_is_asked_what_its_new_fields_say() -> None:
    ledger = ready(CLASSES["tissue-engineered"][0])
    ledger.when(released.certified(outstanding_tests=None, validate_only=True)).then_recorded()
    ledger.given(world.product(**CLASSES["combined with a device"][0], at="2026-04-13T11:40Z"))
    ledger.when(released.certified(outstanding_tests=None, validate_only=True))
    assert {(item.rule, item.tag) for item in ledger.answer.findings} == {("Q9", tag("batch", CENTRAL_BATCH))}
