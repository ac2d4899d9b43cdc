"""Rules on donors and starting material that are not live yet: testing, eligibility, release, storage."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

DONOR: Final[tuple[Planned, ...]] = (
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
)
