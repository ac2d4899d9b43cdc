"""What is known of a donor: history, tests, eligibility."""

from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind
from ledger.domain.facts.shape import (
    SOME,
    Code,
    Count,
    OneOf,
    Text,
    Time,
    Value,
    Word,
)
from ledger.domain.facts.values import (
    CoiId,
    Document,
    DonationId,
    DonorId,
    LotId,
    MaterialId,
    OrganisationId,
    PatientId,
    SignatureMeaning,
)


class DonorMarker(Word):
    """What a donor is tested for (2006/17 Annex II)."""

    ANTI_HIV_1_2 = "DONOR_MARKER_ANTI_HIV_1_2"
    HBSAG = "DONOR_MARKER_HBSAG"
    ANTI_HBC = "DONOR_MARKER_ANTI_HBC"
    ANTI_HCV = "DONOR_MARKER_ANTI_HCV"
    SYPHILIS = "DONOR_MARKER_SYPHILIS"
    ANTI_HTLV_1 = "DONOR_MARKER_ANTI_HTLV_1"
    HIV_NAT = "DONOR_MARKER_HIV_NAT"
    HBV_NAT = "DONOR_MARKER_HBV_NAT"
    HCV_NAT = "DONOR_MARKER_HCV_NAT"
    MALARIA = "DONOR_MARKER_MALARIA"
    CMV = "DONOR_MARKER_CMV"
    TRYPANOSOMA_CRUZI = "DONOR_MARKER_TRYPANOSOMA_CRUZI"
    WEST_NILE_VIRUS = "DONOR_MARKER_WEST_NILE_VIRUS"
    OTHER = "DONOR_MARKER_OTHER"


class Reactivity(Word):
    """What a marker test found."""

    NON_REACTIVE = "REACTIVITY_NON_REACTIVE"
    REACTIVE = "REACTIVITY_REACTIVE"
    INDETERMINATE = "REACTIVITY_INDETERMINATE"
    NOT_DONE = "REACTIVITY_NOT_DONE"


class DonorEligibility(Word):
    """Decision on a donor."""

    ELIGIBLE = "DONOR_ELIGIBILITY_ELIGIBLE"
    INELIGIBLE = "DONOR_ELIGIBILITY_INELIGIBLE"
    AUTOLOGOUS_POSITIVE_ACCEPTED = "DONOR_ELIGIBILITY_AUTOLOGOUS_POSITIVE_ACCEPTED"


class DonorHistoryTaken(Fact, frozen=True, kw_only=True):
    """The donor's history was taken, outcome only (2006/17 Annex IV 1.1.2)."""

    about: ClassVar[About] = About(no=65, stage="procurement", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    coi: CoiId | None = None
    """Chain."""
    exclusion_found: bool
    """A reason to exclude was found."""
    examined: bool | None = None
    """The donor was examined."""
    travel_risk: bool | None = None
    """Travel or residence brings a risk."""
    allergies: bool | None = None
    """Allergies are known."""
    understood: bool | None = None
    """The donor understood the information and was answered."""
    confirmed_true: bool | None = None
    """The donor confirmed that what was said is true."""
    risk_assessment: Document | None = None
    """Documented assessment of a risk."""
    htlv_area: bool | None = None
    """The donor, a partner or a parent lives in or comes from an area where HTLV-I is common."""


class DonorTestsSampled(Fact, frozen=True, kw_only=True):
    """Samples for the donor's tests were taken."""

    about: ClassVar[About] = About(
        no=66, stage="procurement", inherits="n", kind=Kind.HAPPENING, signs=(SignatureMeaning.PERFORMED,)
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    donation: DonationId | None = None
    """Donation that they belong to."""
    samples: Annotated[tuple[MaterialId, ...], SOME]
    """Tubes."""
    haemodiluted: bool | None = None
    """Transfusion or infusion diluted the blood before."""
    stored: Text | None = None
    """How the sample is kept."""
    dilution_percent: Count | None = None
    """Dilution of the plasma that the algorithm gives (2006/17 Annex II 2.3)."""


class MarkerResult(Value, frozen=True, kw_only=True):
    """One marker."""

    marker: DonorMarker
    """Which."""
    result: Reactivity
    """What was found."""
    assay: Code | None = None
    """Method."""
    kit: LotId | None = None
    """Lot of the kit."""
    confirmatory: bool | None = None
    """A confirmatory test."""


class DonorTestsResulted(Fact, frozen=True, kw_only=True):
    """A laboratory gave results of the donor's tests."""

    about: ClassVar[About] = About(
        no=67,
        stage="procurement",
        inherits="n",
        kind=Kind.HAPPENING,
        signs=(SignatureMeaning.PERFORMED, SignatureMeaning.REVIEWED),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    donation: DonationId | None = None
    """Donation that they belong to."""
    sample: MaterialId | None = None
    """Tube that was tested."""
    sampled_at: Time | None = None
    """When it was taken, where the sampling is not on record."""
    results: Annotated[tuple[MarkerResult, ...], SOME]
    """One per marker."""
    laboratory: OrganisationId | None = None
    """Laboratory."""
    dilution_validated: bool | None = None
    """The tests are validated for plasma that is diluted by more than half."""


class DonorEligibilityDecided(Fact, frozen=True, kw_only=True):
    """Somebody entitled decided on the donor's results and history."""

    about: ClassVar[About] = About(no=68, stage="procurement", kind=Kind.DECISION, signs=(SignatureMeaning.APPROVED,))
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("person", ("patient", "donor"), required=True),)

    patient: PatientId | None = None
    """The patient, who is the donor."""
    donor: DonorId | None = None
    """A donor who gives for others."""
    donation: DonationId | None = None
    """For one donation."""
    coi: CoiId | None = None
    """Chain."""
    outcome: DonorEligibility
    """Eligible or not."""
    criteria: Code | None = None
    """Version of the criteria."""
    risk_assessment: Document | None = None
    """Documented assessment of a risk."""
