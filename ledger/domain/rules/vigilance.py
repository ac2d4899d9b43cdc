"""Rule E5: is the product known that somebody is suspected to have reacted to?"""

from collections.abc import Iterator

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.vigilance import AdverseReactionKind, AdverseReactionReported, AdverseReportConcluded
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.cases import CASE, names_product

_WANTED = "the batch, or a container, donation, chain, product or brand"


def _product_known(case: Case) -> Iterator[Broken]:
    """E5: a reaction that names no product, and nobody is looking for it; or one concluded without."""
    fact = case.fact
    if isinstance(fact, AdverseReactionReported):
        tag = tag_of("case", fact.case)
        known = names_product(fact) or bool(fact.identifier_sought) or bool(case.state(CASE, tag).identified)
        if fact.kind is not AdverseReactionKind.DONOR_REACTION and not known:
            must = f"{_WANTED}, or identifier_sought: unknown, being sought"
            yield Broken(tag=tag, found="neither batch nor another product identifier", must=must, note=True)
    elif isinstance(fact, AdverseReportConcluded):
        yield from _concluded(case, fact)


def _concluded(case: Case, fact: AdverseReportConcluded) -> Iterator[Broken]:
    tag = tag_of("case", fact.case)
    known = case.state(CASE, tag)
    if not known.reported:
        yield Broken(tag=tag, found="nothing was reported under it", must="a case with an adverse reaction or event")
    elif known.reaction and not known.identified:
        must = f"{_WANTED} reported under this case, or identifier_not_found: why it could not be found"
        found = "the product suspected is still not known"
        yield Broken(tag=tag, found=found, must=must, note=fact.identifier_not_found is not None)


E5 = Rule(
    id="E5",
    revision=1,
    text="A suspected adverse reaction of a patient is stored without the batch or another product identifier: a note "
    "and a task, unless it is said that it is being sought; the report itself is never refused. Refused: its "
    "investigation is concluded while the product is still not known and nobody says why it could not be found, or a "
    "conclusion on a case that nobody reported (both our encoding).",
    source="HMR 2012 reg 188(1)(ca)",
    owner=Owner.NOBODY,
    override='"unknown, being sought" for the report; for its conclusion the reason why it was not found',
    types=("AdverseReactionReported", "AdverseReportConcluded"),
    reads=(CASE,),
    judge=_product_known,
)
