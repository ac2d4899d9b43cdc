"""Rules on licences, master files, sites and people that are not live yet."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

LICENCE: Final[tuple[Planned, ...]] = (
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
