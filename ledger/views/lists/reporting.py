"""What a control site accounts for each year: what was made, released, given and went wrong under it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.finding import Outcome
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.views.listing import CellKind, Column, Listing, Row, Seen, position_of
from ledger.views.lists import telling
from ledger.views.lists.manufacture import counted
from ledger.views.lists.reaching import reached

WHAT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SiteOnboarded": "sites onboarded",
        "SiteCeased": "sites ceased",
        "SitePaused": "sites paused",
        "SiteSuspendedByHolder": "sites suspended",
        "SiteSuspendedByLicensingAuthority": "sites suspended",
        "SiteResumed": "sites resumed",
        "UnitRelocated": "units moved",
        "MasterFileVersionApproved": "master file versions",
        "BatchOpened": "batches opened",
        "ManufactureCompleted": "batches completed",
        "BatchTerminated": "batches terminated",
        "PointOfCareReleased": "releases",
        "QpCertified": "releases",
        "QualityControllerReleased": "releases",
        "RejectionDecided": "rejections",
        "OutOfSpecificationInvestigated": "results out of specification",
        "OutOfSpecificationSupplyAccepted": "supplies out of specification",
        "AdministrationStarted": "administrations begun",
        "ProductNotAdministered": "products not administered",
        "TemperatureExcursionDetected": "excursions",
        "DeviationRaised": "deviations raised",
        "DefectReported": "defects",
        "AdverseReactionReported": "adverse reactions",
        "AdverseEventReported": "adverse events",
        "RecallOpened": "recalls",
        "RecallDrillRun": "recall drills",
    }
)
"""Facts that are counted, and what each counts as. Which figures a control site's annual report holds is our reading:
SI 2025/87 asks for the report, what it lists is unverified."""

_FACT: Final = "facts recorded as deviations"


def _counts(record: Record) -> bool:
    """Also a refused one, which counts once it is recorded as a deviation."""
    deviates = record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION and record.verdict.effect is None
    return record.content.type in WHAT or deviates


def _activity(seen: Seen, root: str) -> Iterator[Row]:
    versions = seen.filed(position_of(root))
    content = None if versions is None else counted(versions)
    if versions is None or content is None:
        return
    record, fact = versions.record, content.fact
    batch = tag_of("batch", getattr(fact, "batch", None))
    if not batch and (material := tag_of("material", getattr(fact, "material", None))):
        batch = reached(seen, material).batch
    made = seen.state(BATCH_RECORD, batch)
    site = tag_of("site", getattr(fact, "site", None)) or telling.site_of(content) or ""
    control = seen.state(SITE_STATUS, site).control_site
    deviates = versions.by > 0 or record.verdict.outcome is Outcome.RECORDED_AS_DEVIATION
    words = [WHAT[content.type]] if content.type in WHAT else []
    words += [_FACT] if deviates and versions.record.verdict.outcome is not Outcome.RECORDED else []
    for what in words:
        yield Row(
            part=what,
            at=min(content.envelope.occurred_at.time, record.stamp.recorded_at),
            cells={
                "what": what,
                "position": record.stamp.position,
                "type": content.type,
                "site": site or None,
                "control_site": control or None,
                "batch": batch or None,
                "product": made.product or None,
                "licence": made.licence or None,
            },
            labels=[site, control, batch, made.product, made.licence, made.masterfile, f"what:{what}"],
        )


CONTROL_SITE: Final = Listing(
    name="control-site-report",
    means="What was done and went wrong at each site and under its control site, one row for each; count it by what, "
    "for a control site and a year, for the annual report.",
    columns=(
        Column("what", CellKind.TEXT, "What it counts as."),
        telling.POSITION,
        telling.TYPE,
        telling.SITE,
        Column("control_site", CellKind.TAG, "Control site that supervises it, as registered now."),
        Column("batch", CellKind.TAG, "The batch."),
        Column("product", CellKind.TAG, "Its product."),
        Column("licence", CellKind.TAG, "Its licence."),
    ),
    rows=_activity,
    concerns=_counts,
    time="when it happened",
    shown=("position", "what", "site", "batch"),
)
