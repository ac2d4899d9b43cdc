"""C7, of containers in storage: thawed and taken out before they are used?"""

from collections.abc import Iterator

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.condition import CONDITION


def out_of_order(case: Case, material: str) -> Iterator[Broken]:
    """C7, of one container in hand: given while frozen, or used while it lay in storage."""
    condition = case.state(CONDITION, material)
    if isinstance(case.fact, AdministrationStarted) and condition.frozen:
        yield Broken(tag=material, found="cryopreserved and not thawed", must="thawed before it is given")
    if not condition.zone or case.content.type in ("MaterialStored", "MaterialRetrieved"):
        return
    ended = [stay.until for stay in case.known(CONDITION, material).stays if stay.zone == condition.zone]
    taken_out = ended[-1] if ended else None
    if taken_out is not None and case.at < taken_out:
        found = f"used before it was taken out of {condition.zone} at {taken_out:%Y-%m-%dT%H:%M:%SZ}"
        yield Broken(tag=material, found=found, must="taken out of storage first")
    else:
        found = f"not on record as taken out of {condition.zone}"
        yield Broken(tag=material, found=found, must="a record of taking it out", note=True)
