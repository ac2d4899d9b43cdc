"""Facts of transport, storage and temperature as drafts, beside the small world; lawful unless changed."""

from tests.support.world import (
    APHERESIS_UNIT,
    BAG_A,
    BAG_B,
    CARRIER,
    CELL_OPERATOR,
    CELLS,
    CENTRAL,
    CENTRAL_SITE,
    COLLECTING,
    COLLECTOR,
    CONTROL,
    CONTROL_SITE,
    FIRST_CONSIGNMENT,
    NURSE,
    POC_SITE,
    QUALITY,
    REGISTRAR,
    SECOND_COLLECTOR,
    SECOND_NURSE,
    SECOND_OPERATOR,
    TREATING,
    Data,
    Draft,
    fact,
    filled,
    name,
    quantity,
    time,
)

TANK, FRIDGE = name("zone.PCW", "TANK-1"), name("zone.PCW", "FRIDGE-1")
COURIER = name("gs1-gln", "9506000143002")
DRIVER, SECOND_DRIVER = name("staff.CAR", "31"), name("staff.CAR", "32")

UNIT: Data = {
    "site": APHERESIS_UNIT,
    "by": COLLECTOR,
    "checked_by": [SECOND_COLLECTOR],
    "organisation": COLLECTING,
}
WORKS: Data = {
    "site": CENTRAL_SITE,
    "by": CELL_OPERATOR,
    "checked_by": [SECOND_OPERATOR],
    "organisation": CENTRAL,
}
WARD: Data = {"site": POC_SITE, "by": NURSE, "checked_by": [SECOND_NURSE], "organisation": TREATING}


def zone(zone: Data = TANK, temperature: str = "LIQUID_NITROGEN", /, **changes: object) -> Draft:
    """ZoneRegistered: a storage position of the central site."""
    data = {
        "zone": zone,
        "site": CENTRAL_SITE,
        "kind": "ZONE_KIND_STORAGE_POSITION",
        "temperature": f"TEMPERATURE_CLASS_{temperature}",
        "segregation": "SEGREGATION_CLASS_GENERAL",
        "effective_from": "2026-01-05",
    }
    frame = {"at": "2026-03-02T09:00Z", "site": CONTROL_SITE, "by": REGISTRAR, "organisation": CONTROL}
    return fact("ZoneRegistered", data, {**frame, "signed": [(REGISTRAR, "PERFORMED")]}, changes)


def stored(zone: Data = FRIDGE, /, *materials: Data, **changes: object) -> Draft:
    """MaterialStored: at the central site, both bags unless others are named."""
    data = {"materials": list(materials or (BAG_A, BAG_B)), "zone": zone}
    return fact("MaterialStored", data, {**WORKS, "at": "2026-04-07T18:50Z"}, changes)


def retrieved(zone: Data = FRIDGE, /, *materials: Data, **changes: object) -> Draft:
    """MaterialRetrieved: at the central site, both bags unless others are named."""
    data = {"materials": list(materials or (BAG_A, BAG_B)), "zone": zone}
    return fact("MaterialRetrieved", data, {**WORKS, "at": "2026-04-08T07:00Z"}, changes)


def frozen(source: Data = CELLS, into: Data = CELLS, /, **changes: object) -> Draft:
    """MaterialCryopreserved: at the central site, in its own container."""
    data = {
        "inputs": [{"material": source}],
        "outputs": [filled(into, quantity("60"), quantity("1.90", "10*9", "viable-cd3"))],
        "ended_at": time("2026-04-09T11:00Z"),
    }
    frame = {**WORKS, "at": "2026-04-09T10:00Z", "source": "DEVICE", "signed": [(CELL_OPERATOR, "PERFORMED")]}
    return fact("MaterialCryopreserved", data, frame, changes)


def thawed(material: Data = CELLS, /, **changes: object) -> Draft:
    """MaterialThawed: at the point of care."""
    data = {"material": material, "ended_at": time("2026-04-14T07:00Z")}
    frame = {**WARD, "at": "2026-04-14T06:50Z", "source": "DEVICE", "signed": [(NURSE, "PERFORMED")]}
    return fact("MaterialThawed", data, frame, changes)


def packed(**changes: object) -> Draft:
    """ConsignmentPacked: both bags, at the apheresis unit."""
    data = {"consignment": FIRST_CONSIGNMENT, "materials": [BAG_A, BAG_B]}
    frame = {**UNIT, "at": "2026-04-07T12:40Z", "signed": [(COLLECTOR, "PERFORMED")]}
    return fact("ConsignmentPacked", data, frame, changes)


