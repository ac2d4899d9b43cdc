"""Rules on quantity and genealogy that are not live yet: growth, splits, pools, lots, reconciliation."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

QUANTITY: Final[tuple[Planned, ...]] = (
    Planned(
        id="Q2",
        text="Expansion, which is true biological growth, is recorded as a split. Growth needs a yield of its own.",
        source="reconciliation under EU GMP (our encoding)",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with expansion and splits.",
    ),
    Planned(
        id="Q3",
        text=(
            "Material is split without a unique split number, or pooled without a new pool number and all its parents."
        ),
        source="Directive 2006/86/EC art 10b(1)(b)",
        owner=Owner.TISSUE,
        override="none",
        reason="Comes with splits and pools.",
    ),
    Planned(
        id="Q4",
        text=(
            "Autologous material of two patients is pooled, or a pool joins material whose consent or eligibility is "
            "incompatible."
        ),
        source="Directive 2006/86/EC Annex II E 1(d); HMR 2012 Sch 24 para 53",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with pools and donor eligibility.",
    ),
    Planned(
        id="Q6",
        text=(
            "A worklist with a clock rather than a refusal: a batch is closed while containers, or volumes within a "
            "container, are unreconciled, so that administered, returned, destroyed, retained and sampled do not add "
            "up to what was made. The closing is barred; nothing that happened to a container is."
        ),
        source="Directive 2005/61/EC Annex I",
        owner=Owner.QUALITY,
        override="deviation",
        reason="Comes with returns, destruction and the closing of batches.",
    ),
    Planned(
        id="Q7",
        text=(
            "A raw material, ancillary material or vector lot is consumed that is missing, expired, rejected, "
            "recalled or not released."
        ),
        source="HMR 2012 Sch 6 para 16; release status under EU GMP (unverified)",
        owner=Owner.QUALITY,
        override="deviation approved by QA or the QP before use",
        reason="Comes with the register of lots and their release.",
    ),
    Planned(
        id="Q8",
        text=(
            "The genealogy would become cyclic, or a decision rests on material whose parents are not known. A "
            "happening with an unknown parent is accepted as unregistered and listed."
        ),
        source="HMR 2012 Sch 6 para 16 (our encoding)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with splits, pools and consumption.",
    ),
    Planned(
        id="Q9",
        text=(
            "A combined ATMP is released or given without the device's UDI-DI and UDI-PI and a reference to its "
            "conformity."
        ),
        source="MHRA guidance, Advanced therapy medicinal products: combined products (our encoding)",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with device components of combined products.",
    ),
)
