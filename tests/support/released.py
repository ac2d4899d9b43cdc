"""Facts of release and use beyond the point of care, as drafts: made centrally, tested, certified, held, dispensed.

As in `world`: one function per fact, lawful as it stands, keywords change it.
"""

from collections.abc import Callable

from tests.support import world
from tests.support.world import (
    CELL_OPERATOR,
    CENTRAL,
    CENTRAL_BATCH,
    CENTRAL_SITE,
    CHAIN,
    CONSULTANT,
    CONTROL,
    CONTROL_SITE,
    FINAL,
    MIA,
    NURSE,
    PATIENT,
    PHARMACIST,
    POC_SITE,
    PRODUCT,
    QUALITY,
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

Make = Callable[..., Draft]

QP, CONTROLLER = name("staff.PCW", "0300"), name("staff.PCW", "0301")
IMPORTER, WHOLESALE = name("staff.MPC", "0310"), name("mhra", "WDA-H-99001")
SPECIFICATION = name("specification.PCW", "SP-0042")

_WORKS: Data = {"site": CENTRAL_SITE, "by": CELL_OPERATOR, "checked_by": [SECOND_OPERATOR], "organisation": CENTRAL}
_LATER: Data = {**_WORKS, "checked_by": None, "at": "2026-04-13T12:00Z"}
_WARD: Data = {"site": POC_SITE, "by": NURSE, "organisation": TREATING, "at": "2026-04-14T10:00Z"}
_DOCTOR: Data = {**_WARD, "by": CONSULTANT}


def specification(**changes: object) -> Draft:
    """SpecificationApproved: viability before certification, sterility later."""
    data = {
        "specification": SPECIFICATION,
        "product": PRODUCT,
        "version": "1.0",
        "tests": [{"name": "viability"}, {"name": "sterility", "late": True, "stage": "TEST_STAGE_LATE"}],
        "effective_from": "2026-01-05",
    }
    return fact("SpecificationApproved", data, {**_LATER, "by": QUALITY, "at": "2026-03-02T09:30Z"}, changes)


def result(test: str = "viability", outcome: str = "MEETS", **changes: object) -> Draft:
    """QualityTestResulted, of the batch."""
    data = {
        "batch": CENTRAL_BATCH,
        "test": test,
        "stage": "TEST_STAGE_LATE" if test == "sterility" else "TEST_STAGE_RELEASE",
        "outcome": f"TEST_OUTCOME_{outcome}",
    }
    return fact("QualityTestResulted", data, {**_LATER, "at": "2026-04-13T11:00Z"}, changes)


def investigated(*results: int, outcome: str = "INVALIDATED", **changes: object) -> Draft:
    """OutOfSpecificationInvestigated."""
    data = {
        "batch": CENTRAL_BATCH,
        "results": list(results),
        "outcome": f"INVESTIGATION_OUTCOME_{outcome}",
    }
    return fact("OutOfSpecificationInvestigated", data, {**_LATER, "by": QUALITY}, changes)


def reviewed(through: int, **changes: object) -> Draft:
    """BatchRecordReviewed."""
    data = {"batch": CENTRAL_BATCH, "reviewed_through": through}
    return fact("BatchRecordReviewed", data, {**_LATER, "by": QUALITY, "at": "2026-04-13T11:30Z"}, changes)


def certified(**changes: object) -> Draft:
    """QpCertified: the whole batch, sterility outstanding."""
    data = {
        "batch": CENTRAL_BATCH,
        "licence": MIA,
        "specification": SPECIFICATION,
        "outstanding_tests": ["sterility"],
    }
    return fact("QpCertified", data, {**_LATER, "by": QP}, changes)


def confirmed(*results: int, **changes: object) -> Draft:
    """QpCertificationConfirmed."""
    data = {"batch": CENTRAL_BATCH, "results": list(results)}
    return fact("QpCertificationConfirmed", data, {**_LATER, "by": QP, "at": "2026-04-14T09:00Z"}, changes)


def controlled(**changes: object) -> Draft:
    """QualityControllerReleased, under hospital exemption."""
    data = {
        "batch": CENTRAL_BATCH,
        "specification": SPECIFICATION,
        "route": "ROUTE_HOSPITAL_EXEMPTION",
        "records_complete": True,
    }
    return fact("QualityControllerReleased", data, {**_LATER, "by": CONTROLLER}, changes)


def route(kind: str, **changes: object) -> Draft:
    """RouteConfirmed, with what a special or an exemption has to say."""
    said: Data = {"SPECIAL": {"special_need": "no licensed product suits"}, "HOSPITAL_EXEMPTION": {"non_routine": True}}
    data = {"coi": CHAIN, "patient": PATIENT, "product": PRODUCT, "route": f"ROUTE_{kind}", **said.get(kind, {})}
    return fact("RouteConfirmed", data, {**_DOCTOR, "at": "2026-03-30T10:00Z"}, changes)


def live_route(kind: str) -> tuple[Draft, Draft]:
    """An authorisation of the product, and the route by it."""
    authorisation = world.authorisation(kind=f"AUTHORISATION_KIND_{kind}")
    return authorisation, route(kind, authorisation=world.AUTHORISATION)


def dispensed(**changes: object) -> Draft:
    """ProductDispensed: the final container of the batch made centrally."""
    data = {"materials": [FINAL], "coi": CHAIN, "patient": PATIENT, "batch": CENTRAL_BATCH}
    return fact("ProductDispensed", data, {**_WARD, "by": PHARMACIST, "checked_by": [NURSE]}, changes)


def deviation_raised(severity: str = "CRITICAL", **changes: object) -> Draft:
    """DeviationRaised, on the batch."""
    data = {
        "severity": f"DEVIATION_CLASS_{severity}",
        "description": "a filter failed its integrity test",
        "batch": CENTRAL_BATCH,
    }
    return fact("DeviationRaised", data, {**_LATER, "at": "2026-04-13T10:30Z"}, changes)


def deviation_closed(position: int, **changes: object) -> Draft:
    """DeviationClosed."""
    data = {"deviation": name("ledger", str(position)), "impact": "none on the product"}
    return fact("DeviationClosed", data, {**_LATER, "by": QUALITY, "at": "2026-04-13T10:50Z"}, changes)


def requested(**changes: object) -> Draft:
    """OutOfSpecificationSupplyRequested, by the treating physician."""
    data = {
        "batch": CENTRAL_BATCH,
        "coi": CHAIN,
        "patient": PATIENT,
        "hazard": "relapse without it",
        "alternatives": "none",
    }
    return fact("OutOfSpecificationSupplyRequested", data, {**_DOCTOR, "at": "2026-04-14T09:10Z"}, changes)


def evaluated(**changes: object) -> Draft:
    """OutOfSpecificationRiskEvaluated, by the manufacturer."""
    data = {
        "batch": CENTRAL_BATCH,
        "coi": CHAIN,
        "failing_tests": ["viability", "sterility"],
        "evaluation": {"sha256": bytes(32), "media_type": "application/pdf"},
    }
    frame = {**_LATER, "by": QUALITY, "at": "2026-04-14T09:20Z"}
    return fact("OutOfSpecificationRiskEvaluated", data, frame, changes)


def accepted(**changes: object) -> Draft:
    """OutOfSpecificationSupplyAccepted, by the treating physician."""
    data = {
        "batch": CENTRAL_BATCH,
        "coi": CHAIN,
        "patient": PATIENT,
        "evaluation_read": True,
        "patient_informed": True,
    }
    return fact("OutOfSpecificationSupplyAccepted", data, {**_DOCTOR, "at": "2026-04-14T09:30Z"}, changes)


def quarantine(**scope: object) -> Draft:
    """QuarantineImposed: on the final container unless another scope is said."""
    at = {"at": scope.pop("at")} if "at" in scope else {}
    data = {"reason": "a complaint about the lot", **(scope or {"containers": {"materials": [FINAL]}})}
    return fact("QuarantineImposed", data, {**_WARD, **at}, {})


def lifted(position: int, **changes: object) -> Draft:
    """QuarantineLifted from the final container, by the manufacturer's quality assurance."""
    data = {"quarantine": position, "basis": "the complaint was unfounded"}
    scopes = {"containers", "batch", "lot", "donation", "consignment", "zone"}
    if not scopes & set(changes):
        data["containers"] = {"materials": [FINAL]}
    return fact("QuarantineLifted", data, {**_LATER, "by": QUALITY, "at": "2026-04-14T10:05Z"}, changes)


def rejected(**scope: object) -> Draft:
    """RejectionDecided: on the final container unless another scope is said."""
    data = {"reason": "not what it should be", **(scope or {"containers": {"materials": [FINAL]}})}
    return fact("RejectionDecided", data, {**_LATER, "by": QUALITY, "at": "2026-04-14T10:00Z"}, {})


def destroyed(**changes: object) -> Draft:
    """MaterialDestroyed: the final container."""
    data = {"materials": [FINAL], "method": "incinerated"}
    return fact("MaterialDestroyed", data, {**_WARD, "checked_by": [SECOND_NURSE]}, changes)


def returned(**changes: object) -> Draft:
    """MaterialReturned: the final container to the central site."""
    return fact("MaterialReturned", {"materials": [FINAL], "destination": CENTRAL_SITE}, _WARD, changes)


def damaged(**changes: object) -> Draft:
    """ContainerDamaged: the final container."""
    return fact("ContainerDamaged", {"material": FINAL, "what": "a leaking port"}, _WARD, changes)


def paused(**changes: object) -> Draft:
    """AdministrationPaused."""
    data = {"material": FINAL, "patient": PATIENT, "coi": CHAIN, "reason": "rigor"}
    return fact("AdministrationPaused", data, {**_WARD, "at": "2026-04-14T10:35Z"}, changes)


def resumed(**changes: object) -> Draft:
    """AdministrationResumed."""
    data = {"material": FINAL, "patient": PATIENT, "coi": CHAIN}
    return fact("AdministrationResumed", data, {**_WARD, "at": "2026-04-14T10:40Z"}, changes)


def ready(**changes: object) -> Draft:
    """ReadyToTreatConfirmed."""
    data = {"coi": CHAIN, "patient": PATIENT, "fit": True}
    return fact("ReadyToTreatConfirmed", data, {**_DOCTOR, "at": "2026-04-14T06:00Z"}, changes)


def go_ahead(**changes: object) -> Draft:
    """ClinicalGoAheadGiven."""
    data = {"coi": CHAIN, "batch": world.POC_BATCH, "ready": True}
    return fact("ClinicalGoAheadGiven", data, {**_DOCTOR, "at": "2026-04-14T06:00Z"}, changes)


def in_best_interests(**changes: object) -> Draft:
    """BestInterestsDecided: to treat a patient who lacks capacity."""
    data = {
        "patient": PATIENT,
        "coi": CHAIN,
        "law": "CAPACITY_BASIS_MENTAL_CAPACITY_ACT_2005",
        "outcome": "BEST_INTERESTS_OUTCOME_TREAT",
        "reason": "the patient is delirious and had asked for it",
    }
    return fact("BestInterestsDecided", data, {**_DOCTOR, "at": "2026-04-14T10:10Z"}, changes)


def cancelled(position: int, **changes: object) -> Draft:
    """PrescriptionCancelled."""
    data = {"coi": CHAIN, "patient": PATIENT, "prescription": position, "reason": "another therapy"}
    return fact("PrescriptionCancelled", data, {**_DOCTOR, "at": "2026-04-14T09:00Z"}, changes)


def linked(survivor: Data, superseded: Data, **changes: object) -> Draft:
    """PatientRecordsLinked."""
    data = {
        "survivor": survivor,
        "superseded": superseded,
        "reason": "LINK_REASON_NHS_NUMBER_SUPERSEDED",
        "effective_from": "2026-04-10",
    }
    return fact(
        "PatientRecordsLinked", data, {**_WARD, "at": "2026-04-10T09:00Z", "checked_by": [SECOND_NURSE]}, changes
    )


def made_centrally(**changed: Draft | None) -> tuple[Draft, ...]:
    """Registers and story up to the final container's arrival at the POC site, all of it made at the central site."""
    slots: dict[str, Draft | None] = {
        "product": world.product(in_use_limit_seconds=None, cell_or_tissue_based=True),
        "second_receipt": None,
        "poc_batch": None,
        "completion": None,
        "label": None,
        "second_dispatch": world.completion(
            **{
                **_WORKS,
                "batch": CENTRAL_BATCH,
                "containers": [filled(FINAL, quantity("50"))],
                "at": "2026-04-13T07:10Z",
                "completed_at": time("2026-04-13T09:48Z"),
            }
        ),
        **changed,
    }
    return (
        *world.until("release", **slots),
        world.label(**{**_WORKS, "batch": CENTRAL_BATCH, "at": "2026-04-13T09:50Z"}),
        specification(),
        world.person(QP),
        world.person(CONTROLLER),
        world.role(QP, "QUALIFIED_PERSON", on_licence=MIA),
        world.role(CONTROLLER, "QUALITY_CONTROLLER", in_organisation=CENTRAL),
    )


def delivered() -> tuple[Draft, ...]:
    """The final container travels to the ward, and is checked there."""
    return (
        world.second_dispatch(materials=[FINAL]),
        world.second_receipt(materials=[FINAL], by=PHARMACIST, checked_by=[NURSE]),
        world.check(),
    )


def import_verified(**changes: object) -> Draft:
    """ImportVerified: by the responsible person (import) named on the wholesale licence."""
    data = {
        "batch": CENTRAL_BATCH,
        "licence": WHOLESALE,
        "country": "DE",
        "certificate": {"sha256": bytes(32), "media_type": "application/pdf"},
        "verified": ["the certificate names this batch"],
    }
    frame = {"site": CONTROL_SITE, "by": IMPORTER, "organisation": CONTROL, "at": "2026-04-13T16:00Z"}
    return fact("ImportVerified", data, frame, changes)


def importer(**changes: object) -> tuple[Draft, Draft, Draft]:
    """The wholesale licence, and the responsible person (import) whom it names."""
    ours = {"kind": "LICENCE_KIND_WHOLESALE", "modes": None, "product_lines": None}
    activities = ["ACTIVITY_WHOLESALE", "ACTIVITY_IMPORT"]
    return (
        world.licence(WHOLESALE, **{**ours, "activities": activities, **changes}),
        world.person(IMPORTER),
        world.role(IMPORTER, "RESPONSIBLE_PERSON_IMPORT", on_licence=WHOLESALE),
    )


def packed(**changes: object) -> Draft:
    """BedsidePackIssued, as the server makes it: the final bag, ten minutes after its release."""
    return fact(
        "BedsidePackIssued", {"coi": CHAIN, "materials": [FINAL]}, {**_WARD, "at": "2026-04-14T10:10Z"}, changes
    )
