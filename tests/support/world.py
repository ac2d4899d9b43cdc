"""A small world in which one patient's cells are taken, made into a medicine and given back: every fact, as a draft.

One function per fact. Each gives a lawful `Draft`; keywords change it. A keyword that names a field of the fact sets
that field (None takes it out); these set what surrounds it:

    at, site, by, checked_by, organisation   when, where, who, the second persons, who records
    source, uncertainty_ms                   how the time was read
    envelope                                 a dict laid over the envelope (None takes a field out)
    exceptions, signed                       FactExceptions as data; (person, meaning) pairs; decisions are signed
    id, validate_only                        the request's key; only asked

Everything passes the door that callers pass, so a test cannot build what a caller could not send.
"""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.about import Kind
from ledger.domain.facts.birth import born
from ledger.domain.facts.catalogue import TYPES, field_name
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope, FactException, LateCode, LateReason
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Identifier
from ledger.domain.identifiers import tag as tags
from ledger.domain.receipt import Draft as Draft  # noqa: PLC0414 - tests name it from here

Data = dict[str, Any]

_IDS: Final = itertools.count(1)
_FRAME: Final = ("at", "site", "by", "checked_by", "organisation", "source", "uncertainty_ms", "envelope", "exceptions")
_REST: Final = ("signed", "id", "validate_only")


def name(scheme: str, value: str) -> Data:
    """An identifier."""
    return {"scheme": scheme, "value": value}


def tag(kind: str, identifier: Mapping[str, Any]) -> str:
    """The tag of an identifier."""
    return tags.tag(kind, identifier["scheme"], identifier["value"])


def time(text: str) -> datetime:
    """A moment, `2026-04-07T08:04Z` or longer."""
    return datetime.fromisoformat(text).astimezone(UTC)


def duration(seconds: int) -> timedelta:
    """Seconds."""
    return timedelta(seconds=seconds)


def quantity(value: str, unit: str = "mL", of: str | None = None) -> Data:
    """An amount."""
    return {"value": value, "unit": unit, **({"of": of} if of else {})}


def filled(material: Data, *contents_: Data, **rest: object) -> Data:
    """A container that was filled."""
    return {"material": material, "contents": list(contents_ or (quantity("100"),)), **rest}


# Who and what there is

COLLECTING, TREATING = name("ods", "RR8"), name("ods", "RXK")
CENTRAL, CONTROL = name("gs1-gln", "9506000140018"), name("gs1-gln", "9506000141008")
CARRIER = name("gs1-gln", "9506000142005")
APHERESIS_UNIT, CENTRAL_SITE = name("ods", "RR813"), name("gs1-gln", "9506000140025")
LABORATORY = name("ods", "RR8L1")
CONTROL_SITE = name("gs1-gln", "9506000141015")
POC_SITE, SECOND_POC_SITE = name("ods", "RXKP1"), name("ods", "RXKP2")
HTA, MIA, MIA_POC = name("hta", "99026"), name("mhra", "MIA-99001"), name("mhra", "MIA-POC-99017")
PRODUCT, MASTER_FILE = name("product.MPC", "demcel"), name("dmmf.MPC", "DMMF-001")

REGISTRAR, CONSULTANT = name("staff.MPC", "0007"), name("gmc", "7999001")
COLLECTOR, SECOND_COLLECTOR = name("nmc", "98I0001E"), name("nmc", "98I0002E")
CELL_OPERATOR, SECOND_OPERATOR = name("staff.PCW", "0112"), name("staff.PCW", "0113")
SCIENTIST, PHARMACIST = name("hcpc", "BS099001"), name("gphc", "2099001")
NURSE, SECOND_NURSE = name("nmc", "98I0003E"), name("nmc", "98I0004E")
QUALITY = name("staff.PCW", "0200")
DESIGNATED, VIROLOGIST = name("staff.RR8", "0301"), name("hcpc", "BS099002")

PATIENT, OTHER_PATIENT = name("pseudonym", "01KMZ8Y0TE5Q7V"), name("pseudonym", "01KMWN3G52R8J6")
CHAIN, OTHER_CHAIN = name("isbt128-coi", "CHA999926000017"), name("isbt128-coi", "CHA999926000018")
DONATION, OTHER_DONATION = name("isbt128-din", "A999926123456"), name("isbt128-din", "A999926123457")
TUBE = name("sample.RR8", "V-26-04411")
BAG_A, BAG_B = (
    name("isbt128-mpho", "A9999S1128A999926123456A00000"),
    name("isbt128-mpho", "A9999S1128A999926123456B00000"),
)
OTHER_BAG = name("isbt128-mpho", "A9999S1128A999926123457A00000")
"""A container of another donation, which no fact of the story names."""
CELLS, FINAL = (
    name("isbt128-mpho", "A9997A0001A999926123456A00000"),
    name("isbt128-mpho", "A9996A0002A999926123456A00000"),
)
FIRST_CONSIGNMENT, SECOND_CONSIGNMENT = name("gs1-sscc", "395060000260001174"), name("gs1-sscc", "395060000260003420")
CENTRAL_BATCH, POC_BATCH = name("batch.PCW", "26-0042"), name("batch.MPC", "26-0042")
VECTOR_LOT = name("lot.VEC", "V123")
OTHER_CONSIGNMENT = name("gs1-sscc", "395060000260005554")
"""A consignment that no fact of the story names."""
SCANNER, SHIPPER = name("gs1-giai", "95060001SCN0007"), name("gs1-giai", "95060001SHP0031")
DESIGNATION, CONTAINED = name("mhra-designation", "DES-99001"), name("hse", "GM-99001")
CARRIAGE, AUTHORISATION = name("agreement.MPC", "CAR-1"), name("mhra", "PL-99001/0001")

