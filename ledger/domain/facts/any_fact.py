"""Any original fact, as a part of another: the oneof `AnyFact` of the wire, without the records about facts."""

from typing import ClassVar

from ledger.domain.facts.about import Fact
from ledger.domain.facts.administration import AdministrationEnded, AdministrationStarted, BedsideIdentityChecked
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.enrolment import CoiAssigned, ConsentRecorded, ConsentWithdrawn, TherapyPrescribed
from ledger.domain.facts.licensing import (
    LicenceGranted,
    MasterFileVersionApproved,
    RulebookAdopted,
    SiteSuspendedByLicensingAuthority,
)
from ledger.domain.facts.manufacture import BatchOpened, CellsModified, ManufactureCompleted
from ledger.domain.facts.procurement import ApheresisPerformed, DonorIdentified
from ledger.domain.facts.registry import (
    OrganisationRegistered,
    PersonRegistered,
    ProductRegistered,
    RoleGranted,
    SiteRegistered,
)
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.shape import OneOf, Value


class AnyFact(Value, frozen=True, kw_only=True):
    """Exactly one original fact. One line per type; a test keeps it complete."""

    one_of: ClassVar[tuple[OneOf, ...]] = (
        OneOf(
            "fact",
            (
                "organisation_registered",
                "site_registered",
                "person_registered",
                "role_granted",
                "product_registered",
                "licence_granted",
                "master_file_version_approved",
                "site_suspended_by_licensing_authority",
                "rulebook_adopted",
                "therapy_prescribed",
                "coi_assigned",
                "consent_recorded",
                "consent_withdrawn",
                "donor_identified",
                "apheresis_performed",
                "consignment_dispatched",
                "consignment_received",
                "batch_opened",
                "cells_modified",
                "manufacture_completed",
                "point_of_care_released",
                "bedside_identity_checked",
                "administration_started",
                "administration_ended",
            ),
            required=True,
        ),
    )

    organisation_registered: OrganisationRegistered | None = None
    site_registered: SiteRegistered | None = None
    person_registered: PersonRegistered | None = None
    role_granted: RoleGranted | None = None
    product_registered: ProductRegistered | None = None
    licence_granted: LicenceGranted | None = None
    master_file_version_approved: MasterFileVersionApproved | None = None
    site_suspended_by_licensing_authority: SiteSuspendedByLicensingAuthority | None = None
    rulebook_adopted: RulebookAdopted | None = None
    therapy_prescribed: TherapyPrescribed | None = None
    coi_assigned: CoiAssigned | None = None
    consent_recorded: ConsentRecorded | None = None
    consent_withdrawn: ConsentWithdrawn | None = None
    donor_identified: DonorIdentified | None = None
    apheresis_performed: ApheresisPerformed | None = None
    consignment_dispatched: ConsignmentDispatched | None = None
    consignment_received: ConsignmentReceived | None = None
    batch_opened: BatchOpened | None = None
    cells_modified: CellsModified | None = None
    manufacture_completed: ManufactureCompleted | None = None
    point_of_care_released: PointOfCareReleased | None = None
    bedside_identity_checked: BedsideIdentityChecked | None = None
    administration_started: AdministrationStarted | None = None
    administration_ended: AdministrationEnded | None = None

    def only(self) -> Fact:
        """Returns the one fact that is set."""
        facts: tuple[Fact | None, ...] = tuple(getattr(self, name) for name in self.__struct_fields__)
        return next(fact for fact in facts if fact is not None)
