"""Rule L16: marketing authorisations of advanced therapies are UK-wide since 2025."""

import pytest

from tests.support import released, world
from tests.support.judged import bar, given, note
from tests.support.world import AUTHORISATION, tag

PAPER = tag("authorisation", AUTHORISATION)
BRITAIN = ["NATION_ENGLAND", "NATION_SCOTLAND", "NATION_WALES"]
NEW = {"nations": BRITAIN, "applied_for": "2025-01-02"}


def route() -> world.Draft:
    """RouteConfirmed, by the authorisation."""
    return released.route("MARKETING_AUTHORISATION", authorisation=AUTHORISATION)


@pytest.mark.parametrize(
    "paper",
    [
        {"nations": BRITAIN, "applied_for": "2024-12-31"},
        {"nations": [*BRITAIN, "NATION_NORTHERN_IRELAND"], "applied_for": "2025-01-02"},
        {"applied_for": "2025-01-02"},
        {"nations": BRITAIN},
    ],
    ids=["applied for before", "UK-wide", "not limited", "nobody knows when it was applied for"],
)
def test_L16_accepts_an_authorisation_that_was_or_is_lawful(paper: world.Data) -> None:
    ledger = given(*world.until("consent")).when(world.authorisation(**paper)).then_recorded()
    ledger.when(route()).then_recorded()


def test_L16_refuses_a_route_by_one_for_great_britain_alone_and_notes_its_register_entry() -> None:
    ledger = given(*world.until("consent")).when(world.authorisation(**NEW)).then_noted(note("L16", PAPER))
    ledger.when(route()).then_refused(bar("L16", PAPER))


def test_L16_refuses_to_certify_a_batch_that_claims_it() -> None:
    ledger = given(*released.made_centrally(), released.result("sterility"), released.result())
    ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")))
    ledger.tell(world.authorisation(**NEW))
    ledger.when(released.certified(authorisation=AUTHORISATION)).then_refused(bar("L16", PAPER))


def test_L16_asks_nothing_of_a_product_that_is_no_advanced_therapy() -> None:
    vaccine = world.product(product_class="PRODUCT_CLASS_VACCINE")
    given(*world.until("consent", product=vaccine), world.authorisation(**NEW)).when(route()).then_recorded()


def test_L16_asks_nothing_of_a_trial() -> None:
    trial = world.authorisation(kind="AUTHORISATION_KIND_CLINICAL_TRIAL", **NEW)
    given(*world.until("consent")).when(trial).then_recorded()
