"""Facts of making and counting, as drafts: what else is done with the bags between collection and closing.

Builders like those of `tests.support.world`, and as lawful: by default everything happens at the central site, in its
batch, on 8 April 2026, after both bags came and before the cells are modified.
"""

from typing import Final

from tests.support import world
from tests.support.world import (
    BAG_A,
    BAG_B,
    CENTRAL_BATCH,
    CHAIN,
    FINAL,
    PATIENT,
    Data,
    Draft,
    fact,
    filled,
    name,
    quantity,
    sample,
    time,
)

FROZEN, PART_A, PART_B, SAMPLE = (
    name("isbt128-mpho", f"A9997F000{number}A999926123456A00000") for number in range(1, 5)
)
ZONE: Final = name("zone.PCW", "ISOLATOR-1")
CASE: Final = name("case.MPC", "RECALL-1")

_WORKS: Final[Data] = {
    "site": world.CENTRAL_SITE,
    "by": world.CELL_OPERATOR,
    "checked_by": [world.SECOND_OPERATOR],
    "organisation": world.CENTRAL,
    "at": "2026-04-08T07:00Z",
}
_WARD: Final[Data] = {
    "site": world.POC_SITE,
    "by": world.NURSE,
    "checked_by": [world.SECOND_NURSE],
    "organisation": world.TREATING,
}
_OFFICE: Final[Data] = {**_WORKS, "by": world.REGISTRAR, "checked_by": []}


def procurement(**changes: object) -> Draft:
    """ProcurementPerformed: a skin biopsy at the apheresis unit, in the place of the apheresis."""
    data = {
        "coi": CHAIN,
        "donation": world.DONATION,
        "autologous": {"patient": PATIENT},
        "method": "PROCUREMENT_METHOD_BIOPSY",
        "ended_at": time("2026-04-07T08:40Z"),
        "bags": [filled(BAG_A, quantity("118")), filled(BAG_B, quantity("104"))],
        "no_reaction": True,
    }
    frame = {
        "site": world.APHERESIS_UNIT,
        "by": world.COLLECTOR,
        "checked_by": [world.SECOND_COLLECTOR],
        "organisation": world.COLLECTING,
        "at": "2026-04-07T08:04Z",
    }
    return fact("ProcurementPerformed", data, frame, changes)


def freezing(**changes: object) -> Draft:
    """MaterialCryopreserved: bag A, in its own container, with 12 mL of cryoprotectant."""
    data = {
        "inputs": [{"material": BAG_A}],
        "outputs": [filled(BAG_A, quantity("130"), quantity("1.40", "10*9", "viable-cd3"))],
        "lots": [{"lot": world.VECTOR_LOT, "item": "Cryoprotectant", "quantity": quantity("12")}],
        "ended_at": time("2026-04-08T08:00Z"),
    }
    return fact("MaterialCryopreserved", data, _WORKS, changes)


def salvage(of: Data = BAG_A, /, **changes: object) -> Draft:
    """ContentsTransferred: bag A, or another, into another container."""
    data = {"source": {"material": of}, "output": filled(FROZEN, quantity("118")), "reason": "the port leaked"}
    return fact("ContentsTransferred", data, _WORKS, changes)


def consumption(**changes: object) -> Draft:
    """MaterialsConsumed: both bags."""
    data = {"batch": CENTRAL_BATCH, "inputs": [{"material": BAG_A}, {"material": BAG_B}]}
    return fact("MaterialsConsumed", data, _WORKS, changes)


def step(**changes: object) -> Draft:
    """ProcessStepPerformed: bag A is washed into 100 mL."""
    data = {
        "batch": CENTRAL_BATCH,
        "step": "PROCESS_STEP_WASH",
        "inputs": [{"material": BAG_A}],
        "outputs": [filled(PART_A, quantity("100"))],
        "ended_at": time("2026-04-08T08:00Z"),
    }
    return fact("ProcessStepPerformed", data, _WORKS, changes)


def expansion(**changes: object) -> Draft:
    """CellsExpanded: 1.40 thousand million cells of bag A grow by 8."""
    data = {
        "batch": CENTRAL_BATCH,
        "inputs": [{"material": BAG_A}],
        "outputs": [filled(PART_A, quantity("9.40", "10*9", "viable-cd3"))],
        "growth": [quantity("8", "10*9", "viable-cd3")],
        "ended_at": time("2026-04-08T08:00Z"),
    }
    return fact("CellsExpanded", data, _WORKS, changes)


def filling(**changes: object) -> Draft:
    """ContainersFilled: bag A into the final container."""
    data = {
        "batch": CENTRAL_BATCH,
        "inputs": [{"material": BAG_A}],
        "containers": [filled(FINAL, quantity("100"))],
        "losses": [quantity("18")],
        "ended_at": time("2026-04-08T08:00Z"),
    }
    return fact("ContainersFilled", data, _WORKS, changes)


def division(number: str, container: Data, *contents: Data) -> Data:
    """One part."""
    return {"number": number, "container": filled(container, *contents)}


def split(of: Data = BAG_A, /, **changes: object) -> Draft:
    """MaterialSplit: bag A, or another, into two parts of 59 mL."""
    halves = [division("A0", PART_A, quantity("59")), division("B0", PART_B, quantity("59"))]
    return fact("MaterialSplit", {"source": {"material": of}, "divisions": halves}, _WORKS, changes)


def recount(*counted: Data, **changes: object) -> Draft:
    """QuantityRecounted: bag A."""
    data = {"material": BAG_A, "counted": list(counted), "explanation": "the first count was of another bag"}
    return fact("QuantityRecounted", data, _WORKS, changes)


