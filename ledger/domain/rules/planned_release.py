"""Rules on release and use that are not live yet: certification, exceptional supply, dispensing, recall."""

from typing import Final

from ledger.domain.rules.planned_rule import Planned
from ledger.domain.rules.rule import Owner

RELEASE: Final[tuple[Planned, ...]] = (
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
