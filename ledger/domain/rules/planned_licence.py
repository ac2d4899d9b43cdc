"""Rules on licences, master files, sites and people that are not live yet."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

LICENCE: Final[tuple[Planned, ...]] = (
    Planned(
        id="L4",
        text=(
            "The master file version cited is not the one that was effective when the batch was opened, unless the "
            "new version says that it applies to batches in process."
        ),
        source="HMR 2012 reg 37(6)(ab)-(ac)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the rules on master file changes while a batch runs.",
    ),
    Planned(
        id="L5",
        text=(
            "A POC site or modular unit works outside the place, or the tolerance in metres, that the master file "
            "gives, or under another unit identifier. For a home the site approval names the opaque site id; that the "
            "master file lists the category and its approval process is unverified."
        ),
        source="HMR 2012 Sch 3 para 1A(2)(a)-(b)",
        owner=Owner.NOBODY,
        override="none; the relocation is recorded first",
        reason="Comes with the relocation of units and the approval of homes.",
    ),
    Planned(
        id="L6",
        text=(
            "The holder resumes a site that the licensing authority suspended, without the reference of an approved "
            "variation."
        ),
        source="Clinical Trials Regulations 2004 reg 45(5)-(6); HMR 2012 reg 27A (partly verified)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the resumption of sites.",
    ),
    Planned(
        id="L7",
        text=(
            "A site is resumed after the holder's own pause without sign-off by quality assurance of the control site."
        ),
        source="HMR 2012 Sch 3 para 1A(2)(e)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the pausing and resumption of sites.",
    ),
    Planned(
        id="L8",
        text=(
            "No live designation covers that product and mode of manufacture, or a decentralised investigational "
            "medicinal product has none."
        ),
        source="MHRA guidance, Decentralised manufacture: clinical trial authorisation and GCP",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the facts of designation.",
    ),
    Planned(
        id="L9",
        text="The control site is outside the United Kingdom, or is not a control site for that mode of manufacture.",
        source="MHRA guidance, Decentralised manufacture: UK guideline on GMP",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the rules on designation and control sites.",
    ),
    Planned(
        id="L10",
        text=(
            "The operator was not trained and authorised for that step at that site at that time. A bar on decisions "
            "and in manufacture; a note with a task at happenings on a patient."
        ),
        source="EU GMP (unverified)",
        owner=Owner.QUALITY,
        override="the site's responsible person attests competence",
        reason="Comes with training and the ending of roles.",
    ),
    Planned(
        id="L11",
        text=(
            "Equipment is out of calibration, or the software of a device is not the qualified version. A note with a "
            "task at happenings on a patient."
        ),
        source="EU GMP (unverified)",
        owner=Owner.QUALITY,
        override="deviation approved by QA",
        reason="Comes with the register of equipment.",
    ),
    Planned(
        id="L12",
        text=(
            "A special is supplied on a solicited order, without the prescriber's specification, or without a special "
            "need of that prescriber's patient."
        ),
        source="HMR 2012 reg 167",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with orders and supply of specials.",
    ),
    Planned(
        id="L13",
        text=(
            "A product under the hospital exemption is supplied without an individual prescription, outside hospital "
            "use, or as routine production."
        ),
        source="HMR 2012 reg 171 (unverified)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with dispensing under the hospital exemption.",
    ),
    Planned(
        id="L14",
        text=(
            "A product under the hospital exemption is sold by wholesale to somebody who did not solicit it for an "
            "individual patient."
        ),
        source="HMR 2012 Sch 6 para 15",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with dispensing and supply by wholesale.",
    ),
    Planned(
        id="L15",
        text=(
            "Tissues or cells, starting material included, enter Northern Ireland from Great Britain or a third "
            "country, or Great Britain from outside the United Kingdom, without an HTA import licence and supplier "
            "agreement; or tissues or cells are applied in Northern Ireland without a Single European Code where one "
            "is required. A finished medicine follows the rules on import of medicines instead."
        ),
        source=(
            "HTA transition guidance; Human Tissue (Quality and Safety for Human Application) Regulations 2007 reg 20A"
        ),
        owner=Owner.NOBODY,
        override="direct authorisation by the HTA in an emergency",
        reason="Comes with import licences and supplier agreements.",
    ),
    Planned(
        id="L16",
        text=(
            "A batch claims a marketing authorisation for an ATMP that covers Great Britain only and was applied for "
            "after 1 January 2025; since then authorisations are UK-wide."
        ),
        source="MHRA guidance, Advanced therapy medicinal products",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the register of marketing authorisations.",
    ),
    Planned(
        id="L17",
        text=(
            "Gene-modified material is at a site without approval for contained use and by its genetic modification "
            "safety committee."
        ),
        source="Genetically Modified Organisms (Contained Use) Regulations 2014 (unverified)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with approvals for contained use.",
    ),
)
