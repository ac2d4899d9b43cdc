"""Rules I10 and Q9: printed for this patient, and with a device that is known?"""

from collections.abc import Iterator

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.manufacture import ManufactureCompleted
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import ProcessStep, ProcessStepPerformed
from ledger.domain.facts.registry import ProductClass
from ledger.domain.rules.case import Case
from ledger.domain.rules.frame import batch, product
from ledger.domain.rules.genealogy import RELEASES
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.settlement import PATIENT_LINKS

_TYPES = ("ProcessStepPerformed", "ManufactureCompleted", *RELEASES, "AdministrationStarted")


def _printed_for_its_patient(case: Case) -> Iterator[Broken]:
    """I10: a design file that is not bound to the patient."""
    fact, made_in = case.fact, batch(case)
    record = case.state(BATCH_RECORD, made_in)
    data = case.product(product(case)).data
    if data is not None and not data.patient_specific:
        return
    chain = case.state(CHAIN, record.coi)
    patient = tag_of("patient", fact.patient) if isinstance(fact, AdministrationStarted) else chain.patient
    printed = record.designs
    if isinstance(fact, ProcessStepPerformed):
        used = () if fact.design is None else (fact.design.sha256,)
        printed = used or ((b"",) if fact.step is ProcessStep.PRINTING else ())
    for design in dict.fromkeys(printed):
        if not any((name, design) in chain.designs for name in case.patients(patient)):
            found = (
                f"design file {design.hex()[:16]} is not bound to this patient" if design else "no design file named"
            )
            yield Broken(tag=made_in or case.site, found=found, must="the design file that is bound to the patient")
    if isinstance(fact, ManufactureCompleted) and chain.designs and not printed:
        found = "a design is bound to the patient, and no step of this batch names it"
        yield Broken(tag=made_in, found=found, must="the design file named where it was used", note=True)


I10 = Rule(
    id="I10",
    revision=1,
    text="A 3D-printed or patient-matched product is made, released or given although the hash of its design file is "
    "not bound to that patient.",
    source="by analogy with Directive 2006/86/EC Annex II E 1(d) (our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=_TYPES,
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT, PATIENT_LINKS),
    judge=_printed_for_its_patient,
)


def _device_known(case: Case) -> Iterator[Broken]:
    """Q9: a combined product whose device is not identified."""
    fact, made_in = case.fact, batch(case)
    record, data = case.state(BATCH_RECORD, made_in), case.product(product(case)).data
    if data is None or data.product_class is not ProductClass.COMBINED:
        return
    must = "UDI-DI, UDI-PI and a reference to the conformity of the device"
    if isinstance(fact, ProcessStepPerformed):
        parts = {"UDI-DI": fact.device_identifier, "UDI-PI": fact.production_identifier, "conformity": fact.conformity}
        missing = [name for name, value in parts.items() if not value]
        attached = fact.step is ProcessStep.DEVICE_ATTACHMENT or len(missing) < len(parts)
        if attached and missing:
            yield Broken(tag=made_in or case.site, found=f"device without {', '.join(missing)}", must=must)
    elif not any(item.identifier and item.production and item.conformity for item in record.devices):
        found = "no device of it is fully identified in the batch record"
        yield Broken(tag=made_in or case.site, found=found, must=must, note=not record.openings)


Q9 = Rule(
    id="Q9",
    revision=1,
    text="A combined ATMP is released or given without the device's UDI-DI and UDI-PI and a reference to its "
    "conformity.",
    source="MHRA guidance, Advanced therapy medicinal products: combined products (our encoding)",
    owner=Owner.QUALITY,
    override="none",
    types=_TYPES,
    reads=(MATERIAL, BATCH_RECORD, CHAIN, PRODUCT),
    judge=_device_known,
)
