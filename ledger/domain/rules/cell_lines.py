"""Rule D7: is a line of human embryonic stem cells deposited in the UK Stem Cell Bank?"""

from collections.abc import Iterator

from ledger.domain.facts.lots import LotRegistered, LotReleased
from ledger.domain.facts.naming import tag_of
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.lots import LOT, owes_deposit


def _deposited(case: Case) -> Iterator[Broken]:
    """D7: a line, or what was made from one, whose deposit is neither done nor pending."""
    fact, work = case.fact, case.fact.work()
    if isinstance(fact, LotRegistered):
        if owes_deposit(fact.embryonic):
            yield _missing(tag_of("lot", fact.lot))
        lots = tags_of("lot", fact.made_from)
    elif isinstance(fact, LotReleased):
        lots = (tag_of("lot", fact.lot),)
    else:
        lots = tuple(tag_of("lot", used.lot) for used in work.lots) if work is not None else ()
    yield from (_missing(tag) for tag in lots if case.state(LOT, tag).undeposited)


def _missing(tag: str) -> Broken:
    must = "the deposit's reference, or that it is pending"
    return Broken(tag=tag, found="derived under an HFEA research licence, and no deposit is said", must=must)


D7 = Rule(
    id="D7",
    revision=1,
    text="A cell line derived from human embryonic stem cells in the UK under an HFEA research licence is registered, "
    "released, banked on or used without a deposit reference of the UK Stem Cell Bank. A line derived elsewhere owes "
    "none.",
    source="HTA, HFEA and MHRA joint position on human embryonic stem cell lines; HFEA research licence condition R30",
    owner=Owner.NOBODY,
    override="none; a deposit that is pending is recorded as pending",
    types=(
        "LotRegistered",
        "LotReleased",
        "MaterialsConsumed",
        "ProcessStepPerformed",
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "ManufactureCompleted",
    ),
    reads=(LOT,),
    judge=_deposited,
)
