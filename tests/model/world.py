"""A small world to write histories in: five sites, nine people, one product, and as many patients as are wanted.

Every function gives a draft, as the services would hand it to the ledger. Ids follow from numbers, so that two drafts
about bag 3 are about the same bag.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.about import Kind
from ledger.domain.facts.birth import born
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Identifier, Signature, SignatureMeaning
from ledger.domain.identifiers import gs1, tag
from ledger.domain.receipt import Draft, DraftBatch

Data = dict[str, Any]

_KEYS: Final = itertools.count(0xC01_0000_0000_4000_8000_0000_0000_0000)
"""Keys of requests, each once in a process; tests with several processes bring their own."""

START: Final = datetime(2026, 4, 7, 8, 0, tzinfo=UTC)
"""When the first patient is collected from; everything registered is in force by then."""

MINUTE: Final = timedelta(minutes=1)

COLLECTION, CENTRAL, CONTROL, POINT, POINT_2 = "RR813", "PCW01", "MPC01", "RXKP1", "RXKP2"
SITES: Final = {COLLECTION: "RR8", CENTRAL: "PCW", CONTROL: "MPC", POINT: "RXK", POINT_2: "RXK"}
"""Site to the organisation that runs it."""

STAFF: Final = {
    COLLECTION: ("N1", "N2"),
    CENTRAL: ("C1", "C2"),
    CONTROL: ("Q1", "Q2"),
    POINT: ("W1", "W2"),
    POINT_2: ("W1", "W2"),
}
"""Who does and who checks, at each site."""

RELEASER, PHYSICIAN, DESIGNATED = "P1", "D1", "I1"
PRODUCT: Final = {"scheme": "product.MPC", "value": "demcel"}
MASTER_FILE: Final = {"scheme": "dmmf.MPC", "value": "DMMF-001"}
MIA, MIA_POC = "MIA-99001", "MIA-POC-99017"
CARRIER: Final = "NMC"
SHIPPER: Final = {"scheme": "gs1-giai", "value": "95060001SHP0031"}
FROM: Final = "2026-01-05"


def site(code: str) -> Data:
    return {"scheme": "ods", "value": code}


def organisation(code: str) -> Data:
    return {"scheme": "ods", "value": code}


def person(code: str) -> Data:
    return {"scheme": "staff.X", "value": code}


def patient(number: int) -> Data:
    return {"scheme": "pseudonym", "value": f"P{number:025}"}


def chain(number: int) -> Data:
    return {"scheme": "isbt128-coi", "value": f"CHA9999260{number:05}"}


def donation(number: int) -> Data:
    return {"scheme": "isbt128-din", "value": f"A999926{number:06}"}


def bag(name: str) -> Data:
    number, letter = name[:-1], name[-1]
    return {"scheme": "isbt128-mpho", "value": f"A9999S1128A999926{number:0>6}{letter}00000"}


def batch(name: str) -> Data:
    return {"scheme": "batch.MPC", "value": name}


def consignment(name: str) -> Data:
    digits = f"395060000260{name:0>5}"
    return {"scheme": "gs1-sscc", "value": digits + gs1.check_digit(digits)}


def lot(name: str) -> Data:
    return {"scheme": "lot.VEC", "value": name}


def licence(code: str) -> Data:
    return {"scheme": "hta" if code.isdigit() else "mhra", "value": code}


def tag_of(kind: str, data: Data) -> str:
    """The tag of one of these."""
    return tag.tag(kind, data["scheme"], data["value"])


def millilitres(value: float | str) -> Data:
    return {"value": str(value), "unit": "mL"}


def moment(at: datetime, *, source: str = "TIME_SOURCE_DEVICE", uncertainty_ms: int = 0) -> Data:
    return {"time": at, "utc_offset": "+01:00", "source": source, "uncertainty_ms": uncertainty_ms}


def deviation(reason: str = "It happened, and is written down as it was.") -> Data:
    """What makes a happening a deviation instead of a refusal."""
    return {
        "kind": "EXCEPTION_KIND_DEVIATION",
        "reason_code": "DEVIATION_REASON_EARLIER_FACT_MISSING",
        "reason": reason,
    }


def draft(
    fact_type: str,
    fact: Data,
    *,
    at: datetime,
    where: str,
    by: str = "",
    checked: Sequence[str] | None = None,
    signed: bool = False,
    exceptions: Sequence[Data] = (),
    key: UUID | None = None,
    validate_only: bool = False,
    uncertainty_ms: int = 0,
) -> Draft:
    """Any fact, with an envelope as people of that site would send it."""
    staff = STAFF[where]
    envelope = born(
        Envelope,
        {
            "occurred_at": moment(at, uncertainty_ms=uncertainty_ms),
            "place": {"site": site(where)},
            "performed_by": person(by or staff[0]),
            "verified_by": [person(one) for one in ((staff[1],) if checked is None else checked)],
            "organisation": organisation(SITES[where]),
            "system": f"system.{where}",
        },
        "envelope",
    )
    content = Content(
        id=key or UUID(int=next(_KEYS)),
        type=fact_type,
        envelope=envelope,
        fact=born(TYPES[fact_type], fact, "fact"),
        exceptions=tuple(born(FactException, one, "exceptions") for one in exceptions),
    )
    about = TYPES[fact_type].about
    if signed or about.kind is Kind.DECISION:
        content = with_signature(content, at, about.signatures[0][0] if about.signs else SignatureMeaning.PERFORMED)
    return as_draft(content, validate_only=validate_only)


def as_draft(content: Content, *, validate_only: bool = False) -> Draft:
    """A draft of content."""
    sender = content.envelope.organisation
    assert sender is not None
    recorder = Recorder(
        organisation=Identifier(scheme=sender.scheme, value=sender.value), system=content.envelope.system
    )
    return Draft(content=content, octets=contents.encode(content), recorder=recorder, validate_only=validate_only)


def as_batch(*drafts: Draft, key: UUID | None = None, validate_only: bool = False) -> DraftBatch:
    """Drafts of one organisation as one request, each under the id that its place gives it."""
    found = key or UUID(int=next(_KEYS))
    items = tuple(
        as_draft(msgspec.structs.replace(one.content, id=contents.item_id(found, number)))
        for number, one in enumerate(drafts)
    )
    organisation = drafts[0].recorder.organisation
    return DraftBatch(id=found, items=items, organisation=organisation, validate_only=validate_only)


def with_signature(content: Content, at: datetime, meaning: SignatureMeaning = SignatureMeaning.PERFORMED) -> Content:
    """The same content, signed by who did it."""
    digest = contents.digest(contents.signed_octets(content))
    signer = content.envelope.performed_by
    signature = born(
        Signature,
        {
            "person": {"scheme": signer.scheme, "value": signer.value},
            "printed_name": "A. Whitlock",
            "meaning": meaning.value,
            "signed_at": at,
            "content_hash": digest,
        },
    )
    envelope = msgspec.structs.replace(content.envelope, signatures=(signature,))
    return msgspec.structs.replace(content, envelope=envelope)


# ------------------------------------------------------------------------------------------------- registers


def registers(at: datetime = START - timedelta(days=30)) -> Iterator[Draft]:
    """Everything that must be registered before the first patient comes."""

    def enter(fact_type: str, fact: Data) -> Draft:
        return draft(fact_type, {**fact, "effective_from": FROM}, at=at, where=CONTROL, checked=())

    for code in dict.fromkeys(SITES.values()):
        yield enter(
            "OrganisationRegistered",
            {
                "organisation": organisation(code),
                "name": f"Organisation {code}",
                "roles": ["ORGANISATION_ROLE_HOSPITAL"],
                "nation": "NATION_ENGLAND",
            },
        )
    yield from (enter(*item) for item in _licences())
    for code, runs in SITES.items():
        yield enter("SiteRegistered", _site(code, runs))
    for code in dict.fromkeys((*(one for staff in STAFF.values() for one in staff), RELEASER, PHYSICIAN, DESIGNATED)):
        yield enter("PersonRegistered", {"person": person(code)})
    for code in (POINT, POINT_2):
        role = {"person": person(RELEASER), "role": "ROLE_RELEASER", "site": site(code)}
        yield enter("RoleGranted", role)
    yield enter(
        "RoleGranted",
        {"person": person(PHYSICIAN), "role": "ROLE_TREATING_PHYSICIAN", "organisation": organisation("RXK")},
    )
    yield enter(
        "RoleGranted",
        {"person": person(DESIGNATED), "role": "ROLE_DESIGNATED_INDIVIDUAL", "organisation": organisation("RR8")},
    )
    yield enter(
        "ProductRegistered",
        {
            "product": PRODUCT,
            "organisation": organisation("MPC"),
            "name": "Demcel (a demonstration product)",
            "product_class": "PRODUCT_CLASS_GENE_THERAPY",
            "intended_use": "INTENDED_USE_AUTOLOGOUS",
            "patient_specific": True,
            "multi_dose": False,
            "gene_modified": True,
        },
    )
    yield from (enter(*item) for item in _journeys_and_designation())
    yield enter(
        "MasterFileVersionApproved",
        {
            "masterfile": MASTER_FILE,
            "product": PRODUCT,
            "licence": licence(MIA_POC),
            "version": "1.0",
            "sites": [{"site": site(POINT)}, {"site": site(POINT_2)}],
            "release_model": "RELEASE_MODEL_CRITICAL_PARAMETERS",
            "applies_to_batches_in_process": False,
            "label_exemption_limit_seconds": 30 * 86400,
        },
    )
    vector = {"lot": lot("V123"), "supplier": organisation("PCW"), "item": "Vector", "kind": "LOT_KIND_VECTOR"}
    yield enter("LotRegistered", vector)
    yield draft("LotReleased", {"lot": lot("V123")}, at=at, where=CONTROL, checked=())


def _journeys_and_designation() -> Iterator[tuple[str, Data]]:
    """What lets the product be made at the point of care, and anything travel between premises."""
    designation = {"scheme": "mhra-designation", "value": "DES-99001"}
    mode = "MANUFACTURING_MODE_POINT_OF_CARE"
    yield "DesignationGranted", {"designation": designation, "product": PRODUCT, "mode": mode}
    for giver in dict.fromkeys(SITES.values()):
        agreement = {"scheme": "agreement.MPC", "value": f"CAR-{giver}"}
        yield (
            "AgreementSigned",
            {
                "agreement": agreement,
                "giver": organisation(giver),
                "acceptor": organisation(CARRIER),
                "purpose": "AGREEMENT_PURPOSE_CARRIER",
            },
        )
    yield "EquipmentRegistered", {"equipment": SHIPPER, "site": site(CENTRAL), "kind": "EQUIPMENT_KIND_SHIPPER"}
    qualified = {"what": "QUALIFICATION_KIND_SHIPPER", "outcome": "QUALIFICATION_OUTCOME_PASSED"}
    yield "EquipmentQualified", {"equipment": SHIPPER, **qualified}


def _licences() -> Iterator[tuple[str, Data]]:
    line = [{"product": PRODUCT}]
    kinds: tuple[tuple[str, str, str, str, str, str, list[Data]], ...] = (
        ("99026", "HTA", "HUMAN_APPLICATION", "RR8", COLLECTION, "PROCUREMENT TESTING", []),
        (MIA, "MHRA", "MANUFACTURING", "PCW", CENTRAL, "MANUFACTURE", line),
        (MIA_POC, "MHRA", "MANUFACTURING", "MPC", CONTROL, "MANUFACTURE", line),
    )
    for code, authority, kind, holder, at_site, activity, lines in kinds:
        modes = ["MANUFACTURING_MODE_POINT_OF_CARE"] if code == MIA_POC else []
        yield (
            "LicenceGranted",
            {
                "licence": licence(code),
                "change": "GRANT_CHANGE_GRANTED",
                "authority": f"AUTHORITY_{authority}",
                "kind": f"LICENCE_KIND_{kind}",
                "organisation": organisation(holder),
                "nation": "NATION_ENGLAND",
                "sites": [site(at_site)],
                "activities": [f"ACTIVITY_{one}" for one in activity.split()],
                "product_lines": [{**one, "modes": modes} for one in lines],
                "modes": modes,
            },
        )


CONTAINED: Data = {"scheme": "hse", "value": "GM-99001"}
"""Notified premises for work on genetically modified cells."""


def _site(code: str, runs: str) -> Data:
    basis = {COLLECTION: ("PROCUREMENT TESTING", "99026"), CENTRAL: ("MANUFACTURE", MIA)}
    activities, number = basis.get(code, ("MANUFACTURE", MIA_POC))
    found: Data = {
        "site": site(code),
        "kind": "SITE_KIND_FIXED",
        "nation": "NATION_ENGLAND",
        "organisation": organisation(runs),
        "bases": [
            {"activity": f"ACTIVITY_{one}", "licence": licence(number), "effective_from": FROM}
            for one in activities.split()
        ]
        + [{"activity": "ACTIVITY_CONTAINED_USE", "licence": CONTAINED, "effective_from": FROM}],
    }
    if code in (POINT, POINT_2):
        found["control_site"] = site(CONTROL)
    return found


# ------------------------------------------------------------------------------------------------ one patient


def enrolment(number: int, at: datetime = START - timedelta(days=7)) -> Iterator[Draft]:
    """Prescription, chain, consent and identification of one patient."""
    yield draft(
        "TherapyPrescribed",
        {"patient": patient(number), "product": PRODUCT, "basis": "PRESCRIPTION_BASIS_PRESCRIPTION"},
        at=at,
        where=POINT,
        by=PHYSICIAN,
        checked=(),
    )
    yield draft(
        "CoiAssigned",
        {
            "coi": chain(number),
            "patient": patient(number),
            "allocator": organisation("RXK"),
            "product": PRODUCT,
            "intended_use": "INTENDED_USE_AUTOLOGOUS",
        },
        at=at + MINUTE,
        where=POINT,
    )
    yield draft(
        "ConsentRecorded",
        {
            "patient": patient(number),
            "coi": chain(number),
            "kinds": ["CONSENT_KIND_PROCUREMENT_STORAGE_USE", "CONSENT_KIND_TREATMENT"],
            "given_by": "CONSENT_GIVER_SELF",
        },
        at=at + 2 * MINUTE,
        where=POINT,
        checked=(),
    )
    yield draft(
        "DonorIdentified",
        {
            "patient": patient(number),
            "coi": chain(number),
            "how": "IDENTIFICATION_METHOD_IN_PERSON",
            "checks": [
                {"field": "IDENTITY_FIELD_WRISTBAND", "outcome": "CHECK_OUTCOME_MATCH"},
                {"field": "IDENTITY_FIELD_DATE_OF_BIRTH", "outcome": "CHECK_OUTCOME_MATCH"},
            ],
        },
        at=at + 3 * MINUTE,
        where=COLLECTION,
    )


def container(name: str, volume: float | str) -> Data:
    return {"material": bag(name), "contents": [millilitres(volume)]}


def collection_fact(
    number: int, bags: Sequence[Data], ended: datetime, *, giver: int | None = None, session: int | None = None
) -> Data:
    return {
        "coi": chain(number),
        "donation": donation(session or giver or number),
        "autologous": {"patient": patient(number if giver is None else giver)},
        "ended_at": ended,
        "bags": list(bags),
        "lots": [{"lot": lot("SET-1"), "item": "Apheresis set"}],
    }


def collection(number: int, bags: Sequence[Data], at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    fact = collection_fact(number, bags, at + MINUTE)
    return draft("ApheresisPerformed", fact, at=at, where=COLLECTION, **more)


def dispatch(name: str, bags: Sequence[str], *, origin: str, to: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401
    fact = {
        "consignment": consignment(name),
        "materials": [bag(one) for one in bags],
        "destination": site(to),
        "transport": "TRANSPORT_CARRIER",
        "carrier": organisation(CARRIER),
        "shippers": [SHIPPER],
        "min_celsius": "2",
        "max_celsius": "8",
        "due_by": at + timedelta(days=2),
        "quarantine_transfer": True,
    }
    return draft("ConsignmentDispatched", fact, at=at, where=origin, **more)


MARKERS: Final = ("ANTI_HIV_1_2", "HBSAG", "ANTI_HBC", "ANTI_HCV", "SYPHILIS")


def tests(number: int, sampled: datetime, *, at: datetime) -> Draft:
    """The donor's tests, of a sample taken at the collection: all negative."""
    fact = {
        "patient": patient(number),
        "sampled_at": sampled,
        "results": [{"marker": f"DONOR_MARKER_{one}", "result": "REACTIVITY_NON_REACTIVE"} for one in MARKERS],
    }
    return draft("DonorTestsResulted", fact, at=at, where=COLLECTION, checked=())


