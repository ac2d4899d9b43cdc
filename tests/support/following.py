"""Facts of the years after the treatment, as drafts.

As in `world`: one function per fact, lawful as it stands, keywords change it. The patient is treated on 14 April 2026,
and a plan of three visits follows: day 100, year 1, year 15.
"""

from typing import Final

from tests.support import world
from tests.support.world import CHAIN, CONSULTANT, NURSE, PATIENT, PRODUCT, Data, Draft, fact

CENTRE, OTHER_CENTRE = world.POC_SITE, world.APHERESIS_UNIT

_CLINIC: Final[Data] = {"site": CENTRE, "by": NURSE, "organisation": world.TREATING}
_OF: Final[Data] = {"coi": CHAIN, "patient": PATIENT}


def window(visit: str, opens: int, due: int, closes: int, mode: str | None = None) -> Data:
    """One visit of a plan."""
    days = {"visit": visit, "opens_day": opens, "due_day": due, "closes_day": closes}
    return {**days, **({"mode": f"FOLLOW_UP_MODE_{mode}"} if mode else {})}


VISITS: Final = [
    window("day 100", 86, 100, 114, "EXAMINATION"),
    window("year 1", 335, 365, 395),
    window("year 15", 5388, 5479, 5570, "QUESTIONNAIRE"),
]


def agreed(**changes: object) -> Draft:
    """ConsentRecorded, to follow-up."""
    kinds = ["CONSENT_KIND_FOLLOW_UP_AND_DATA_SHARING"]
    return world.consent(**{"kinds": kinds, "at": "2026-04-14T15:00Z", **changes})


def schedule(**changes: object) -> Draft:
    """FollowUpScheduled: three visits within fifteen years."""
    data = {
        **_OF,
        "product": PRODUCT,
        "site": changes.pop("centre", CENTRE),
        "plan": "LTFU-demcel v2",
        "treated_on": "2026-04-14",
        "visits": VISITS,
    }
    return fact("FollowUpScheduled", data, {**_CLINIC, "by": CONSULTANT, "at": "2026-04-14T16:00Z"}, changes)


def finding(kind: str, outcome: str = "FOUND", **rest: object) -> Data:
    """What was looked for at a visit, and what was seen."""
    stem = "FOLLOW_UP_FINDING"
    return {"kind": f"{stem}_KIND_{kind}", "outcome": f"{stem}_OUTCOME_{outcome}", **rest}


def visit(name: str = "day 100", /, **changes: object) -> Draft:
    """FollowUpVisitCompleted: seen on day 100, nothing found."""
    data = {
        **_OF,
        "site": CENTRE,
        "visit": name,
        "mode": "FOLLOW_UP_MODE_EXAMINATION",
        "findings": [finding("MALIGNANCY", "NOT_FOUND")],
    }
    if "found" in changes:
        data["findings"] = [finding(str(changes.pop("found")))]
    return fact("FollowUpVisitCompleted", data, {**_CLINIC, "at": "2026-07-23T10:00Z"}, changes)


def lost(**changes: object) -> Draft:
    """PatientLostToFollowUp: not reached."""
    data = {**_OF, "cause": "LOSS_CAUSE_NOT_REACHED", "attempts": 4}
    return fact("PatientLostToFollowUp", data, {**_CLINIC, "at": "2027-02-01T10:00Z"}, changes)


def regained(**changes: object) -> Draft:
    """ContactRegained."""
    data = {**_OF, "how": "the general practitioner wrote"}
    return fact("ContactRegained", data, {**_CLINIC, "at": "2027-06-01T10:00Z"}, changes)


def handed_over(to: Data = OTHER_CENTRE, /, **changes: object) -> Draft:
    """FollowUpResponsibilityTransferred, accepted by both centres."""
    data = {**_OF, "leaving": CENTRE, "joining": to, "cause": "FOLLOW_UP_TRANSFER_CAUSE_ADULT_SERVICE"}
    signed = [(CONSULTANT, "ACCEPTED"), (world.DESIGNATED, "ACCEPTED")]
    return fact(
        "FollowUpResponsibilityTransferred",
        data,
        {**_CLINIC, "by": CONSULTANT, "at": "2026-09-01T10:00Z"},
        {"signed": signed, **changes},
    )


def died(**changes: object) -> Draft:
    """PatientDied, of something else."""
    data = {"patient": PATIENT, "died_on": "2027-03-05", "cause": "DEATH_CAUSE_OTHER"}
    return fact("PatientDied", data, {**_CLINIC, "at": "2027-03-06T10:00Z"}, changes)


def later_therapy(**changes: object) -> Draft:
    """SubsequentTherapyGiven: a transplant."""
    data = {"patient": PATIENT, "coi": CHAIN, "kind": "SUBSEQUENT_THERAPY_KIND_TRANSPLANT"}
    return fact("SubsequentTherapyGiven", data, {**_CLINIC, "at": "2026-11-01T10:00Z"}, changes)


def records_sent(**changes: object) -> Draft:
    """RecordsSent: a letter to the general practitioner."""
    data = {
        **_OF,
        "recipient": "RECORDS_RECIPIENT_GENERAL_PRACTITIONER",
        "organisation": world.name("ods", "Y99901"),
        "what": "RECORDS_CONTENT_LETTER",
    }
    return fact("RecordsSent", data, {**_CLINIC, "at": "2026-04-15T16:00Z"}, changes)