MATCHING: Final = [
    {"field": "IDENTITY_FIELD_WRISTBAND", "outcome": "CHECK_OUTCOME_MATCH"},
    {"field": "IDENTITY_FIELD_DATE_OF_BIRTH", "outcome": "CHECK_OUTCOME_MATCH"},
]
DIFFERING: Final = [
    {"field": "IDENTITY_FIELD_WRISTBAND", "outcome": "CHECK_OUTCOME_DIFFERS"},
    {"field": "IDENTITY_FIELD_DATE_OF_BIRTH", "outcome": "CHECK_OUTCOME_MATCH"},
]
DEVIATION: Final = {
    "kind": "EXCEPTION_KIND_DEVIATION",
    "reason_code": "DEVIATION_REASON_EMERGENCY",
    "reason": "it had happened",
}
"""An exception that lets a happening be recorded although a rule bars it."""


_OF_CELLS: Final = ("CONTENTS", "ESTABLISHMENT", "EXPIRY", "AUTOLOGOUS_USE_ONLY")

ON_THE_LABEL: Final[Mapping[str, tuple[str, ...]]] = {
    "TISSUE": _OF_CELLS,
    "STARTING_MATERIAL": _OF_CELLS,
    "PRODUCT": ("PRODUCT", "CONTENTS", "ROUTE", "EXPIRY", "AUTOLOGOUS_USE_ONLY"),
    "INVESTIGATIONAL": (
        *("TRIAL_USE_ONLY", "SPONSOR", "TRIAL", "PARTICIPANT", "ACTIVE_SUBSTANCE", "CONTENTS", "DIRECTIONS", "ROUTE"),
        *("STORAGE", "EXPIRY"),
    ),
    "SHIPPING": (
        *("TISSUES_AND_CELLS", "SENDER", "CONSIGNEE", "CONTACT", "SENT_ON", "STORAGE", "DO_NOT_IRRADIATE"),
        "AUTOLOGOUS_USE_ONLY",
    ),
}
"""What stands on a whole label of some regimes beside its identifiers."""


def items(*words: str, of: str = "") -> list[str]:
    """Items of a label: those named, and all that a regime asks for."""
    return [f"LABEL_ITEM_{word}" for word in (*words, *ON_THE_LABEL.get(of, ()))]


FORM: Final[Data] = {"sha256": bytes(32), "media_type": "application/pdf"}
"""A scanned form."""


def override(approver: Data, /, *, signed: bool = True, meaning: str = "APPROVED", **rest: object) -> Data:
    """An exception by which the owner of a risk takes it on."""
    signature = {"signature": signature_of(approver, meaning)} if signed else {}
    return {
        "kind": "EXCEPTION_KIND_OVERRIDE",
        "reason_code": "DEVIATION_REASON_CLINICAL_DECISION",
        "reason": "the patient cannot wait",
        "approver": approver,
        **signature,
        **rest,
    }


def signature_of(person: Data, meaning: str = "PERFORMED") -> Data:
    """A signature."""
    return {
        "person": person,
        "printed_name": "A member of staff",
        "meaning": f"SIGNATURE_MEANING_{meaning}",
        "signed_at": time("2026-01-05T10:00:00Z"),
        "content_hash": bytes(32),
    }


# Making drafts


def envelope_of(frame: Mapping[str, Any]) -> Data:
    """The envelope, as data, of what surrounds a fact."""
    moment = {
        "time": time(frame["at"]) if isinstance(frame["at"], str) else frame["at"],
        "utc_offset": frame.get("utc_offset", "+01:00"),
        "source": f"TIME_SOURCE_{frame.get('source', 'OPERATOR')}",
    }
    if frame.get("uncertainty_ms") is not None:
        moment["uncertainty_ms"] = frame["uncertainty_ms"]
    whole = {
        "occurred_at": moment,
        "place": {"site": frame["site"]},
        "performed_by": frame["by"],
        "organisation": frame["organisation"],
    }
    if frame.get("checked_by"):
        whole["verified_by"] = list(frame["checked_by"])
    if frame.get("source") == "TRANSCRIBED":
        whole["transcription"] = {"transcribed_by": frame["by"], "verified_by": REGISTRAR, "scanned_form": FORM}
    if frame.get("signed"):
        whole["signatures"] = [signature_of(person, meaning) for person, meaning in frame["signed"]]
    return _over(whole, frame.get("envelope") or {})


def _over(below: Data, above: Mapping[str, Any]) -> Data:
    return {key: value for key, value in {**below, **above}.items() if value is not None}


def content_of(fact_type: str, fact: Mapping[str, Any], frame: Mapping[str, Any]) -> Content:
    """Any fact, through the door that callers pass."""
    return Content(
        id=frame.get("id") or UUID(int=next(_IDS)),
        type=fact_type,
        envelope=born(Envelope, envelope_of(frame), "envelope"),
        fact=born(TYPES[fact_type], dict(fact), "fact"),
        exceptions=tuple(born(FactException, item, "exceptions") for item in frame.get("exceptions") or ()),
    )


def covered(content: Content) -> Content:
    """The same content, its signatures over the hash that they cover; a hash given on purpose stays."""
    signatures = content.envelope.signatures
    if not any(signature.content_hash == bytes(32) for signature in signatures):
        return content
    digest = contents.digest(contents.signed_octets(content))
    signed = tuple(
        msgspec.structs.replace(one, content_hash=digest) if one.content_hash == bytes(32) else one
        for one in signatures
    )
    return msgspec.structs.replace(content, envelope=msgspec.structs.replace(content.envelope, signatures=signed))


def draft_of(content: Content, *, validate_only: bool = False) -> Draft:
    """A draft of content, recorded by the organisation in its envelope."""
    organisation = content.envelope.organisation or Identifier(**TREATING)
    return Draft(
        content=content,
        octets=contents.encode(content),
        recorder=Recorder(organisation=organisation, system="test"),
        validate_only=validate_only,
    )


_UNPUNCTUAL: Final = LateReason(code=LateCode.NOT_KNOWN_BEFORE, text="learnt of later")


