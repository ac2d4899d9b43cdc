"""What the numbers of a rulebook mean, and which rules use them. Defaults are in `case`, bounds are here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.domain.rules.case import COUNTRIES, HISTORIC_AGE, LATE_ENTRY


class Parameter(NamedTuple):
    """What a parameter means.

    Attributes:
        rules: Ids of the rules that use it; none where it is only told.
        words: What it is, in a sentence without its number.
    """

    rules: tuple[str, ...]
    words: str


_REPORT: Final = ("E6",)
_AMOUNTS: Final = ("Q1", "Q2", "Q5", "Q6")
_TESTED: Final = ("D1",)
_TOLD: Final = ()
"""How long records are kept is told (`retention`), and judged by no rule."""

PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        COUNTRIES: Parameter(("R2",), "Countries whose certification a responsible person (import) may verify."),
        "bedside-check-identifiers": Parameter(("I8",), "Identifiers that a check at the bedside compares."),
        "bedside-check-people": Parameter(("I8",), "People who make it."),
        "bedside-check-valid-seconds": Parameter(("I8",), "How long after it the product may be given, in seconds."),
        "control-site-confirmation": Parameter(
            ("R1",), "Whether the control site confirms each batch of a point of care: 0 not asked, 1 noted, 2 refused."
        ),
        "donor-identifiers": Parameter(("I4",), "Identifiers by which a donor is identified before a collection."),
        "donor-tests-deceased-days-after": Parameter(_TESTED, "Days after a deceased donor's donation for the sample."),
        "donor-tests-deceased-days-before": Parameter(_TESTED, "Days before it."),
        "donor-tests-living-days-after": Parameter(_TESTED, "Days after a living donor's donation for the sample."),
        "donor-tests-living-days-before": Parameter(_TESTED, "Days before it."),
        "donor-tests-progenitors-days-after": Parameter(_TESTED, "Days after a donation of progenitor cells for it."),
        "donor-tests-progenitors-days-before": Parameter(_TESTED, "Days before it."),
        "donor-tests-repeat-days": Parameter(_TESTED, "Days in quarantine until a donor for others is tested again."),
        "label-exemption-seconds": Parameter(("R7",), "What counts as immediate, between completion and giving."),
        HISTORIC_AGE: Parameter(("E1",), "Days after which what is imported counts as history."),
        LATE_ENTRY: Parameter(("E9",), "How long after it happened a fact may come without a reason, in seconds."),
        "on-the-spot-seconds": Parameter(("D1", "D9"), "How long after its collection material counts as used there."),
        "out-of-specification-notice-seconds": Parameter(
            ("E6", "R4", "R11"), "How long after a supply out of specification the authority is told, in seconds."
        ),
        "place-tolerance-metres": Parameter(("L5",), "How far from its registered place a site may be found."),
        "proceeding-valid-seconds": Parameter(("E1",), "How long a decision to go on against a refusal holds."),
        "report-adverse-reaction-days": Parameter(_REPORT, "Days for a report of a serious adverse reaction."),
        "report-control-site-annual-days": Parameter(
            _REPORT, "Days after a year for the control site's report on each of its master files."
        ),
        "report-non-serious-reaction-days": Parameter(_REPORT, "Days for a report of one that is not serious."),
        "report-serious-adverse-follow-up-days": Parameter(_REPORT, "Days for the conclusion of a report to the HTA."),
        "report-serious-adverse-seconds": Parameter(_REPORT, "Seconds for a first report to the HTA."),
        "report-serious-breach-days": Parameter(_REPORT, "Days for a report of a serious breach in a trial."),
        "report-susar-days": Parameter(_REPORT, "Days for a suspected unexpected serious adverse reaction in a trial."),
        "report-susar-fatal-days": Parameter(_REPORT, "Days for one that was fatal or life-threatening."),
        "retention-batch-years": Parameter(_TOLD, "Years after its expiry for the documents of a batch."),
        "retention-blood-tests-years": Parameter(_TOLD, "Years after them for tests of blood donors."),
        "retention-certification-years": Parameter(_TOLD, "Years after it for the certification of a batch."),
        "retention-decentralised-supply-years": Parameter(
            _TOLD, "Years after a special made in a modular unit or at a point of care is supplied no more."
        ),
        "retention-special-supply-years": Parameter(_TOLD, "Years after it for the supply of a special."),
        "retention-traceability-years": Parameter(_TOLD, "Years for what traces donor and recipient."),
        "retention-trial-application-years": Parameter(
            _TOLD, "Years after an authorisation for the master file of a trial that supported its application."
        ),
        "retention-trial-batch-years": Parameter(_TOLD, "Years after the end of a trial for documents of its batches."),
        "retention-trial-samples-years": Parameter(
            _TOLD, "Years after the end of a trial, or after release for starting materials, for retained samples."
        ),
        "retention-trial-years": Parameter(_TOLD, "Years after its end for the master file of a trial."),
        "suspension-lifted-by-variation": Parameter(
            ("L6",), "What an authority suspended and a holder resumes without a reference: 1 noted, 2 refused."
        ),
        "tolerance-cells-percent": Parameter(_AMOUNTS, "By how much numbers of cells may disagree; counts never."),
        "tolerance-volume-percent": Parameter(_AMOUNTS, "By how much volumes may disagree."),
        "two-step-release": Parameter(
            ("R3",), "Release before late results: 0 under a master file that has two steps, 1 under any."
        ),
    }
)
"""Every parameter by its name; a test holds the rules named here against what their checks read."""

LIMITS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        COUNTRIES: (0, 1),
        "bedside-check-identifiers": (1, 9),
        "bedside-check-people": (1, 9),
        "bedside-check-valid-seconds": (60, 86_400),
        "control-site-confirmation": (0, 2),
        "label-exemption-seconds": (0, 3_600),
        "out-of-specification-notice-seconds": (3_600, 604_800),
        "donor-identifiers": (1, 9),
        HISTORIC_AGE: (1, 365),
        LATE_ENTRY: (3_600, 2_592_000),
        "donor-tests-deceased-days-after": (0, 30),
        "donor-tests-deceased-days-before": (0, 30),
        "donor-tests-living-days-after": (0, 30),
        "donor-tests-living-days-before": (0, 30),
        "donor-tests-progenitors-days-after": (0, 30),
        "donor-tests-progenitors-days-before": (0, 90),
        "donor-tests-repeat-days": (180, 365),
        "on-the-spot-seconds": (0, 172_800),
        "proceeding-valid-seconds": (60, 86_400),
        "place-tolerance-metres": (1, 10_000),
        "report-adverse-reaction-days": (1, 15),
        "report-control-site-annual-days": (1, 60),
        "report-non-serious-reaction-days": (1, 90),
        "report-serious-adverse-follow-up-days": (1, 90),
        "report-serious-adverse-seconds": (3_600, 86_400),
        "report-serious-breach-days": (1, 7),
        "report-susar-days": (1, 15),
        "report-susar-fatal-days": (1, 7),
        "retention-batch-years": (1, 100),
        "retention-blood-tests-years": (15, 100),
        "retention-certification-years": (5, 100),
        "retention-decentralised-supply-years": (5, 100),
        "retention-special-supply-years": (5, 100),
        "retention-traceability-years": (30, 100),
        "retention-trial-application-years": (2, 100),
        "retention-trial-batch-years": (5, 100),
        "retention-trial-samples-years": (2, 100),
        "retention-trial-years": (25, 100),
        "suspension-lifted-by-variation": (1, 2),
        "tolerance-cells-percent": (0, 50),
        "tolerance-volume-percent": (0, 50),
        "two-step-release": (0, 1),
    }
)
"""What each parameter may be, of the approved countries each one: outside of it a rulebook would switch a rule off."""
