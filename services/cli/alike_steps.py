"""What a chain of the cohort has beside the packaged story: batch record, tests, storage and hand-overs."""

from typing import Any, Final, NamedTuple


class Step(NamedTuple):
    """One step more.

    Attributes:
        type: Fact type.
        like: Name of the story's step whose site and people it shares.
        minutes: How long after that step it is recorded; before it where negative.
        fact: The fact as ProtoJSON.
    """

    type: str
    like: str
    minutes: int
    fact: dict[str, Any]


def _id(scheme: str, value: str) -> dict[str, Any]:
    return {"scheme": scheme, "value": value}


_COI: Final = _id("isbt128-coi", "CHA999926000017")
_PATIENT: Final = _id("pseudonym", "01KMZ8Y0TE5Q7V3H2D9C6B4A1X")
_BAGS: Final = [_id("isbt128-mpho", f"A9999S1128A999926123456{letter}00000") for letter in "AB"]
_MODIFIED: Final = _id("isbt128-mpho", "A9997A0001A999926123456A00000")
_CENTRAL: Final = _id("batch.PCW", "26-0042")
_BEDSIDE: Final = _id("batch.MPC", "26-0042")


def _stored(materials: list[dict[str, Any]], zone: str, spot: str) -> dict[str, Any]:
    return {"materials": materials, "zone": _id("zone.PCW", zone), "spot": spot}


def _worked(batch: dict[str, Any], step: str, name: str) -> dict[str, Any]:
    met = {"name": "process.temperature", "value": {"value": "37.1", "unit": "Cel"}, "met": True}
    return {"batch": batch, "step": f"PROCESS_STEP_{step}", "step_name": name, "parameters": [met]}


def _tested(batch: dict[str, Any], test: str, words: str) -> dict[str, Any]:
    stage, outcome = "TEST_STAGE_IN_PROCESS", "TEST_OUTCOME_MEETS"
    return {"batch": batch, "test": test, "stage": stage, "outcome": outcome, "words": words}


def _run_of(batch: dict[str, Any], title: str) -> dict[str, Any]:
    log = {"sha256": "co183r+GEaERltQmfI7y0B2VWe4k7quWvx4/6sQ0Za4=", "media_type": "application/pdf", "title": title}
    return {"equipment": _id("gs1-giai", "95060001MES0001"), "batch": batch, "software_version": "4.2.1", "log": log}


_HISTORY: Final = {
    "patient": _PATIENT,
    "coi": _COI,
    "exclusion_found": False,
    "examined": True,
    "travel_risk": False,
    "understood": True,
    "confirmed_true": True,
}
STEPS: Final = (
    Step("DonorHistoryTaken", "donor-identified", 3, _HISTORY),
    Step("MaterialStored", "first-receipt", 20, _stored(_BAGS, "IN-01", "Quarantine refrigerator, shelf 2")),
    Step("MaterialStored", "central-batch", -22, _stored(_BAGS, "IN-03", "Refrigerator, shelf 1")),
    Step("MaterialRetrieved", "central-batch", -12, {"materials": _BAGS, "zone": _id("zone.PCW", "IN-03")}),
    Step("LineCleared", "central-batch", 5, {"zone": _id("zone.PCW", "SUITE-3"), "batch": _CENTRAL, "clear": True}),
    Step("ProcessStepPerformed", "central-batch", 12, _worked(_CENTRAL, "WASH", "Wash")),
    Step("ProcessStepPerformed", "central-batch", 18, _worked(_CENTRAL, "SELECTION", "CD4 and CD8 selection")),
    Step("QualityTestResulted", "central-batch", 24, _tested(_CENTRAL, "cell-count", "Enough to begin")),
    Step("ProcessStepPerformed", "central-batch", 30, _worked(_CENTRAL, "ACTIVATION", "Activation")),
    Step("DeviceRunImported", "central-batch", 36, _run_of(_CENTRAL, "Run 1")),
    Step("ProcessStepPerformed", "modification", 60, _worked(_CENTRAL, "WASH", "Wash after transduction")),
    Step("QualityTestResulted", "modification", 150, _tested(_CENTRAL, "transduced-fraction", "As expected")),
    Step("MaterialStored", "modification", 180, _stored([_MODIFIED], "INC-1", "Incubator 1")),
    Step("DeviceRunImported", "modification", 1_440, _run_of(_CENTRAL, "Run 2")),
    Step("QualityTestResulted", "modification", 1_500, _tested(_CENTRAL, "viability", "Clear, no aggregates")),
    Step("MaterialStored", "modification", 2_880, _stored([_MODIFIED], "INC-2", "Incubator 2")),
    Step("ProcessStepPerformed", "modification", 4_320, _worked(_CENTRAL, "CONCENTRATION", "Concentration")),
    Step("ProcessStepPerformed", "modification", 4_400, _worked(_CENTRAL, "FORMULATION", "Formulation")),
    Step("QualityTestResulted", "modification", 4_500, _tested(_CENTRAL, "mycoplasma", "None detected")),
    Step("QualityTestResulted", "modification", 4_560, _tested(_CENTRAL, "endotoxin", "Below the limit")),
    Step("QualityTestResulted", "modification", 4_620, _tested(_CENTRAL, "identity", "As labelled")),
    Step("DeviceRunImported", "modification", 4_700, _run_of(_CENTRAL, "Run 3")),
    Step("MaterialRetrieved", "modification", 4_800, {"materials": [_MODIFIED], "zone": _id("zone.PCW", "INC-2")}),
    Step("ProcessStepPerformed", "poc-batch", 10, _worked(_BEDSIDE, "WASH", "Wash")),
    Step("ProcessStepPerformed", "poc-batch", 15, _worked(_BEDSIDE, "DILUTION", "Dilution")),
    Step("QualityTestResulted", "poc-batch", 20, _tested(_BEDSIDE, "cell-count", "As ordered")),
    Step("QualityTestResulted", "poc-batch", 30, _tested(_BEDSIDE, "endotoxin", "Below the limit")),
)
"""In the order of the story's steps that they follow."""