def excused(draft: Draft) -> Draft:
    """The same draft, with a reason for coming late where it has none and its kind asks for one."""
    content = draft.content
    late = TYPES[content.type].about.kind in (Kind.HAPPENING, Kind.SAFETY_ACT)
    if not late or content.envelope.late_reason is not None:
        return draft
    envelope = msgspec.structs.replace(content.envelope, late_reason=_UNPUNCTUAL)
    bare = tuple(msgspec.structs.replace(one, content_hash=bytes(32)) for one in envelope.signatures)
    again = covered(msgspec.structs.replace(content, envelope=msgspec.structs.replace(envelope, signatures=bare)))
    with_reason = draft_of(again, validate_only=draft.validate_only)
    return msgspec.structs.replace(with_reason, recorder=draft.recorder)


def fact(fact_type: str, data: Data, frame: Data, changes: Mapping[str, object]) -> Draft:
    """A draft of a fact: its data and frame with the changes laid over both."""
    around = {key: value for key, value in changes.items() if key in (*_FRAME, *_REST)}
    inside = {key: value for key, value in changes.items() if key not in around}
    whole = {**frame, **around}
    about = TYPES[fact_type].about
    if about.kind is Kind.DECISION and "signed" not in whole:
        whole["signed"] = [(whole["by"], choice[0].name) for choice in about.signatures]
    content = covered(content_of(fact_type, _over(data, inside), whole))
    return draft_of(content, validate_only=bool(whole.get("validate_only")))


_EXAMPLES: Final = Path(__file__).resolve().parents[1] / "golden" / "content"


def sample(fact_type: str, **changes: object) -> Draft:
    """The smallest example of any type, with changes laid over it; for types that have no builder of their own."""
    stored = msgspec.json.decode((_EXAMPLES / f"{fact_type}.minimal.json").read_bytes())
    return fact(fact_type, stored["fact"], {"at": "2026-04-14T10:30Z", **_WARD, "checked_by": [SECOND_NURSE]}, changes)


_REGISTRY: Final[Data] = {
    "at": "2026-03-02T09:00Z",
    "site": CONTROL_SITE,
    "by": REGISTRAR,
    "organisation": CONTROL,
}
_WARD: Final[Data] = {"site": POC_SITE, "by": NURSE, "organisation": TREATING}
_LAB: Final[Data] = {"site": POC_SITE, "by": SCIENTIST, "checked_by": [PHARMACIST], "organisation": TREATING}
_UNIT: Final[Data] = {
    "site": APHERESIS_UNIT,
    "by": COLLECTOR,
    "checked_by": [SECOND_COLLECTOR],
    "organisation": COLLECTING,
}
_WORKS: Final[Data] = {
    "site": CENTRAL_SITE,
    "by": CELL_OPERATOR,
    "checked_by": [SECOND_OPERATOR],
    "organisation": CENTRAL,
}

# Registers


def organisation(organisation: Data = TREATING, /, **changes: object) -> Draft:
    """OrganisationRegistered."""
    data = {
        "organisation": organisation,
        "name": "An organisation",
        "roles": ["ORGANISATION_ROLE_HOSPITAL"],
        "nation": "NATION_ENGLAND",
        "effective_from": "2026-01-05",
    }
    return fact("OrganisationRegistered", data, _REGISTRY, changes)


def basis(activity: str, licence: Data | None = None, **rest: object) -> Data:
    """What a site relies on for an activity."""
    named = {"licence": licence} if licence is not None else {}
    return {"activity": f"ACTIVITY_{activity}", "effective_from": "2026-01-05", **named, **rest}


CONTAINED_USE: Final = basis("CONTAINED_USE", CONTAINED)
"""Where genetically modified cells are worked on."""


def site(place: Data = POC_SITE, run_by: Data = TREATING, /, **changes: object) -> Draft:
    """SiteRegistered; `run_by` is its organisation."""
    data = {
        "site": place,
        "kind": "SITE_KIND_FIXED",
        "nation": "NATION_ENGLAND",
        "organisation": run_by,
        "effective_from": "2026-01-05",
    }
    return fact("SiteRegistered", data, _REGISTRY, changes)


def poc_site(place: Data = POC_SITE, /, **changes: object) -> Draft:
    """SiteRegistered, under the control site."""
    return site(
        place,
        TREATING,
        **{"control_site": CONTROL_SITE, "bases": [basis("MANUFACTURE", MIA_POC), CONTAINED_USE], **changes},
    )


def central_site(**changes: object) -> Draft:
    """SiteRegistered: of the central manufacturer."""
    return site(CENTRAL_SITE, CENTRAL, **{"bases": [basis("MANUFACTURE", MIA), CONTAINED_USE], **changes})


def person(person: Data = NURSE, /, **changes: object) -> Draft:
    """PersonRegistered."""
    return fact("PersonRegistered", {"person": person, "effective_from": "2026-01-05"}, _REGISTRY, changes)


def role(person: Data, role: str, /, **changes: object) -> Draft:
    """RoleGranted; say the scope: `at_site`, `in_organisation` or `on_licence`."""
    scopes = {"at_site": "site", "in_organisation": "organisation", "on_licence": "licence"}
    named = {scopes[key]: changes.pop(key) for key in tuple(changes) if key in scopes}
    data = {"person": person, "role": f"ROLE_{role}", "effective_from": "2026-01-05", **named}
    return fact("RoleGranted", data, _REGISTRY, changes)


def product(**changes: object) -> Draft:
    """ProductRegistered: autologous, two hours from completion to the start, two people and two identifiers."""
    data = {
        "product": PRODUCT,
        "organisation": CONTROL,
        "name": "Demcel",
        "product_class": "PRODUCT_CLASS_GENE_THERAPY",
        "intended_use": "INTENDED_USE_AUTOLOGOUS",
        "patient_specific": True,
        "multi_dose": False,
        "in_use_limit_seconds": 7200,
        "gene_modified": True,
        "effective_from": "2026-01-05",
    }
    return fact("ProductRegistered", data, _REGISTRY, changes)


