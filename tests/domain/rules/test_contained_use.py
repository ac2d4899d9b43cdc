"""Rule L17: where genetically modified cells are worked on."""

import pytest

from tests.support import world
from tests.support.judged import given, note
from tests.support.world import CENTRAL_SITE, CONTAINED, MIA, basis, tag

WORKS = tag("site", CENTRAL_SITE)
BARE = world.central_site(bases=[basis("MANUFACTURE", MIA)])


def approval(**changes: object) -> world.Draft:
    """LicenceGranted: contained use at the central site."""
    ours = {
        "authority": "AUTHORITY_HSE",
        "kind": "LICENCE_KIND_CONTAINED_USE",
        "modes": None,
        "held_by": world.CENTRAL,
        "sites": [CENTRAL_SITE],
        "activities": ["ACTIVITY_CONTAINED_USE"],
        "product_lines": None,
    }
    return world.licence(CONTAINED, **{**ours, **changes})


@pytest.mark.parametrize("registers", [{}, {"approval": approval()}], ids=["registered by the site", "and granted"])
def test_L17_accepts_gene_modified_cells_where_contained_use_is_approved(registers: dict[str, world.Draft]) -> None:
    ledger = given(*world.until("central_batch", **registers))
    ledger.when(world.central_batch()).then_recorded()
    ledger.when(world.modification()).then_recorded()


def test_L17_accepts_cells_that_are_not_gene_modified_anywhere() -> None:
    plain = {"product": world.product(gene_modified=False), "central_site": BARE}
    given(*world.until("central_batch", **plain)).when(world.central_batch()).then_recorded()


def test_L17_refuses_nothing_and_notes_gene_modified_cells_at_a_site_that_registered_no_approval() -> None:
    ledger = given(*world.until("central_batch", central_site=BARE))
    ledger.when(world.central_batch()).then_noted(note("L17", WORKS))
    ledger.when(world.modification()).then_noted(note("L17", WORKS))


@pytest.mark.parametrize(
    "changes",
    [{"effective_to": "2026-04-01"}, {"sites": [world.POC_SITE]}, {"activities": ["ACTIVITY_STORAGE"]}],
    ids=["ended", "of another site", "for something else"],
)
def test_L17_refuses_nothing_and_notes_an_approval_that_does_not_cover_the_site_now(changes: world.Data) -> None:
    ledger = given(*world.until("central_batch", approval=approval(**changes)))
    ledger.when(world.central_batch()).then_noted(note("L17", WORKS))
