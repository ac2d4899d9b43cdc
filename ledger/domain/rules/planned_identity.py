"""Identity rules that are not live yet: who the material is for, and what says so on it."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

IDENTITY: Final[tuple[Planned, ...]] = (
    Planned(
        id="I2",
        text="Directed material is allocated, dispensed or given to anybody but the named recipient.",
        source="Directive 2006/86/EC Annex II E 1(e)",
        owner=Owner.TISSUE,
        override="a new allocation approved by the Designated Individual (DI); at the bedside nothing",
        reason="Comes with allocation and dispensing.",
    ),
    Planned(
        id="I5",
        text=(
            "Material is used outside the purposes of the consent in force or after that kind of consent was "
            "withdrawn, or is disposed of against the donor's instruction. Keeping what the law requires and "
            "disposing of it safely are not use."
        ),
        source="Directive 2006/17/EC Annex IV, donor documentation",
        owner=Owner.TISSUE,
        override="none for use; for disposal a decision of the DI or QA where safety requires it, recorded",
        reason="Comes with the facts of consumption and destruction.",
    ),
    Planned(
        id="I6",
        text=(
            "A label is applied that does not carry, or does not match, each identifier that its label regime "
            "requires for the route and the stage; or the printed copies do not reconcile."
        ),
        source=(
            "HMR 2012 Sch 4 Pt 3 para 25 and Sch 25 Pt 1; Clinical Trials Regulations 2004 reg 46; Directive "
            "2006/86/EC Annex II E; reconciliation of copies (unverified)"
        ),
        owner=Owner.QUALITY,
        override="deviation approved by QA",
        reason="Comes with the facts of labels and reconciliation.",
    ),
)