def licence(licence: Data = MIA_POC, /, **changes: object) -> Draft:
    """LicenceGranted: of the control site, for point-of-care manufacture of the product."""
    data = {
        "licence": licence,
        "change": "GRANT_CHANGE_GRANTED",
        "authority": "AUTHORITY_MHRA",
        "kind": "LICENCE_KIND_MANUFACTURING",
        "modes": ["MANUFACTURING_MODE_POINT_OF_CARE"],
        "organisation": CONTROL,
        "nation": "NATION_ENGLAND",
        "sites": [CONTROL_SITE],
        "activities": ["ACTIVITY_MANUFACTURE", "ACTIVITY_ASSEMBLY"],
        "product_lines": [{"product": PRODUCT}],
        "effective_from": "2026-01-05",
    }
    holder = {"organisation": changes.pop("held_by")} if "held_by" in changes else {}
    return fact("LicenceGranted", {**data, **holder}, _REGISTRY, changes)


def tissue_licence(**changes: object) -> Draft:
    """LicenceGranted: of the collecting hospital, by the HTA."""
    ours = {
        "authority": "AUTHORITY_HTA",
        "kind": "LICENCE_KIND_HUMAN_APPLICATION",
        "modes": None,
        "held_by": COLLECTING,
        "sites": [APHERESIS_UNIT, LABORATORY],
        "activities": ["ACTIVITY_PROCUREMENT", "ACTIVITY_TESTING", "ACTIVITY_PROCESSING", "ACTIVITY_STORAGE"],
        "product_lines": None,
    }
    return licence(HTA, **{**ours, **changes})


def central_licence(**changes: object) -> Draft:
    """LicenceGranted: of the central manufacturer."""
    ours = {"modes": None, "held_by": CENTRAL, "sites": [CENTRAL_SITE], "activities": ["ACTIVITY_MANUFACTURE"]}
    return licence(MIA, **{**ours, **changes})


def masterfile(**changes: object) -> Draft:
    """MasterFileVersionApproved: both POC sites, local release on critical parameters."""
    data = {
        "masterfile": MASTER_FILE,
        "product": PRODUCT,
        "licence": MIA_POC,
        "version": "1.0",
        "sites": [{"site": POC_SITE}, {"site": SECOND_POC_SITE}],
        "release_model": "RELEASE_MODEL_CRITICAL_PARAMETERS",
        "applies_to_batches_in_process": False,
        "effective_from": "2026-01-12",
    }
    return fact("MasterFileVersionApproved", data, _REGISTRY, changes)


def suspension(place: Data = POC_SITE, /, **changes: object) -> Draft:
    """SiteSuspendedByLicensingAuthority; `since` is its effective_from."""
    data = {"site": place, "effective_from": time("2026-04-13T08:00Z")}
    if "since" in changes:
        data["effective_from"] = time(str(changes.pop("since")))
    return fact("SiteSuspendedByLicensingAuthority", data, {**_REGISTRY, "at": "2026-04-13T08:20Z"}, changes)


def suspended_licence(licence: Data = MIA_POC, /, **changes: object) -> Draft:
    """LicenceSuspended, all of it; `since` is its effective_from."""
    return _from_then("LicenceSuspended", {"licence": licence, "scope": "LICENCE_SCOPE_ALL"}, changes)


def reinstated_licence(licence: Data = MIA_POC, /, **changes: object) -> Draft:
    """LicenceReinstated, all of it; `since` is its effective_from."""
    data = {"licence": licence, "scope": "LICENCE_SCOPE_ALL", "reference": "GMP-99001"}
    return _from_then("LicenceReinstated", data, changes)


def ended_licence(licence: Data = MIA_POC, /, **changes: object) -> Draft:
    """LicenceEnded: given up, with a custodian of its records; `since` is its effective_from."""
    data = {"licence": licence, "reason": "LICENCE_END_REASON_SURRENDERED", "records_custodian": TREATING}
    return _from_then("LicenceEnded", data, changes)


def _from_then(fact_type: str, data: Data, changes: dict[str, Any]) -> Draft:
    since = time(str(changes.pop("since", "2026-04-13T08:00Z")))
    return fact(fact_type, {**data, "effective_from": since}, {**_REGISTRY, "at": "2026-04-13T08:20Z"}, changes)


def agreement(agreement: Data, /, **changes: object) -> Draft:
    """AgreementSigned: a third-party agreement of the tissue establishment with itself as the acceptor's hospital."""
    data = {
        "agreement": agreement,
        "giver": CENTRAL,
        "acceptor": COLLECTING,
        "purpose": "AGREEMENT_PURPOSE_THIRD_PARTY",
        "activities": ["ACTIVITY_PROCUREMENT"],
        "effective_from": "2026-01-05",
    }
    return fact("AgreementSigned", data, _REGISTRY, changes)


def ended_agreement(agreement: Data, /, **changes: object) -> Draft:
    """AgreementEnded; `since` is its effective_from."""
    return _from_then("AgreementEnded", {"agreement": agreement}, changes)


def carriage(**changes: object) -> Draft:
    """AgreementSigned: of the central manufacturer with its carrier."""
    ours = {"acceptor": CARRIER, "purpose": "AGREEMENT_PURPOSE_CARRIER", "activities": ["ACTIVITY_TRANSPORT"]}
    return agreement(CARRIAGE, **{**ours, **changes})


def authorisation(**changes: object) -> Draft:
    """AuthorisationGranted: a marketing authorisation of the product."""
    data = {
        "authorisation": AUTHORISATION,
        "product": PRODUCT,
        "organisation": CONTROL,
        "change": "AUTHORISATION_CHANGE_GRANTED",
        "kind": "AUTHORISATION_KIND_MARKETING_AUTHORISATION",
        "effective_from": "2026-01-05",
    }
    return fact("AuthorisationGranted", data, _REGISTRY, changes)


def designation(**changes: object) -> Draft:
    """DesignationGranted: the product, for the point of care."""
    data = {
        "designation": DESIGNATION,
        "product": PRODUCT,
        "mode": "MANUFACTURING_MODE_POINT_OF_CARE",
        "effective_from": "2026-01-05",
    }
    return fact("DesignationGranted", data, _REGISTRY, changes)


