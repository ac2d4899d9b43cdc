"""Where starting material comes from, and how far it was let go: what rules on donors, release and consent ask.

What was only divided, frozen or filled over stands where the containers stand that it came from; what a batch made is
no starting material any more.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

from ledger.domain import civil_time
from ledger.domain.facts.collection import AcceptanceDisposition
from ledger.domain.facts.registry import Activity
from ledger.domain.rules.case import Case
from ledger.domain.subjects.donors import DONATION_STATUS, DonationStatus
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS, MaterialStatus

MAKING: Final = (
    "MaterialsConsumed",
    "ProcessStepPerformed",
    "CellsModified",
    "CellsExpanded",
    "ContainersFilled",
    "ManufactureCompleted",
)
"""Acts of making that take material for use; a sample, a division or a transfer out of a damaged bag is none."""

CERTIFYING: Final = ("QpCertified", "QualityControllerReleased", "PointOfCareReleased")
"""Certification, and the releases that stand in its place."""

CULTURING: Final = frozenset(("CellsModified", "CellsExpanded"))
"""Work that is culture: what is only made and given on the spot knows none of it."""


def origins(case: Case, material: str) -> Iterator[tuple[str, MaterialStatus]]:
    """Yields a container and, of what was only divided, frozen or filled over, those that it came from."""
    todo, seen = [material], {material}
    while todo:
        tag = todo.pop(0)
        status = case.linked(MATERIAL_STATUS, tag)
        yield tag, status
        if not status.donation and not status.batch:
            todo += [parent for parent in status.parents if parent not in seen]
            seen.update(status.parents)


def donations_of(case: Case, material: str) -> tuple[str, ...]:
    """Tags of the donations that a container of starting material holds; none for what a batch made."""
    return tuple(dict.fromkeys(status.donation for _, status in origins(case, material) if status.donation))


def is_sample(case: Case, material: str) -> bool:
    """Whether it was taken to be tested or kept, not to be used."""
    return any(status.sample for _, status in origins(case, material))


def everywhere(case: Case, material: str, holds: Callable[[MaterialStatus], bool]) -> bool:
    """Whether something holds of a container, or else of every container that it was divided or filled over from."""
    states = {tag: case.state(MATERIAL_STATUS, tag) for tag, _ in origins(case, material)}
    return _holds(material, states, holds, frozenset())


def _holds(
    tag: str, states: dict[str, MaterialStatus], holds: Callable[[MaterialStatus], bool], seen: frozenset[str]
) -> bool:
    state = states.get(tag)
    if state is None or tag in seen:
        return False
    if holds(state):
        return True
    further = () if state.donation or state.batch else state.parents
    return bool(further) and all(_holds(parent, states, holds, seen | {tag}) for parent in further)


def is_released(case: Case, material: str) -> bool:
    """Whether it was released for circulation with complete tests."""
    return everywhere(case, material, lambda state: any(not release.quarantine for release in state.releases))


def is_at_risk(case: Case, material: str) -> bool:
    """Whether it was transferred in quarantine, to be used at risk: tests and release still to come."""
    return everywhere(
        case,
        material,
        lambda state: bool(state.sent_at_risk) or any(release.quarantine for release in state.releases),
    )


def is_accepted(case: Case, material: str) -> bool:
    """Whether the organisation here accepted it to use, by its last word."""
    here = case.party_at(case.site)

    def accepted(state: MaterialStatus) -> bool:
        ours = [item for item in state.acceptances if case.party_at(item.site) == here]
        return bool(ours) and ours[-1].disposition is AcceptanceDisposition.TO_USE

    return everywhere(case, material, accepted)


def known_donations(case: Case) -> Iterator[tuple[str, DonationStatus]]:
    """Yields the donations, among all that a fact's materials came from, whose collection is on record."""
    for tag in sorted(case.ancestors):
        donation = case.state(DONATION_STATUS, tag)
        if donation.collections:
            yield tag, donation


def on_the_spot(case: Case, donation: DonationStatus) -> bool:
    """Whether autologous cells are made into the product and given where they were taken, without culture or storage.

    Known by three signs: the place is that of the collection, little time has passed, and the product is registered as
    not gene-modified (2006/17 Annex I 2.1.1: minimum tests are for cells that are stored or cultured).
    """
    if not donation.autologous or donation.ended is None or donation.site != case.site:
        return False
    data = case.product(case.product_of("", donation.coi)).data
    limit = civil_time.moved(donation.ended, timedelta(seconds=case.whole("on-the-spot-seconds")))
    return case.content.type not in CULTURING and case.at <= limit and data is not None and not data.gene_modified


def makes_medicines(case: Case, site: str) -> bool:
    """Whether a site makes medicines or gives them: under a control site, or on a basis of its own."""
    status = case.state(SITE_STATUS, site)
    uses = {Activity.MANUFACTURE, Activity.ASSEMBLY, Activity.ADMINISTRATION}
    return bool(status.control_site) or any(item.activity in uses for item in status.bases)
