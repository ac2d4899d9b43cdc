"""Subjects of donors and donations: identified by whom, tested when, decided how; collected and released when."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.collection import (
    CollectionAbandoned,
    MaterialReleasedForCirculation,
    ProcurementMethod,
    ProcurementPerformed,
)
from ledger.domain.facts.donors import (
    DonorEligibility,
    DonorEligibilityDecided,
    DonorHistoryTaken,
    DonorMarker,
    DonorTestsResulted,
    DonorTestsSampled,
    Reactivity,
)
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.procurement import ApheresisPerformed, DonorIdentified
from ledger.domain.facts.values import CheckOutcome
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 16
"""Identifications, samplings and decisions that a donor keeps; of test results twice as many."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_NO_HAZARD: Final = frozenset((DonorMarker.CMV, DonorMarker.OTHER))
"""Markers that say nothing about a hazard: past infection with CMV is common and no reason for a label."""


class Identification(Struct, frozen=True, kw_only=True):
    """One time that a donor was identified.

    Attributes:
        scanned: Patient that the band or record scanned stands for; empty when none was.
    """

    position: int
    coi: str
    at: datetime
    in_person: bool
    establishment: str
    matched: int
    scanned: str
    differs: bool


class Sampling(Struct, frozen=True, kw_only=True):
    """One time that tubes were taken for the donor's tests.

    Attributes:
        diluted: A transfusion or infusion had diluted the blood.
        dilution: By how much, in per cent; None where it is not said.
    """

    position: int
    at: datetime
    donation: str
    tubes: tuple[str, ...]
    diluted: bool = False
    dilution: int | None = None


class Tested(Struct, frozen=True, kw_only=True):
    """Results that a laboratory gave at one time.

    Attributes:
        tube: Tube that was tested, where it is named.
        sampled_at: When it was taken, where the result says so itself.
        site: Where it was tested.
        bases: Licence or agreement that the result rests on, where one is named.
        results: (marker, result, whether it confirms another test).
        validated: Its tests are validated for plasma that is diluted by more than half.
    """

    position: int
    at: datetime
    donation: str
    tube: str
    sampled_at: datetime | None
    site: str
    bases: tuple[str, ...]
    results: tuple[tuple[DonorMarker, Reactivity, bool], ...]
    validated: bool = False

    def did(self, marker: DonorMarker) -> bool:
        """Whether it has a result of a marker."""
        return any(of is marker and result is not Reactivity.NOT_DONE for of, result, _ in self.results)


class Decision(Struct, frozen=True, kw_only=True):
    """One decision on a donor."""

    position: int
    at: datetime
    donation: str
    coi: str
    outcome: DonorEligibility
    risk_assessed: bool


