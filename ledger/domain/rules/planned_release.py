"""Rules on release and use that are not live yet: certification, exceptional supply, dispensing, recall."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

RELEASE: Final[tuple[Planned, ...]] = (
    Planned(
        id="R2",
        text=(
            "A batch is certified by somebody who is not a QP, or by a QP not named for that product line on that "
            "licence at that time. An imported product needs a UK QP under a licence that covers import, or an "
            "approved country's QP certificate verified by the Responsible Person (import) named on the wholesale "
            "licence."
        ),
        source="HMR 2012 Sch 7 para 12 and regs 45AA-45AB; EU GMP Annex 11 s15 (unverified)",
        owner=Owner.NOBODY,
        override="none",
        reason="Comes with certification by a QP and the verification of imports.",
    ),
    Planned(
        id="R3",
        text=(
            "A batch is certified with an open critical deviation, an unreviewed audit trail, a mandatory test "
            "missing that is not a listed late test, or a failed specification."
        ),
        source="EU GMP Annex 11 s9; EU GMP Part IV (ATMP) s11 (unverified)",
        owner=Owner.QUALITY,
        override="conditional certification where it is approved",
        reason="Comes with certification by a QP, test results and audit trail review.",
    ),
    Planned(
        id="R4",
        text=(
            "A product out of specification is supplied without the treating physician's request, the manufacturer's "
            "risk evaluation or the physician's acceptance, or is not cell- or tissue-based. Notification is a clock, "
            "not a condition: the sponsor at once, holder and authority within 48 hours unless set otherwise."
        ),
        source="EU GMP Part IV (ATMP) 11.53-11.54",
        owner=Owner.CLINICAL,
        override="none",
        reason="Comes with the facts of out-of-specification supply.",
    ),
    Planned(
        id="R7",
        text=(
            "An unlabelled container is started although the label exemption is not shown: made at the point of care, "
            "started within the limit after completion, nothing retained for later administration. Judged at the "
            "start on the intent and at the end on the disposition; any remainder is destroyed or labelled before "
            "anything else."
        ),
        source="MHRA guidance, Decentralised manufacture: labelling",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with the facts of labels and reconciliation.",
    ),
    Planned(
        id="R9",
        text=(
            "A product is dispensed or started without a prescription, patient-specific direction, patient group "
            "direction or national protocol, trial enrolment, or emergency exemption proper to that product."
        ),
        source="HMR 2012 reg 167; HMR 2012 reg 214 (unverified)",
        owner=Owner.CLINICAL,
        override="none",
        reason="Comes with dispensing, trial enrolment and directions.",
    ),
    Planned(
        id="R10",
        text=(
            "Administration is started after treatment consent was withdrawn. Withdrawing consent to research or to "
            "sharing data does not stop a dose."
        ),
        source=(
            "common law of consent; Mental Capacity Act 2005, Adults with Incapacity (Scotland) Act 2000, Mental "
            "Capacity Act (Northern Ireland) 2016 (unverified)"
        ),
        owner=Owner.CLINICAL,
        override=(
            "the patient lacks capacity and a best-interests decision is recorded; nothing against a refusal by a "
            "patient with capacity"
        ),
        reason="Comes with best-interests decisions, without which it would bar lawful care.",
    ),
    Planned(
        id="R11",
        text=(
            "A clock, not a refusal: a late test fails after use and no notification is opened within the set time. "
            "The failing result itself is never refused."
        ),
        source="EU GMP Part IV (ATMP) (unverified)",
        owner=Owner.QUALITY,
        override="none",
        reason="Comes with test results and the clocks of notification.",
    ),
    Planned(
        id="R12",
        text=(
            "Material, a batch or a product is consumed, certified, dispatched for use, dispensed or started while a "
            "recall is open on any lot it came from. Returning, quarantining and destroying stay possible."
        ),
        source="MHRA, A guide to defective medicinal products (partly verified)",
        owner=Owner.CLINICAL,
        override="decision for that patient by the treating physician together with QA",
        reason="Comes with the facts of recall.",
    ),
    Planned(
        id="R13",
        text=(
            "A batch is certified, dispensed or started when its route is not live: marketing authorisation absent, "
            "suspended or without the indication and no off-label note; trial not authorised, halted or its site not "
            "open; conditions of hospital exemption or specials lapsed; early access opinion ended."
        ),
        source="HMR 2012; Clinical Trials Regulations 2004 (our encoding)",
        owner=Owner.NOBODY,
        override="none; an urgent safety measure is recorded",
        reason="Comes with the register of authorisations and trials.",
    ),
)