def handed_over(giver: Data, taker: Data, /, at: str = "2026-04-07T15:00Z", **changes: object) -> Draft:
    """CustodyTransferred: the first consignment, on the way, signed by both drivers."""
    data = {"consignment": FIRST_CONSIGNMENT, "giver": giver, "taker": taker}
    frame = {
        "at": at,
        "site": CONTROL_SITE,
        "by": DRIVER,
        "checked_by": [SECOND_DRIVER],
        "organisation": CARRIER,
        "signed": [(DRIVER, "PERFORMED"), (SECOND_DRIVER, "ACCEPTED")],
    }
    return fact("CustodyTransferred", data, frame, changes)


def redirected(destination: Data, former: Data = CENTRAL_SITE, /, **changes: object) -> Draft:
    """ConsignmentRedirected: the first consignment, by its sender."""
    data = {"consignment": FIRST_CONSIGNMENT, "former": former, "destination": destination, "reason": "flooded"}
    frame = {**UNIT, "at": "2026-04-07T14:00Z", "checked_by": None, "signed": [(COLLECTOR, "APPROVED")]}
    return fact("ConsignmentRedirected", data, frame, changes)


def unexpected(**changes: object) -> Draft:
    """ConsignmentArrivedUnexpectedly: the first consignment, at the central site."""
    data = {"consignment": FIRST_CONSIGNMENT, "materials": [BAG_A, BAG_B]}
    return fact("ConsignmentArrivedUnexpectedly", data, {**WORKS, "at": "2026-04-07T18:30Z"}, changes)


def lost(**changes: object) -> Draft:
    """ConsignmentLost: the first consignment."""
    return fact("ConsignmentLost", {"consignment": FIRST_CONSIGNMENT}, {**UNIT, "at": "2026-04-07T16:00Z"}, changes)


def found(**changes: object) -> Draft:
    """ConsignmentFound: the first consignment."""
    return fact("ConsignmentFound", {"consignment": FIRST_CONSIGNMENT}, {**UNIT, "at": "2026-04-07T17:00Z"}, changes)


def excursion(**changes: object) -> Draft:
    """TemperatureExcursionDetected; say the scope: `consignment`, `zone` or `containers`."""
    return fact("TemperatureExcursionDetected", {}, {**WORKS, "at": "2026-04-07T17:00Z"}, changes)


def in_containers(*materials: Data) -> Data:
    """The scope of containers."""
    return {"materials": list(materials)}


def fit_for_use(position: int, /, *materials: Data, **changes: object) -> Draft:
    """ExcursionAssessed: fit for use, by the manufacturer's quality assurance."""
    data = {
        "materials": list(materials or (BAG_A, BAG_B)),
        "excursion": position,
        "outcome": "EXCURSION_OUTCOME_USE",
        "basis": "inside the stability data",
    }
    frame = {**WORKS, "at": "2026-04-07T20:00Z", "by": QUALITY, "checked_by": None}
    return fact("ExcursionAssessed", data, {**frame, "signed": [(QUALITY, "APPROVED")]}, changes)


def extended(until: str, limit: str = "IN_USE", /, **changes: object) -> Draft:
    """ShelfLifeExtended; say the scope: `batch` or `containers`."""
    data = {"limit": f"LIMIT_KIND_{limit}", "until": time(until), "basis": "stability data"}
    by = changes.get("by", QUALITY)
    frame = {**WORKS, "at": "2026-04-14T10:00Z", "by": QUALITY, "checked_by": None}
    signed = {"signed": [(by, "CERTIFIED"), (by, "APPROVED")]}
    return fact("ShelfLifeExtended", data, {**frame, **signed}, changes)


def on_the_ward(*materials: Data, **changes: object) -> Draft:
    """ClinicalAreaReceived."""
    return fact("ClinicalAreaReceived", {"materials": list(materials)}, {**WARD, "at": "2026-04-14T10:05Z"}, changes)


def accepted(disposition: str = "TO_USE", /, **changes: object) -> Draft:
    """MaterialAccepted: both bags of the first consignment, at the central site, every check of the arrival right."""
    checks = dict.fromkeys(("transport", "logger", "seals", "labels", "documents"), "CHECK_OUTCOME_MATCH")
    data = {
        **checks,
        "materials": [BAG_A, BAG_B],
        "consignment": FIRST_CONSIGNMENT,
        "disposition": f"ACCEPTANCE_DISPOSITION_{disposition}",
    }
    frame = {**WORKS, "at": "2026-04-07T19:00Z", "by": QUALITY, "checked_by": None}
    return fact("MaterialAccepted", data, {**frame, "signed": [(QUALITY, "APPROVED")]}, changes)