def sampling(of: Data = BAG_A, /, **changes: object) -> Draft:
    """SampleTaken: 2 mL of bag A, or of another container, for a test."""
    data = {
        "source": {"material": of, "taken": [quantity("2")]},
        "sample": filled(SAMPLE, quantity("2")),
        "purpose": "SAMPLE_PURPOSE_TEST",
    }
    return fact("SampleTaken", data, _WORKS, changes)


def clearance(batch: Data = CENTRAL_BATCH, /, **changes: object) -> Draft:
    """LineCleared: the zone, for a batch."""
    data = {"zone": ZONE, "batch": batch, "clear": True}
    return fact("LineCleared", data, {**_WORKS, "at": "2026-04-08T06:20Z"}, changes)


def termination(batch: Data = CENTRAL_BATCH, /, **changes: object) -> Draft:
    """BatchTerminated."""
    return fact("BatchTerminated", {"batch": batch, "reason": "the culture was lost"}, _WORKS, changes)


def remake(**changes: object) -> Draft:
    """RemakeStarted: another batch in the place of the central one, from bag B."""
    data = {"batch": name("batch.PCW", "26-0043"), "failed": CENTRAL_BATCH, "materials": [BAG_B]}
    return fact("RemakeStarted", data, _WORKS, changes)


def closing(batch: Data = world.POC_BATCH, /, **changes: object) -> Draft:
    """BatchClosed: by quality assurance of the control site, at the POC site."""
    frame = {**_WARD, "by": world.PHARMACIST, "checked_by": [], "at": "2026-04-14T12:00Z"}
    return fact("BatchClosed", {"batch": batch}, frame, changes)


def destruction(*materials: Data, **changes: object) -> Draft:
    """MaterialDestroyed."""
    data = {"materials": list(materials or (FINAL,)), "method": "autoclaved as waste of modified organisms"}
    return fact("MaterialDestroyed", data, {**_WARD, "at": "2026-04-14T11:30Z"}, changes)


def sending_back(*materials: Data, **changes: object) -> Draft:
    """MaterialReturned: to the control site."""
    data = {"materials": list(materials or (FINAL,)), "destination": world.CONTROL_SITE}
    return fact("MaterialReturned", data, {**_WARD, "at": "2026-04-14T11:30Z"}, changes)


def pause(**changes: object) -> Draft:
    """AdministrationPaused, after 20 mL."""
    data = {"material": FINAL, "patient": PATIENT, "reason": "rigors", "given": [quantity("20")]}
    return fact("AdministrationPaused", data, {**_WARD, "at": "2026-04-14T10:33Z"}, changes)


def resumption(**changes: object) -> Draft:
    """AdministrationResumed."""
    data = {"material": FINAL, "patient": PATIENT, "decided_by": world.CONSULTANT}
    return fact("AdministrationResumed", data, {**_WARD, "at": "2026-04-14T10:40Z"}, changes)


def dispensing(**changes: object) -> Draft:
    """ProductDispensed."""
    data = {"materials": [FINAL], "coi": CHAIN, "patient": PATIENT, "batch": world.POC_BATCH}
    frame = {**_WARD, "by": world.PHARMACIST, "at": "2026-04-14T10:05Z"}
    return fact("ProductDispensed", data, frame, changes)


def design(sha256: bytes, **changes: object) -> Draft:
    """DesignFileBound: to the patient."""
    data = {
        "patient": PATIENT,
        "coi": CHAIN,
        "product": world.PRODUCT,
        "design": {"sha256": sha256, "media_type": "model/3mf"},
    }
    frame = {**_WARD, "by": world.CONSULTANT, "checked_by": [world.NURSE], "at": "2026-04-01T09:00Z"}
    return fact("DesignFileBound", data, frame, changes)


def recall(**changes: object) -> Draft:
    """RecallOpened; name what is recalled."""
    data = {"case": CASE, "recall_class": "RECALL_CLASS_CLASS_2", "reason": "endotoxin found"}
    return fact("RecallOpened", data, {**_OFFICE, "at": "2026-04-08T06:40Z"}, changes)


def case_closed(**changes: object) -> Draft:
    """CaseClosed: the recall's."""
    data = {"case": CASE, "effectiveness": "all of it found"}
    return fact("CaseClosed", data, {**_OFFICE, "at": "2026-04-08T06:50Z"}, changes)


def quarantine(**changes: object) -> Draft:
    """QuarantineImposed; say the scope."""
    data = {"reason": "a doubt about its storage"}
    return fact("QuarantineImposed", data, {**_OFFICE, "at": "2026-04-08T06:40Z"}, changes)


def lifting(position: int, **changes: object) -> Draft:
    """QuarantineLifted by the manufacturer's quality assurance; say the scope."""
    data = {"quarantine": position, "basis": "storage was right"}
    return fact("QuarantineLifted", data, {**_OFFICE, "by": world.QUALITY, "at": "2026-04-08T06:50Z"}, changes)


def rejection(**changes: object) -> Draft:
    """RejectionDecided; say the scope."""
    return fact("RejectionDecided", {"reason": "not sterile"}, {**_OFFICE, "at": "2026-04-08T06:40Z"}, changes)


def certification(**changes: object) -> Draft:
    """QpCertified, of the batch at the POC site."""
    return sample("QpCertified", **{"batch": world.POC_BATCH, "materials": None, "at": "2026-04-14T09:57Z", **changes})