def equipment(equipment: Data = SHIPPER, kind: str = "SHIPPER", /, **changes: object) -> Draft:
    """EquipmentRegistered, at the central site; `of` is the site that it belongs to."""
    data = {
        "equipment": equipment,
        "site": changes.pop("of", CENTRAL_SITE),
        "kind": f"EQUIPMENT_KIND_{kind}",
        "effective_from": "2026-01-05",
    }
    return fact("EquipmentRegistered", data, _REGISTRY, changes)


def qualification(equipment: Data = SHIPPER, what: str = "SHIPPER", /, **changes: object) -> Draft:
    """EquipmentQualified: passed."""
    data = {
        "equipment": equipment,
        "what": f"QUALIFICATION_KIND_{what}",
        "outcome": "QUALIFICATION_OUTCOME_PASSED",
        "effective_from": "2026-01-05",
    }
    return fact("EquipmentQualified", data, _REGISTRY, changes)


def training(person: Data, step: str, /, **changes: object) -> Draft:
    """TrainingCompleted, for one step; `there` is the site."""
    data = {
        "person": person,
        "site": changes.pop("there", POC_SITE),
        "steps": [step],
        "effective_from": "2026-01-05",
    }
    return fact("TrainingCompleted", data, _REGISTRY, changes)


def ended_role(person: Data, role: str, /, **changes: object) -> Draft:
    """RoleEnded; say the scope as for `role`."""
    scopes = {"at_site": "site", "in_organisation": "organisation", "on_licence": "licence"}
    named = {scopes[key]: changes.pop(key) for key in tuple(changes) if key in scopes}
    data = {"person": person, "role": f"ROLE_{role}", "effective_from": "2026-04-10", **named}
    return fact("RoleEnded", data, _REGISTRY, changes)


def rulebook(**changes: object) -> Draft:
    """RulebookAdopted."""
    data = {"organisation": CONTROL, "number": 0, "rules": [{"rule": "I1", "revision": 1}]}
    return fact("RulebookAdopted", data, _REGISTRY, changes)


def lot(lot: Data = VECTOR_LOT, /, **changes: object) -> Draft:
    """LotRegistered: the vector."""
    data = {
        "lot": lot,
        "supplier": CENTRAL,
        "item": "Vector",
        "kind": "LOT_KIND_VECTOR",
        "expiry": "2027-03",
        "effective_from": "2026-01-05",
    }
    return fact("LotRegistered", data, _REGISTRY, changes)


def lot_release(lot: Data = VECTOR_LOT, /, **changes: object) -> Draft:
    """LotReleased: everywhere, for everything; a decision, which counts from its recording."""
    return fact("LotReleased", {"lot": lot}, _REGISTRY, changes)


# The story


def prescription(**changes: object) -> Draft:
    """TherapyPrescribed."""
    data = {"coi": CHAIN, "patient": PATIENT, "product": PRODUCT, "basis": "PRESCRIPTION_BASIS_PRESCRIPTION"}
    return fact("TherapyPrescribed", data, {**_WARD, "by": CONSULTANT, "at": "2026-03-30T09:12Z"}, changes)


def chain(coi: Data = CHAIN, patient: Data = PATIENT, /, **changes: object) -> Draft:
    """CoiAssigned."""
    data = {
        "coi": coi,
        "patient": patient,
        "allocator": TREATING,
        "product": PRODUCT,
        "intended_use": "INTENDED_USE_AUTOLOGOUS",
    }
    frame = {**_WARD, "by": CONSULTANT, "checked_by": [NURSE], "at": "2026-03-30T09:20Z"}
    return fact("CoiAssigned", data, frame, changes)


def consent(patient: Data | None = PATIENT, /, **changes: object) -> Draft:
    """ConsentRecorded, to everything, for the chain."""
    kinds = ["PROCUREMENT_STORAGE_USE", "TREATMENT"]
    data = {
        "patient": patient,
        "coi": CHAIN,
        "kinds": [f"CONSENT_KIND_{kind}" for kind in kinds],
        "given_by": "CONSENT_GIVER_SELF",
    }
    return fact("ConsentRecorded", _over(data, {}), {**_WARD, "by": CONSULTANT, "at": "2026-03-31T13:05Z"}, changes)


def withdrawal(**changes: object) -> Draft:
    """ConsentWithdrawn, all of it."""
    return fact("ConsentWithdrawn", {"patient": PATIENT}, {**_WARD, "at": "2026-04-06T10:00Z"}, changes)


def identification(patient: Data | None = PATIENT, /, **changes: object) -> Draft:
    """DonorIdentified, in person."""
    data = {
        "patient": patient,
        "coi": CHAIN,
        "how": "IDENTIFICATION_METHOD_IN_PERSON",
        "checks": MATCHING,
        "asked_aloud": True,
    }
    return fact("DonorIdentified", _over(data, {}), {**_UNIT, "at": "2026-04-07T07:42Z"}, changes)


def sampling(patient: Data | None = PATIENT, /, **changes: object) -> Draft:
    """DonorTestsSampled: one tube, before the needle."""
    data = {"patient": patient, "donation": DONATION, "samples": [TUBE]}
    return fact("DonorTestsSampled", _over(data, {}), {**_UNIT, "checked_by": [], "at": "2026-04-07T07:50Z"}, changes)


def marker(marker: str, result: str = "NON_REACTIVE", **rest: object) -> Data:
    """One marker's result."""
    return {"marker": f"DONOR_MARKER_{marker}", "result": f"REACTIVITY_{result}", **rest}


MINIMUM: Final = ("ANTI_HIV_1_2", "HBSAG", "ANTI_HBC", "ANTI_HCV", "SYPHILIS")
"""The minimum tests of a donor."""


