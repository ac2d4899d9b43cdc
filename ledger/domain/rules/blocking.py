"""Rule R6: what may not be used. A deviation blocks what depends on it until it is assessed or cured."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts import tagging
from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import CONSIGNMENT, CUSTODY, MATERIAL
from ledger.domain.subjects.settlement import DEVIATION
from ledger.domain.subjects.subject import AnySubject

_USES: Final = tuple(
    name
    for name in ("MaterialsConsumed", "ProcessStepPerformed", "CellsModified", "CellsExpanded", "ContainersFilled")
    if name in TYPES
)
"""Acts of making that take material for use; a sample or a transfer out of a damaged bag is none."""


def deviations(case: Case, places: tuple[tuple[AnySubject, str], ...], patient: str) -> Iterator[int]:
    """Yields the numbers of deviations that stand against use: neither cured, nor assessed as fit for this patient."""
    seen: set[int] = set()
    for subject, tag in places:
        history = case.histories.get((subject.name, tag))
        for item in history.open_deviations() if history is not None else ():
            if item.target in (case.without, case.position) or item.effective > case.at or item.number in seen:
                continue
            seen.add(item.number)
            if not case.state(DEVIATION, tagging.deviation(item.number)).lifted(patient):
                yield item.number


def _usable(case: Case) -> Iterator[Broken]:
    """R6: used although something stands against it."""
    fact = case.fact
    if isinstance(fact, PointOfCareReleased):
        batch = tag_of("batch", fact.batch)
        yield from _blocked(case, batch, ((BATCH_RECORD, batch),), "")
        return
    patient = tag_of("patient", fact.patient) if isinstance(fact, AdministrationStarted) else ""
    for item in fact.handles():
        material = tag_of("material", item)
        consignment = case.state(CUSTODY, material).consignment
        places: tuple[tuple[AnySubject, str], ...] = ((MATERIAL, material), (CUSTODY, material))
        yield from _blocked(case, material, (*places, (CONSIGNMENT, consignment)), patient)


def _blocked(case: Case, tag: str, places: tuple[tuple[AnySubject, str], ...], patient: str) -> Iterator[Broken]:
    numbers = tuple(deviations(case, places, patient))
    if numbers:
        named = ", ".join(str(number) for number in numbers)
        yield Broken(
            tag=tag,
            found=f"deviation {named} is open: neither assessed as fit for use nor cured",
            must="assessed by the owner of the risk, or the missing fact recorded",
        )


R6 = Rule(
    id="R6",
    revision=1,
    text="A container is used that is quarantined, rejected, recalled, returned or destroyed, or rests on a deviation "
    "that nobody has assessed as fit for use.",
    source="Directive 2006/86/EC Annex II C; EU GMP Part IV (ATMP), deviations (our encoding)",
    owner=Owner.QUALITY,
    override="documented lifting of the quarantine, assessment of the deviation; nothing for a destroyed container",
    types=(*_USES, "ManufactureCompleted", "PointOfCareReleased", "AdministrationStarted"),
    reads=(MATERIAL, CUSTODY, CONSIGNMENT, BATCH_RECORD, DEVIATION),
    judge=_usable,
)