def circulation(bags: Sequence[str], session: int, *, at: datetime) -> Draft:
    """The release of what was collected; until then it travels, and is used, in quarantine and at risk."""
    fact = {"materials": [bag(one) for one in bags], "donation": donation(session)}
    return draft("MaterialReleasedForCirculation", fact, at=at, where=COLLECTION, by=DESIGNATED, checked=())


def receipt(name: str, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    fact = {
        "consignment": consignment(name),
        "contents": "CHECK_OUTCOME_MATCH",
        "labels": "CHECK_OUTCOME_MATCH",
    }
    return draft("ConsignmentReceived", fact, at=at, where=where, **more)


def opening(name: str, number: int, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    central = where == CENTRAL
    fact: Data = {
        "batch": batch(name),
        "product": PRODUCT,
        "coi": chain(number),
        "mode": f"MANUFACTURING_MODE_{'CENTRAL' if central else 'POINT_OF_CARE'}",
        "licence": licence(MIA if central else MIA_POC),
    }
    if not central:
        fact |= {"masterfile": MASTER_FILE, "masterfile_version": "1.0"}
    return draft("BatchOpened", fact, at=at, where=where, **more)


def taken(name: str, volume: float | str | None = None) -> Data:
    """An input; all of it unless a volume is said."""
    return {"material": bag(name)} if volume is None else {"material": bag(name), "taken": [millilitres(volume)]}


def modification(
    name: str,
    inputs: Sequence[Data],
    outputs: Sequence[Data],
    *,
    where: str,
    at: datetime,
    **more: Any,  # noqa: ANN401
) -> Draft:
    fact = {
        "batch": batch(name),
        "method": "MODIFICATION_METHOD_TRANSDUCTION",
        "inputs": list(inputs),
        "outputs": list(outputs),
        "lots": [{"lot": lot("V123"), "item": "Vector", "kind": "LOT_KIND_VECTOR"}],
        "ended_at": at + MINUTE,
    }
    return draft("CellsModified", fact, at=at, where=where, **more)


def completion(
    name: str,
    inputs: Sequence[Data],
    containers: Sequence[Data],
    *,
    where: str,
    at: datetime,
    **more: Any,  # noqa: ANN401
) -> Draft:
    fact = {
        "batch": batch(name),
        "inputs": list(inputs),
        "containers": list(containers),
        "completed_at": at + MINUTE,
    }
    return draft("ManufactureCompleted", fact, at=at, where=where, **more)


def release(name: str, bags: Sequence[str] = (), *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401
    fact = {
        "batch": batch(name),
        "materials": [bag(one) for one in bags],
        "masterfile": MASTER_FILE,
        "release_model": "RELEASE_MODEL_CRITICAL_PARAMETERS",
        "critical_parameters_met": True,
        "oversight": "QP-MPC-2026-0204",
    }
    return draft("PointOfCareReleased", fact, at=at, where=where, by=RELEASER, checked=(), **more)


def check(name: str, number: int, *, where: str, at: datetime, matches: bool = True, **more: Any) -> Draft:  # noqa: ANN401
    outcome = "CHECK_OUTCOME_MATCH" if matches else "CHECK_OUTCOME_DIFFERS"
    fact = {
        "materials": [bag(name)],
        "patient": patient(number),
        "scanned_patient": patient(number),
        "checks": [
            {"field": "IDENTITY_FIELD_WRISTBAND", "outcome": outcome},
            {"field": "IDENTITY_FIELD_COI", "outcome": outcome},
        ],
        "outcome": f"IDENTITY_OUTCOME_{'MATCH' if matches else 'MISMATCH'}",
    }
    return draft("BedsideIdentityChecked", fact, at=at, where=where, **more)


def start(name: str, number: int, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    """Begun so that nothing is kept: unlabelled, inside the master file's limit."""
    intent = "ADMINISTRATION_INTENT_NONE_RETAINED"
    fact = {"material": bag(name), "patient": patient(number), "route": "intravenous", "intent": intent}
    return draft("AdministrationStarted", fact, at=at, where=where, **more)


def end(
    name: str,
    number: int,
    volume: float | str,
    *,
    where: str,
    at: datetime,
    rest: str = "NONE_LEFT",
    **more: Any,  # noqa: ANN401
) -> Draft:
    fact = {
        "material": bag(name),
        "patient": patient(number),
        "given": [millilitres(volume)],
        "remainder": f"REMAINDER_DISPOSITION_{rest}",
    }
    return draft("AdministrationEnded", fact, at=at, where=where, **more)


def withdrawal(number: int, *, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    return draft("ConsentWithdrawn", {"patient": patient(number)}, at=at, where=POINT, checked=(), **more)


def suspension(code: str, *, at: datetime, scope: str = "ALSO_RELEASE_AND_USE", **more: Any) -> Draft:  # noqa: ANN401
    fact = {
        "site": site(code),
        "scope": f"SUSPENSION_SCOPE_{scope}",
        "batches_in_process": "BATCHES_IN_PROCESS_STOP",
        "effective_from": at,
    }
    return draft("SiteSuspendedByLicensingAuthority", fact, at=at, where=CONTROL, checked=(), **more)


# ------------------------------------------------------------------------------------------- facts about facts


def as_deviation(position: int, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    fact = {
        "position": position,
        "reason_code": "DEVIATION_REASON_EARLIER_FACT_MISSING",
        "reason": "It happened all the same.",
    }
    return draft("RecordedAsDeviation", fact, at=at, where=where, checked=(), **more)


def not_happened(position: int, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - see draft
    fact = {"position": position, "reason": "DID_NOT_HAPPEN_REASON_WRONG_RECORD", "explanation": "Wrong bag scanned."}
    return draft("DidNotHappen", fact, at=at, where=where, checked=(), signed=True, **more)


def correction(position: int, kind: str, fact: Data, *, where: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401
    corrected = {
        "position": position,
        "reason_code": "CORRECTION_REASON_TYPING_ERROR",
        "reason": "Typed wrongly.",
        "fact": {kind: fact},
    }
    return draft("Corrected", corrected, at=at, where=where, checked=(), signed=True, **more)


# --------------------------------------------------------------------------------------------------- a story


def therapy(number: int, at: datetime = START) -> Iterator[tuple[datetime, Draft]]:
    """One patient's whole way, from collection to the end of the infusion, each with its time."""
    ticks = (at + step * MINUTE for step in (*range(0, 90, 10), 90, 90, *range(90, 130, 10)))
    bag_1, bag_2, final = (f"{number:06}{letter}" for letter in "ABF")
    central, local = f"C{number:05}", f"L{number:05}"
    there, back = f"{number:04}1", f"{number:04}2"
    steps: tuple[Callable[[datetime], Draft], ...] = (
        lambda t: collection(number, [container(bag_1, 100)], t),
        lambda t: dispatch(there, [bag_1], origin=COLLECTION, to=CENTRAL, at=t),
        lambda t: receipt(there, where=CENTRAL, at=t),
        lambda t: opening(central, number, where=CENTRAL, at=t),
        lambda t: modification(central, [taken(bag_1)], [container(bag_2, 60)], where=CENTRAL, at=t),
        lambda t: dispatch(back, [bag_2], origin=CENTRAL, to=POINT, at=t),
        lambda t: receipt(back, where=POINT, at=t),
        lambda t: opening(local, number, where=POINT, at=t),
        lambda t: completion(local, [taken(bag_2)], [container(final, 50)], where=POINT, at=t),
        lambda t: tests(number, at, at=t - 7 * MINUTE),
        lambda t: circulation([bag_1], number, at=t - 6 * MINUTE),
        lambda t: release(local, [final], where=POINT, at=t),
        lambda t: check(final, number, where=POINT, at=t),
        lambda t: start(final, number, where=POINT, at=t),
        lambda t: end(final, number, 50, where=POINT, at=t),
    )
    for t, step in zip(ticks, steps, strict=False):
        yield t, step(t)