def results(patient: Data | None = PATIENT, /, **changes: object) -> Draft:
    """DonorTestsResulted: all minimum tests negative, the next morning."""
    data = {
        "patient": patient,
        "donation": DONATION,
        "sample": TUBE,
        "results": [marker(item) for item in MINIMUM],
        "laboratory": COLLECTING,
    }
    frame = {**_UNIT, "site": LABORATORY, "by": VIROLOGIST, "checked_by": [], "at": "2026-04-08T05:10Z"}
    return fact("DonorTestsResulted", _over(data, {}), frame, changes)


def eligibility(patient: Data | None = PATIENT, /, **changes: object) -> Draft:
    """DonorEligibilityDecided: eligible."""
    data = {"patient": patient, "donation": DONATION, "coi": CHAIN, "outcome": "DONOR_ELIGIBILITY_ELIGIBLE"}
    frame = {**_UNIT, "by": DESIGNATED, "checked_by": [], "at": "2026-04-08T05:30Z"}
    return fact("DonorEligibilityDecided", _over(data, {}), frame, changes)


def circulation(**changes: object) -> Draft:
    """MaterialReleasedForCirculation: both bags, by the Designated Individual."""
    data = {"materials": [BAG_A, BAG_B], "donation": DONATION}
    frame = {**_UNIT, "by": DESIGNATED, "checked_by": [], "at": "2026-04-08T05:40Z"}
    return fact("MaterialReleasedForCirculation", data, frame, changes)


def acceptance(**changes: object) -> Draft:
    """MaterialAccepted: both bags to use, every check of the arrival right, by the manufacturer's QA."""
    checks = dict.fromkeys(("transport", "logger", "seals", "labels", "documents"), "CHECK_OUTCOME_MATCH")
    data = {
        "materials": [BAG_A, BAG_B],
        "consignment": FIRST_CONSIGNMENT,
        **checks,
        "disposition": "ACCEPTANCE_DISPOSITION_TO_USE",
    }
    return fact(
        "MaterialAccepted", data, {**_WORKS, "by": QUALITY, "checked_by": [], "at": "2026-04-08T06:00Z"}, changes
    )


def apheresis(**changes: object) -> Draft:
    """ApheresisPerformed: 118 mL and 104 mL, from 08:04 to 12:06."""
    data = {
        "coi": CHAIN,
        "donation": DONATION,
        "autologous": {"patient": PATIENT},
        "ended_at": time("2026-04-07T12:06Z"),
        "bags": [
            filled(BAG_A, quantity("118"), quantity("1.40", "10*9", "viable-cd3")),
            filled(BAG_B, quantity("104"), quantity("1.20", "10*9", "viable-cd3")),
        ],
        "lots": [{"lot": name("lot.APX", "AS-77120"), "item": "Apheresis set"}],
        "no_reaction": True,
    }
    frame = {**_UNIT, "at": "2026-04-07T08:04Z", "source": "DEVICE"}
    return fact("ApheresisPerformed", data, frame, changes)


_CARRIED: Final[Data] = {
    "transport": "TRANSPORT_CARRIER",
    "carrier": CARRIER,
    "agreement": CARRIAGE,
    "shippers": [SHIPPER],
    "min_celsius": "2",
    "max_celsius": "8",
}
"""How a consignment travels between premises."""


def dispatch(**changes: object) -> Draft:
    """ConsignmentDispatched: both bags to the central site, in quarantine until the donor's tests are in."""
    data = {
        "consignment": FIRST_CONSIGNMENT,
        "materials": [BAG_A, BAG_B],
        "destination": CENTRAL_SITE,
        "due_by": time("2026-04-08T13:00Z"),
        **_CARRIED,
        "quarantine_transfer": True,
    }
    return fact("ConsignmentDispatched", data, {**_UNIT, "checked_by": [], "at": "2026-04-07T13:00Z"}, changes)


def receipt(**changes: object) -> Draft:
    """ConsignmentReceived: both bags at the central site."""
    data = {
        "consignment": FIRST_CONSIGNMENT,
        "materials": [BAG_A, BAG_B],
        "contents": "CHECK_OUTCOME_MATCH",
        "labels": "CHECK_OUTCOME_MATCH",
    }
    return fact("ConsignmentReceived", data, {**_WORKS, "at": "2026-04-07T18:36Z"}, changes)


def central_batch(**changes: object) -> Draft:
    """BatchOpened at the central site."""
    data = {
        "batch": CENTRAL_BATCH,
        "product": PRODUCT,
        "coi": CHAIN,
        "mode": "MANUFACTURING_MODE_CENTRAL",
        "licence": MIA,
    }
    return fact("BatchOpened", data, {**_WORKS, "at": "2026-04-08T06:30Z"}, changes)


def modification(**changes: object) -> Draft:
    """CellsModified: both bags into 60 mL of cells."""
    data = {
        "batch": CENTRAL_BATCH,
        "method": "MODIFICATION_METHOD_TRANSDUCTION",
        "inputs": [{"material": BAG_A}, {"material": BAG_B}],
        "outputs": [filled(CELLS, quantity("60"), quantity("1.90", "10*9", "viable-cd3"))],
        "lots": [{"lot": VECTOR_LOT, "item": "Vector", "quantity": quantity("9.5")}],
        "ended_at": time("2026-04-09T08:40Z"),
    }
    return fact("CellsModified", data, {**_WORKS, "at": "2026-04-08T07:15Z", "source": "DEVICE"}, changes)


def second_dispatch(**changes: object) -> Draft:
    """ConsignmentDispatched: the cells to the POC site."""
    data = {
        "consignment": SECOND_CONSIGNMENT,
        "materials": [CELLS],
        "destination": POC_SITE,
        "due_by": time("2026-04-14T04:10Z"),
        **_CARRIED,
    }
    return fact("ConsignmentDispatched", data, {**_WORKS, "checked_by": [], "at": "2026-04-13T16:10Z"}, changes)


def second_receipt(**changes: object) -> Draft:
    """ConsignmentReceived: the cells at the POC site."""
    data = {
        "consignment": SECOND_CONSIGNMENT,
        "materials": [CELLS],
        "contents": "CHECK_OUTCOME_MATCH",
        "labels": "CHECK_OUTCOME_MATCH",
    }
    return fact("ConsignmentReceived", data, {**_LAB, "at": "2026-04-13T20:55Z"}, changes)