class Donor(Struct, frozen=True, kw_only=True):
    """What is known of a patient who gives for themself, or of a donor: identity, history, tests, decisions.

    Attributes:
        exclusion_found: What the last history said; None before any was taken.
        travelled: A history said that travel or residence brings a risk.
        htlv_area: A history said that donor, partner or parent is from an area where HTLV-I is common.
    """

    identifications: tuple[Identification, ...] = ()
    exclusion_found: bool | None = None
    travelled: bool = False
    htlv_area: bool = False
    samplings: tuple[Sampling, ...] = ()
    tests: tuple[Tested, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def taken_at(self, test: Tested) -> datetime | None:
        """When the sample of some results was taken; None when that is not known."""
        if test.sampled_at is not None:
            return test.sampled_at
        sampling = self.sampling(test)
        return None if sampling is None else sampling.at

    def sampling(self, test: Tested) -> Sampling | None:
        """The sampling that some results rest on: of their tube, else of their donation; None for none on record."""
        for sampling in reversed(self.samplings):
            same = test.tube in sampling.tubes if test.tube else sampling.donation == test.donation
            if same and sampling.at <= test.at:
                return sampling
        return None

    def reactive_since(self) -> datetime:
        """When a positive result came in last; long ago where there is none."""
        times = (test.at for test in self.tests if any(result is Reactivity.REACTIVE for _, result, _ in test.results))
        return max(times, default=_LONG_AGO)

    def reactive(self) -> tuple[DonorMarker, ...]:
        """Markers known to be positive: as the last confirming test says, else as any test says."""
        found: dict[DonorMarker, bool] = {}
        confirmed: dict[DonorMarker, bool] = {}
        for marker, result, confirms in (item for test in self.tests for item in test.results):
            if marker in _NO_HAZARD or result not in (Reactivity.REACTIVE, Reactivity.NON_REACTIVE):
                continue
            positive = result is Reactivity.REACTIVE
            if confirms:
                confirmed[marker] = positive
            else:
                found[marker] = found.get(marker, False) or positive
        return tuple(sorted(marker for marker, positive in {**found, **confirmed}.items() if positive))


def _donor(state: Donor, entry: Entry) -> Donor:
    fact = entry.content.fact
    if isinstance(fact, DonorIdentified):
        seen = (*state.identifications, _seen(entry, fact))[-_MOST:]
        return msgspec.structs.replace(state, identifications=seen)
    if isinstance(fact, DonorHistoryTaken):
        return msgspec.structs.replace(
            state,
            exclusion_found=fact.exclusion_found,
            travelled=state.travelled or bool(fact.travel_risk),
            htlv_area=state.htlv_area or bool(fact.htlv_area),
        )
    if isinstance(fact, DonorTestsSampled):
        sampling = Sampling(
            position=entry.position,
            at=entry.at,
            donation=tag_of("donation", fact.donation),
            tubes=tuple(tag_of("material", tube) for tube in fact.samples),
            diluted=bool(fact.haemodiluted),
            dilution=fact.dilution_percent,
        )
        return msgspec.structs.replace(state, samplings=(*state.samplings, sampling)[-_MOST:])
    if isinstance(fact, DonorTestsResulted):
        return msgspec.structs.replace(state, tests=(*state.tests, _tested(entry, fact))[-2 * _MOST :])
    if isinstance(fact, DonorEligibilityDecided):
        decision = Decision(
            position=entry.position,
            at=entry.at,
            donation=tag_of("donation", fact.donation),
            coi=tag_of("coi", fact.coi),
            outcome=fact.outcome,
            risk_assessed=fact.risk_assessment is not None,
        )
        return msgspec.structs.replace(state, decisions=(*state.decisions, decision)[-_MOST:])
    return state


def _seen(entry: Entry, fact: DonorIdentified) -> Identification:
    outcomes = [check.outcome for check in fact.checks]
    return Identification(
        position=entry.position,
        coi=tag_of("coi", fact.coi),
        at=entry.at,
        in_person=fact.how == "IDENTIFICATION_METHOD_IN_PERSON",
        establishment=tag_of("organisation", fact.establishment),
        matched=outcomes.count(CheckOutcome.MATCH),
        scanned=tag_of("patient", fact.scanned_patient),
        differs=CheckOutcome.DIFFERS in outcomes,
    )


def _tested(entry: Entry, fact: DonorTestsResulted) -> Tested:
    envelope = entry.content.envelope
    return Tested(
        position=entry.position,
        at=entry.at,
        donation=tag_of("donation", fact.donation),
        tube=tag_of("material", fact.sample),
        sampled_at=fact.sampled_at,
        site=tag_of("site", envelope.place.site),
        bases=named_bases(envelope),
        results=tuple((item.marker, item.result, bool(item.confirmatory)) for item in fact.results),
        validated=bool(fact.dilution_validated),
    )


def named_bases(envelope: Envelope) -> tuple[str, ...]:
    """Tags of the licence, agreement or authorisation that an envelope names."""
    named = (
        tag_of("licence", envelope.licence),
        tag_of("agreement", envelope.agreement),
        tag_of("authorisation", envelope.authorisation),
    )
    return tuple(filter(None, named))


def _donor_links(state: Donor) -> Iterable[str]:
    return dict.fromkeys(link for test in state.tests for link in (test.site, *test.bases))


DONOR = Subject(
    name="Donor",
    kinds=("patient", "donor"),
    types=frozenset(
        ("DonorIdentified", "DonorHistoryTaken", "DonorTestsSampled", "DonorTestsResulted", "DonorEligibilityDecided")
    ),
    empty=Donor(),
    fold=_donor,
    links=_donor_links,
)


MOST_BAGS: Final = 64
"""Containers that a donation remembers."""


class DonationStatus(Struct, frozen=True, kw_only=True):
    """One donation: whose, how and when it was taken, and whether the tissue establishment let it go.

    Attributes:
        collections: Positions of the facts that took it.
        bags: Containers into which it was taken, the newest 64.
        method: How; None for apheresis.
        bases: Licence, agreement or authorisation that the collection names.
        started: Start of the first session under this number.
        ended: End of the last.
        partner: The recipient whom the donor named is the donor's partner.
        code: Donation code of the first release, frozen from then on.
        released: Releases for circulation with complete tests.
        transferred: Releases for a transfer in quarantine only.
    """

    collections: tuple[int, ...] = ()
    bags: tuple[str, ...] = ()
    person: str = ""
    coi: str = ""
    site: str = ""
    autologous: bool = False
    method: ProcurementMethod | None = None
    bases: tuple[str, ...] = ()
    deceased: bool = False
    started: datetime | None = None
    ended: datetime | None = None
    partner: bool = False
    code: str = ""
    released: tuple[int, ...] = ()
    transferred: tuple[int, ...] = ()


def _donation(state: DonationStatus, entry: Entry) -> DonationStatus:
    fact = entry.content.fact
    if isinstance(fact, ApheresisPerformed | ProcurementPerformed | CollectionAbandoned):
        return _taken(state, entry, fact)
    if isinstance(fact, MaterialReleasedForCirculation):
        field = "transferred" if fact.quarantine_transfer else "released"
        positions = (*getattr(state, field), entry.position)[-_MOST:]
        return msgspec.structs.replace(state, code=state.code or fact.donation_code or "", **{field: positions})
    return state


def _taken(
    state: DonationStatus, entry: Entry, fact: ApheresisPerformed | ProcurementPerformed | CollectionAbandoned
) -> DonationStatus:
    if isinstance(fact, CollectionAbandoned):
        autologous, ended, how = fact.patient is not None, entry.at, state.method
    else:
        autologous, ended = fact.autologous is not None, fact.ended_at
        how = fact.method if isinstance(fact, ProcurementPerformed) else None
    bags = (tag_of("material", bag.material) for bag in fact.bags)
    return msgspec.structs.replace(
        state,
        collections=(*state.collections, entry.position)[-_MOST:],
        bags=tuple(dict.fromkeys((*state.bags, *bags)))[-MOST_BAGS:],
        person=fact.person,
        coi=tag_of("coi", fact.coi),
        site=tag_of("site", entry.content.envelope.place.site),
        autologous=autologous,
        method=how,
        bases=named_bases(entry.content.envelope)[:1],
        deceased=isinstance(fact, ProcurementPerformed) and bool(fact.deceased),
        partner=not isinstance(fact, CollectionAbandoned) and fact.directed is not None and bool(fact.directed.partner),
        started=state.started or entry.at,
        ended=max(state.ended or ended, ended),
    )


def _donation_links(state: DonationStatus) -> Iterable[str]:
    return filter(None, (state.person, state.coi, state.site, *state.bases))


DONATION_STATUS = Subject(
    name="DonationStatus",
    kinds=("donation",),
    types=frozenset(
        ("ApheresisPerformed", "ProcurementPerformed", "CollectionAbandoned", "MaterialReleasedForCirculation")
    ),
    empty=DonationStatus(),
    fold=_donation,
    links=_donation_links,
)
