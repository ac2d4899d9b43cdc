"""Where the law could not be read or gives no number: which rule meets it, the safe default taken, where it is set.

Part of the rulebook as a document. A gap that is closed leaves this list in the change that closes it.
"""

from typing import Final, NamedTuple


class Gap(NamedTuple):
    """A gap of the law.

    Attributes:
        gap: What is not known, or not verified.
        rules: Ids of the rules that meet it; none where it is only told.
        default: What the ledger does meanwhile.
        where: Parameters by which a rulebook sets it, or another place; empty for the program.
    """

    gap: str
    rules: tuple[str, ...]
    default: str
    where: str = ""


GAPS: Final = (
    Gap(
        "HMR 2012 regs 27A, 29A-29B and 37A-37B as SI 2025/87 amends them",
        ("L3", "L4", "L5", "L6"),
        "read like their verified mirror in the Clinical Trials Regulations 2004",
        "`suspension-lifted-by-variation`, `place-tolerance-metres`",
    ),
    Gap(
        "what a master file and a designation contain (guidance not read)",
        ("L3", "L4", "L5", "L8"),
        "what HMR 2012 Sch 3 para 1A(2) asks, and annexes as documents",
        "`MasterFileVersionApproved`, `DesignationGranted`",
    ),
    Gap(
        "release in two steps, EU GMP Part IV (ATMP) s11",
        ("R1", "R3"),
        "off unless the master file has it: refused at the point of care, noted at a QP's certification",
        "`two-step-release`; `release_model` of `MasterFileVersionApproved`",
    ),
    Gap(
        "remote certification and site agreements of the guideline on decentralised manufacture",
        ("R1",),
        "the control site confirms each batch: noted where nothing shows it",
        "`control-site-confirmation`",
    ),
    Gap("two-person check of accreditation standards", ("I8",), "two persons", "`bedside-check-people`"),
    Gap(
        "safety reports of a trial after 28 April 2026",
        ("E6",),
        "7 days when fatal or life-threatening, else 15; 7 for a serious breach",
        "`report-susar-fatal-days`, `report-susar-days`, `report-serious-breach-days`",
    ),
    Gap(
        "conclusion of a report to the HTA",
        ("E6",),
        "90 days",
        "`report-serious-adverse-follow-up-days`",
    ),
    Gap(
        "a reaction to a special that is not serious",
        ("E6",),
        "90 days",
        "`report-non-serious-reaction-days`",
    ),
    Gap(
        "when a control site reports each year, and on which years (HMR 2012 regs 37A and 37B)",
        ("E6",),
        "years from the first version of the master file, then from what the last report covers; within 60 days after",
        "`report-control-site-annual-days`",
    ),
    Gap(
        "which issues a control site notifies",
        ("E6",),
        "each suspension of a site by the holder, and deviations that say so; a clock without an end",
        "`calls_for` of `DeviationRaised`",
    ),
    Gap('"promptly" and "as soon as known"', ("E6",), "a clock without an end, which is never late"),
    Gap("approved countries for import", ("R2",), "the EEA states", "`approved-import-countries`"),
    Gap(
        "sample of a donor of progenitor cells for others",
        ("D1",),
        "up to 30 days before the donation",
        "`donor-tests-progenitors-days-before`",
    ),
    Gap(
        "sample of a deceased donor",
        ("D1",),
        "from 7 days before the donation to 1 day after it",
        "`donor-tests-deceased-days-before`, `donor-tests-deceased-days-after`",
    ),
    Gap(
        "what is neither stored nor cultured, and needs no minimum tests",
        ("D1", "D9"),
        "given where it was taken within 24 hours, of a product that is not gene-modified",
        "`on-the-spot-seconds`",
    ),
    Gap(
        "status of Regulation (EC) 1394/2007 art 15 in Great Britain",
        ("E3", "E7"),
        "HMR 2012 Sch 6 is cited, which says the same",
    ),
    Gap("when the revised EU GMP Annex 11 is adopted", ("E1", "E2", "R2"), "its stricter draft is asked already"),
    Gap(
        "law of consent in Scotland, Wales and Northern Ireland",
        ("I5", "R10"),
        "consent is asked alike everywhere; the nation of each site is on record",
        "the nation in `SiteRegistered`",
    ),
    Gap("HMR 2012 reg 171, supply under the hospital exemption", ("L13",), "a note at the bedside"),
    Gap("contained use of genetically modified organisms", ("L17",), "always a note"),
    Gap("effect of Regulation (EU) 2024/1938 in Northern Ireland", ("L15",), "rules ask the nation of each site"),
    Gap(
        "when a special made in a modular unit or at a point of care is supplied no more (HMR 2012 reg 170B not read)",
        (),
        "once the licence of its batches, or every designation of the product, has ended; until then records are kept",
        "`retention-decentralised-supply-years`",
    ),
    Gap(
        "start of the thirty years of traceability",
        (),
        "the latest of expiry, use and last knowledge; an end that is not known keeps the records",
        "`retention-traceability-years`",
    ),
)
"""Every gap that a default was taken for."""