def poc_batch(**changes: object) -> Draft:
    """BatchOpened at the POC site."""
    data = {
        "batch": POC_BATCH,
        "product": PRODUCT,
        "coi": CHAIN,
        "mode": "MANUFACTURING_MODE_POINT_OF_CARE",
        "licence": MIA_POC,
        "masterfile": MASTER_FILE,
        "masterfile_version": "1.0",
    }
    return fact("BatchOpened", data, {**_LAB, "at": "2026-04-14T06:30Z"}, changes)


def completion(**changes: object) -> Draft:
    """ManufactureCompleted: one final container of 50 mL, completed at 09:48."""
    data = {
        "batch": POC_BATCH,
        "inputs": [{"material": CELLS}],
        "containers": [
            filled(FINAL, quantity("50"), quantity("0.58", "10*9", "viable-cd3"), expires_at=time("2026-04-14T15:48Z"))
        ],
        "losses": [quantity("10")],
        "completed_at": time("2026-04-14T09:48Z"),
    }
    return fact("ManufactureCompleted", data, {**_LAB, "at": "2026-04-14T07:10Z", "source": "DEVICE"}, changes)


def label(**changes: object) -> Draft:
    """LabelApplied: the product's, on the final container."""
    identifiers = {"batch": POC_BATCH, "coi": CHAIN, "donation": DONATION, "patient": PATIENT}
    data = {"material": FINAL, "regime": "LABEL_REGIME_PRODUCT", "items": items(of="PRODUCT"), **identifiers}
    return fact("LabelApplied", data, {**_LAB, "at": "2026-04-14T09:50Z"}, changes)


def release(**changes: object) -> Draft:
    """PointOfCareReleased."""
    data = {
        "batch": POC_BATCH,
        "materials": [FINAL],
        "masterfile": MASTER_FILE,
        "release_model": "RELEASE_MODEL_CRITICAL_PARAMETERS",
        "critical_parameters_met": True,
        "oversight": "QP-MPC-2026-0204",
    }
    return fact("PointOfCareReleased", data, {**_WARD, "by": PHARMACIST, "at": "2026-04-14T09:58Z"}, changes)


def check(**changes: object) -> Draft:
    """BedsideIdentityChecked: a match, by two nurses."""
    data = {
        "materials": [FINAL],
        "patient": PATIENT,
        "coi": CHAIN,
        "scanned_patient": PATIENT,
        "checks": MATCHING,
        "outcome": "IDENTITY_OUTCOME_MATCH",
    }
    return fact(
        "BedsideIdentityChecked", data, {**_WARD, "checked_by": [SECOND_NURSE], "at": "2026-04-14T10:20Z"}, changes
    )


def start(**changes: object) -> Draft:
    """AdministrationStarted."""
    data = {"material": FINAL, "patient": PATIENT, "coi": CHAIN, "route": "intravenous"}
    return fact(
        "AdministrationStarted", data, {**_WARD, "checked_by": [SECOND_NURSE], "at": "2026-04-14T10:27Z"}, changes
    )


def end(**changes: object) -> Draft:
    """AdministrationEnded: all 50 mL."""
    data = {
        "material": FINAL,
        "patient": PATIENT,
        "coi": CHAIN,
        "given": [quantity("50")],
        "remainder": "REMAINDER_DISPOSITION_NONE_LEFT",
        "no_incidents": True,
    }
    return fact(
        "AdministrationEnded", data, {**_WARD, "checked_by": [SECOND_NURSE], "at": "2026-04-14T10:52Z"}, changes
    )


# Records about facts

_LATER: Final[Data] = {**_WARD, "at": "2026-04-14T12:30Z"}


def as_deviation(position: int, **changes: object) -> Draft:
    """RecordedAsDeviation."""
    data = {"position": position, "reason_code": "DEVIATION_REASON_EMERGENCY", "reason": "it had happened"}
    return fact("RecordedAsDeviation", data, _LATER, changes)


def did_not_happen(position: int, **changes: object) -> Draft:
    """DidNotHappen, signed by whoever says so."""
    data = {"position": position, "reason": "DID_NOT_HAPPEN_REASON_NEVER_DONE", "explanation": "it was planned only"}
    return fact("DidNotHappen", data, _LATER, {"signed": [(changes.get("by", NURSE), "PERFORMED")], **changes})


def corrected(position: int, right: Draft | None = None, *, with_envelope: bool = False, **changes: object) -> Draft:
    """Corrected: the fact of `right` replaces the target's, and its envelope too when asked; signed."""
    data: Data = {"position": position, "reason_code": "CORRECTION_REASON_TYPING_ERROR", "reason": "typed wrongly"}
    if right is not None:
        data["fact"] = {field_name(right.content.type): plain(right)["fact"]}
    if right is not None and with_envelope:
        data["envelope"] = plain(right)["envelope"]
    return fact("Corrected", data, _LATER, {"signed": [(changes.get("by", NURSE), "PERFORMED")], **changes})


def proceeding(position: int, **changes: object) -> Draft:
    """ProceedingAgainstRefusal: the treating physician goes on with the final container, signed."""
    data = {
        "position": position,
        "rules": ["R5"],
        "reason_code": "DEVIATION_REASON_CLINICAL_DECISION",
        "reason": "cells are viable and the patient was conditioned",
        "material": FINAL,
        "patient": PATIENT,
    }
    by = changes.get("by", CONSULTANT)
    frame = {**_LATER, "by": CONSULTANT}
    return fact("ProceedingAgainstRefusal", data, frame, {"signed": [(by, "PERFORMED")], **changes})


def confirmed(position: int, **changes: object) -> Draft:
    """DeviationConfirmed: by the second nurse, signed."""
    by = changes.get("by", SECOND_NURSE)
    frame = {**_LATER, "by": SECOND_NURSE}
    data = {"deviation": name("ledger", str(position)), "reference": "RXK-DEV-2026-118"}
    return fact("DeviationConfirmed", data, frame, {"signed": [(by, "VERIFIED")], **changes})


