"""Rule D8: are cells, blood, gametes and embryos taken under the licence that each of them needs?"""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.collection import ProcurementMethod, ProcurementPerformed
from ledger.domain.facts.licensing import LicenceKind
from ledger.domain.facts.registry import Activity
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.donors import named_bases
from ledger.domain.subjects.registers import LICENCE, SITE_STATUS

_TISSUE: Final = (
    frozenset((LicenceKind.HUMAN_APPLICATION,)),
    "an HTA human application licence, or an agreement with a holder",
)
_BLOOD: Final = (
    frozenset((LicenceKind.HUMAN_APPLICATION, LicenceKind.BLOOD_ESTABLISHMENT)),
    "an HTA human application licence, a blood establishment authorisation, or an agreement with a holder",
)
_FERTILITY: Final = (
    frozenset((LicenceKind.FERTILITY,)),
    "an HFEA licence, or an agreement with a holder",
)


def _needed(case: Case) -> tuple[frozenset[LicenceKind], str]:
    """Kinds of licence that will do, and how to say so. Apheresis collects blood cells."""
    method = case.fact.method if isinstance(case.fact, ProcurementPerformed) else None
    if method in (ProcurementMethod.GAMETE, ProcurementMethod.EMBRYO):
        return _FERTILITY
    return _BLOOD if method in (None, ProcurementMethod.WHOLE_BLOOD) else _TISSUE


def _bases(case: Case) -> tuple[str, ...]:
    """What the fact names, else what its site registered for procurement."""
    registered = (
        item.basis for item in case.state(SITE_STATUS, case.site).bases if item.activity is Activity.PROCUREMENT
    )
    return named_bases(case.envelope)[:1] or tuple(dict.fromkeys(registered))


def _lawfully_taken(case: Case) -> Iterator[Broken]:
    """D8: no basis of the right kind; abroad, an agreement with the supplier is the basis."""
    allowed, must = _needed(case)
    bases = _bases(case)
    if any(kind_of(basis) != "licence" or case.state(LICENCE, basis).kind in allowed for basis in bases):
        return
    kinds = ", ".join(str(kind.name) for basis in bases if (kind := case.state(LICENCE, basis).kind)) or "none"
    yield Broken(tag=case.site, found=f"cells taken under: {kinds}", must=must)


D8 = Rule(
    id="D8",
    revision=1,
    text="Cells, tissue or blood are procured as starting material under neither an HTA licence or agreement nor, for "
    "blood, a blood establishment authorisation, nor, for gametes and embryos, an HFEA licence, nor foreign "
    "procurement covered by such an agreement.",
    source="Human Tissue (Quality and Safety) Regulations 2007; BSQR 2005; joint HTA and MHRA position on blood; Human "
    "Fertilisation and Embryology Act 1990",
    owner=Owner.NOBODY,
    override="none",
    types=("ApheresisPerformed", "ProcurementPerformed"),
    reads=(SITE_STATUS, LICENCE),
    judge=_lawfully_taken,
)
