"""Pools, for rules Q3 and Q4: a number of their own, all their parents, and cells that may go to the same people."""

from collections.abc import Iterator

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.pooling import MaterialsPooled
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects.materials import DONATION, Donation


def numbered(case: Case, fact: MaterialsPooled) -> Iterator[Broken]:
    """Q3: a pool without a new donation code or pool number, or that leaves out a donation that it was made of."""
    pool = tag_of("material", fact.output.material)
    new = tag_of("donation", fact.new_donation)
    if fact.new_donation is None and fact.pool_number is None:
        yield Broken(tag=pool, found="neither a donation code nor a pool number", must="a number of its own for a pool")
    if new and (new in case.ancestors or case.state(DONATION, new).collections):
        yield Broken(tag=new, found="the code of a donation that was collected", must="a new code for a pool")
    told = set(tags_of("donation", fact.donations))
    for donation in sorted(_donations(case).keys() - told) if told else ():
        yield Broken(
            tag=donation, found="not named among the donations of the pool", must="a pool with all its parents"
        )


def compatible(case: Case, fact: MaterialsPooled) -> Iterator[Broken]:
    """Q4: what is for different people, or from a donor who is not eligible, is brought together."""
    pool, donations = tag_of("material", fact.output.material), _donations(case)
    named = {case.patient(item.recipient) if item.recipient else "" for item in donations.values()}
    if len(named) > 1:
        found = "brings together cells that donors gave for different people"
        yield Broken(tag=pool, found=found, must="cells that may go to the same people")
    for tag, donation in donations.items():
        if donation.ineligible:
            found = "its donor was decided not to be eligible"
            yield Broken(tag=tag, found=found, must="only donations of eligible donors in a pool")


def _donations(case: Case) -> dict[str, Donation]:
    """Donations that what went in came from, where their collection is on record."""
    known = {tag: case.state(DONATION, tag) for tag in sorted(case.ancestors) if kind_of(tag) == "donation"}
    return {tag: donation for tag, donation in known.items() if donation.collections}
