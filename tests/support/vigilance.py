"""Facts of what goes wrong after the treatment, and of how records are kept, as drafts.

As in `world`: one function per fact, lawful as it stands, keywords change it. The reaction is known on 15 April 2026 at
08:00 UTC, a day after the product was given; everything else follows it.
"""

from typing import Final

from tests.support import world
from tests.support.world import CHAIN, DESIGNATED, NURSE, PATIENT, POC_BATCH, Data, Draft, fact, name, time

CASE: Final = name("case.RXK", "SAR-2026-001")
AUTHORITY, UNIVERSITY = name("gs1-gln", "9506000143002"), name("gs1-gln", "9506000144009")
DONOR: Final = name("pseudonym", "01DONOR")
KNOWN: Final = time("2026-04-15T08:00Z")

_WARD: Final[Data] = {"site": world.POC_SITE, "by": NURSE, "organisation": world.TREATING, "at": "2026-04-15T08:30Z"}
_UNIT: Final[Data] = {**_WARD, "by": DESIGNATED, "site": world.APHERESIS_UNIT, "organisation": world.COLLECTING}


def reaction(kind: str = "SUSPECTED_ADVERSE_REACTION", serious: str = "HOSPITALISATION", /, **changes: object) -> Draft:
    """AdverseReactionReported: of the patient, to the batch given."""
    data = {
        "case": CASE,
        "patient": PATIENT,
        "kind": f"ADVERSE_REACTION_KIND_{kind}",
        "seriousness": f"SERIOUSNESS_{serious}",
        "reaction": "fever and hypotension",
        "batch": POC_BATCH,
        "known_at": KNOWN,
    }
    return fact("AdverseReactionReported", data, _WARD, changes)


def unidentified(**changes: object) -> Draft:
    """AdverseReactionReported: nothing is known of the product."""
    return reaction(**{"batch": None, **changes})


def event(**changes: object) -> Draft:
    """AdverseEventReported."""
    data = {"case": CASE, "kind": "ADVERSE_EVENT_KIND_EVENT", "event": "two labels exchanged", "known_at": KNOWN}
    return fact("AdverseEventReported", data, _UNIT, changes)


def defect(**changes: object) -> Draft:
    """DefectReported."""
    data = {"case": CASE, "kind": "DEFECT_KIND_DEFECT", "defect": "the port leaks", "known_at": KNOWN}
    return fact("DefectReported", data, _WARD, changes)


def concluded(**changes: object) -> Draft:
    """AdverseReportConcluded, by the Designated Individual."""
    return fact(
        "AdverseReportConcluded", {"case": CASE, "confirmed": True}, {**_UNIT, "at": "2026-04-16T09:00Z"}, changes
    )


def submitted(report: str = "SUSPECTED_ADVERSE_REACTION", /, **changes: object) -> Draft:
    """ReportSubmitted, to the authority that is owed it, in the case."""
    to = "HTA" if "SERIOUS_ADVERSE" in report and "BLOOD" not in report else "MHRA"
    data = {
        "report": f"REPORT_KIND_{report}",
        "recipient": AUTHORITY,
        "case": CASE,
        "authority": f"AUTHORITY_{to}",
    }
    return fact("ReportSubmitted", data, {**_UNIT, "at": "2026-04-15T12:00Z"}, changes)


def closed(**changes: object) -> Draft:
    """CaseClosed."""
    data = {"case": CASE, "effectiveness": "everybody was reached"}
    return fact("CaseClosed", data, {**_UNIT, "at": "2026-04-20T09:00Z"}, changes)


def lookback(**changes: object) -> Draft:
    """LookbackOpened, about the donor."""
    data = {"case": CASE, "donor": DONOR, "information": "found positive after the donation"}
    return fact("LookbackOpened", data, {**_UNIT, "at": "2026-04-15T09:00Z"}, changes)


def notice(to: Data = world.CENTRAL, /, **changes: object) -> Draft:
    """NoticeSent, about the chain."""
    data = {"case": CASE, "organisation": to, "coi": CHAIN, "recipient": "NOTICE_RECIPIENT_CLINICIAN"}
    return fact("NoticeSent", data, {**_UNIT, "at": "2026-04-15T10:00Z"}, changes)


def answer(by: Data = world.CENTRAL, /, **changes: object) -> Draft:
    """NoticeAnswered."""
    return fact(
        "NoticeAnswered", {"case": CASE, "organisation": by, "used": 1}, {**_WARD, "at": "2026-04-15T11:00Z"}, changes
    )


OF_CHAIN: Final[Data] = {"coi": CHAIN}


def hold(on: Data = OF_CHAIN, /, **changes: object) -> Draft:
    """LegalHoldPlaced on the records of the chain."""
    data = {**on, "reason": "a claim was announced"}
    return fact("LegalHoldPlaced", data, _UNIT, {"signed": [(DESIGNATED, "APPROVED")], **changes})


def lifted_hold(position: int, on: Data = OF_CHAIN, /, **changes: object) -> Draft:
    """LegalHoldLifted, approved by two."""
    data = {**on, "hold": position, "reason": "the claim was settled"}
    signed = [(DESIGNATED, "APPROVED"), (world.QUALITY, "APPROVED")]
    return fact("LegalHoldLifted", data, {**_UNIT, "at": "2026-04-16T08:30Z"}, {"signed": signed, **changes})


OF_SITE: Final[Data] = {"site": world.POC_SITE}


def handed_over(of: Data = OF_SITE, /, **changes: object) -> Draft:
    """RecordCustodyTransferred: the records of the POC site, accepted by both."""
    data = {
        "giver": world.TREATING,
        "holder": world.CONTROL,
        **of,
        "cause": "RECORD_CUSTODY_REASON_SITE_CEASED",
    }
    signed = [(NURSE, "ACCEPTED"), (world.QUALITY, "ACCEPTED")]
    return fact("RecordCustodyTransferred", data, _WARD, {"signed": signed, **changes})


def disclosure(purpose: str = "INSPECTOR", to: Data = AUTHORITY, /, **changes: object) -> Draft:
    """DisclosureMade; say of whom."""
    data = {"purpose": f"DISCLOSURE_PURPOSE_{purpose}", "recipient": to}
    return fact("DisclosureMade", data, _UNIT, {"signed": [(DESIGNATED, "APPROVED")], **changes})
