"""Rules on the records themselves that are not live yet: signatures, retention, accounts, clocks, late entries."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

RECORDS: Final[tuple[Planned, ...]] = (
    Planned(
        id="E3",
        text="A record is purged before its retention has ended or while it is under legal hold.",
        source=(
            "HMR 2012 Sch 6 para 18; Directive 2006/86/EC art 9(2); Blood Safety and Quality Regulations 2005; "
            "Clinical Trials Regulations 2004 reg 31A"
        ),
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with retention and legal hold; until then nothing is purged.",
    ),
    Planned(
        id="E4",
        text="A shared or inactive account is used, or an administrator acts as owner of the data.",
        source="MHRA GXP Data Integrity Guidance 2018 s6.16 (partly verified)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with access control.",
    ),
    Planned(
        id="E5",
        text="A suspected adverse reaction is stored without the batch or another product identifier.",
        source="HMR 2012 reg 188(1)(ca)",
        owner=Owner.NOBODY,
        override='"unknown, being sought", which opens a task; the report itself is never refused',
        reason="Comes with the facts of adverse reactions.",
    ),
    Planned(
        id="E6",
        text=(
            "A clock rather than a refusal: reporting time runs from the day after knowledge where the law says so, "
            "and start, due, met and late are shown. Only an edited start or due date is refused."
        ),
        source="SI 2025/87 reg 27",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with the reporting clocks.",
    ),
    Planned(
        id="E8",
        text=(
            "The donor's identity is disclosed to a user on the recipient's side, or the recipient's to a user on the "
            "donor's side."
        ),
        source="Directive 2004/23/EC art 14 (partly verified); Blood Safety and Quality Regulations 2005 reg 14",
        owner=Owner.NOBODY,
        override="purpose of tracing, logged",
        reason="Comes with sealed identity and the log of disclosures.",
    ),
)
