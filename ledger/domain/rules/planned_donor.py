"""Rules on donors and starting material that are not live yet: testing, eligibility, release, storage."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

DONOR: Final[tuple[Planned, ...]] = (
    Planned(
        id="D1",
        text=(
            "Starting material is released although a mandatory marker is missing, comes from an unauthorised "
            "laboratory or was sampled outside the window for that procedure. Autologous material needs the minimum "
            "tests only if it is to be stored or cultured."
        ),
        source="Directive 2006/17/EC Annex I 2.1.1 and Annex II",
        owner=Owner.TISSUE,
        override=(
            "shipping in quarantine only, flagged (unverified), as far as manufacture at risk; certification needs "
            "the result"
        ),
        reason="Comes with donor testing and the release of starting material.",
    ),
    Planned(
        id="D2",
        text=(
            "Allogeneic material is released with a reactive marker or without a documented review of the donor's "
            "eligibility."
        ),
        source="Directive 2006/17/EC Annex I and Annex IV",
        owner=Owner.TISSUE,
        override="documented risk assessment by the DI",
        reason="Comes with donor testing and the decision on eligibility.",
    ),
    Planned(
        id="D3",
        text="Autologous material of a marker-positive donor lacks the BIOLOGICAL HAZARD label or segregated storage.",
        source="Directive 2006/86/EC Annex II E 1(f)",
        owner=Owner.TISSUE,
        override="none",
        reason="Comes with the facts of labels and storage.",
    ),
    Planned(
        id="D4",
        text="Material that is not released for circulation is dispatched for use in manufacture or treatment.",
        source="Directive 2006/86/EC Annex II C",
        owner=Owner.TISSUE,
        override="transfer in quarantine, which is another purpose of dispatch",
        reason="Comes with the release of material for circulation.",
    ),
    Planned(
        id="D5",
        text="The donation code or the donation identification sequence is altered after release.",
        source="Directive 2006/86/EC art 10b(1)(c)",
        owner=Owner.TISSUE,
        override="documented correction of an encoding error",
        reason="Comes with the release of material for circulation.",
    ),
    Planned(
        id="D6",
        text=(
            "The maximum storage time of the material, or the hold time of a fresh collection or an intermediate, is "
            "exceeded when it is used."
        ),
        source="Directive 2006/86/EC Annex II C; hold time (our encoding)",
        owner=Owner.TISSUE,
        override="decision of QA, the QP or the DI with a risk assessment",
        reason="Comes with storage, thawing and hold times.",
    ),
    Planned(
        id="D7",
        text=(
            "A clinical cell line derived from human embryonic stem cells in the UK under an HFEA research licence "
            "has no deposit reference of the UK Stem Cell Bank."
        ),
        source="HTA, HFEA and MHRA joint position on human embryonic stem cell lines",
        owner=Owner.NOBODY,
        override="none; a deposit that is pending is recorded as pending",
        reason="Comes with the register of lots and cell lines.",
    ),
    Planned(
        id="D9",
        text=(
            "Starting material or an intermediate is consumed that is neither released for circulation and accepted "
            "by the manufacturer, nor transferred in quarantine for manufacture at risk."
        ),
        source="Directive 2006/86/EC Annex II C; EU GMP Part IV (ATMP) (our encoding)",
        owner=Owner.QUALITY,
        override="manufacture at risk under a transfer in quarantine; certification needs the missing release",
        reason="Comes with the acceptance and consumption of material.",
    ),
)