def assessed(position: int, owner: str = "QUALITY", /, **changes: object) -> Draft:
    """DeviationAssessed: fit for use, by the manufacturer's quality assurance, signed."""
    by = changes.get("by", QUALITY)
    frame = {**_WORKS, "at": "2026-04-14T12:40Z", "by": QUALITY, "checked_by": None}
    data = {
        "deviation": name("ledger", str(position)),
        "outcome": "DEVIATION_OUTCOME_USE",
        "owner": f"RISK_OWNER_{owner}",
        "reason": "no impact on identity or quality",
    }
    return fact("DeviationAssessed", data, frame, {"signed": [(by, "APPROVED")], **changes})


def plain(draft: Draft) -> Data:
    """The stored form of a draft's content, as plain data."""
    data: Data = msgspec.json.decode(draft.octets)
    return data


# Sequences


def _registers() -> dict[str, Draft]:
    organisations = {"control": CONTROL, "central": CENTRAL, "collecting": COLLECTING, "treating": TREATING}
    people = (
        CONSULTANT,
        COLLECTOR,
        SECOND_COLLECTOR,
        CELL_OPERATOR,
        SECOND_OPERATOR,
        SCIENTIST,
        PHARMACIST,
        NURSE,
        QUALITY,
        DESIGNATED,
        VIROLOGIST,
    )
    return {
        **{slot: organisation(item) for slot, item in organisations.items()},
        "tissue_licence": tissue_licence(),
        "central_licence": central_licence(),
        "licence": licence(),
        "apheresis_unit": site(APHERESIS_UNIT, COLLECTING, bases=[basis("PROCUREMENT", HTA), basis("PROCESSING", HTA)]),
        "laboratory": site(LABORATORY, COLLECTING, bases=[basis("TESTING", HTA)]),
        "central_site": central_site(),
        "control_site": site(CONTROL_SITE, CONTROL, bases=[basis("MANUFACTURE", MIA_POC)]),
        "poc_site": poc_site(POC_SITE),
        "second_poc_site": poc_site(SECOND_POC_SITE),
        **{item["value"]: person(item) for item in (*people, NURSE, SECOND_NURSE)},
        "consultant_role": role(CONSULTANT, "TREATING_PHYSICIAN", in_organisation=TREATING),
        "releaser_role": role(PHARMACIST, "RELEASER", at_site=POC_SITE),
        "quality_role": role(QUALITY, "QUALITY_ASSURANCE", in_organisation=CENTRAL),
        "designated_role": role(DESIGNATED, "DESIGNATED_INDIVIDUAL", on_licence=HTA),
        "vector_lot": lot(),
        "vector_release": lot_release(),
        "product": product(),
        "designation": designation(),
        "carriage": carriage(),
        "shipper": equipment(),
        "shipper_qualification": qualification(),
        "masterfile": masterfile(),
    }


def _story() -> dict[str, Draft]:
    return {
        "prescription": prescription(),
        "chain": chain(),
        "consent": consent(),
        "identification": identification(),
        "sampling": sampling(),
        "apheresis": apheresis(),
        "dispatch": dispatch(),
        "receipt": receipt(),
        "results": results(),
        "eligibility": eligibility(),
        "circulation": circulation(),
        "acceptance": acceptance(),
        "central_batch": central_batch(),
        "modification": modification(),
        "second_dispatch": second_dispatch(),
        "second_receipt": second_receipt(),
        "poc_batch": poc_batch(),
        "completion": completion(),
        "label": label(),
        "release": release(),
        "check": check(),
        "start": start(),
        "end": end(),
    }


def _filled_slots(slots: dict[str, Draft], changed: Mapping[str, Draft | None]) -> tuple[Draft, ...]:
    return tuple(draft for draft in {**slots, **changed}.values() if draft is not None)


def registers(**changed: Draft | None) -> tuple[Draft, ...]:
    """Everything that has to be registered before the story; a slot may be given another draft, or None for none."""
    return _filled_slots(_registers(), changed)


def told_to_everybody() -> list[int]:
    """Positions of those of the registers that are entries of a register; what was decided about one is not."""
    kinds = (TYPES[draft.content.type].about.kind for draft in registers())
    return [position for position, kind in enumerate(kinds, 1) if kind is Kind.REGISTER]


def story(**changed: Draft | None) -> tuple[Draft, ...]:
    """The whole story after the registers, every fact lawful; slots as for `registers`."""
    return _filled_slots(_story(), changed)


def slots() -> list[str]:
    """The slots of the story, in order."""
    return list(_story())


def since(slot: str, before: str | None = None) -> tuple[Draft, ...]:
    """The story from a slot on, with it; and without the other slot and what comes after that."""
    facts = _story()
    told = list(facts)
    return tuple(facts[name] for name in told[told.index(slot) : told.index(before) if before else None])


def until(slot: str, **changed: Draft | None) -> tuple[Draft, ...]:
    """Registers and story up to the fact in a slot, without it."""
    facts = _story()
    told = list(facts)[: list(facts).index(slot)]
    ours = {name: changed.pop(name) for name in tuple(changed) if name in facts}
    return (*registers(**changed), *_filled_slots({name: facts[name] for name in told}, ours))


def allogeneic(**changes: object) -> dict[str, Draft | None]:
    """Slots by which the product is for anybody, and a donor gives the cells; keywords change the product."""
    use, donor = "INTENDED_USE_ALLOGENEIC", name("pseudonym", "01DONOR")
    return {
        "product": product(intended_use=use, **changes),
        "chain": chain(intended_use=use),
        "consent": consent(None, donor=donor),
        "identification": identification(None, donor=donor),
        "sampling": sampling(None, donor=donor),
        "results": results(None, donor=donor),
        "eligibility": eligibility(None, donor=donor),
        "apheresis": apheresis(autologous=None, allogeneic={"donor": donor}),
    }
