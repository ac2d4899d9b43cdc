"""Rule I3: a Chain of Identity identifier is one therapy event of one patient, for ever, and is given out once."""

from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.enrolment import CoiAssigned
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.patients import IdentifiersIssued
from ledger.domain.identifiers import coi
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import IdentifierError
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.issuing import ISSUED
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.settlement import PATIENT_LINKS

FACILITY: Final = "isbt128-fin"
"""Scheme of a Facility Identification Number as an identifier of an organisation."""

MOST: Final = 10_000
"""Numbers in one block: more than a unit prints in a year."""


def block(case: Case, fact: IdentifiersIssued) -> tuple[Coi, Coi]:
    """Returns the first and the last number of a block: those after all that were given out before.

    Raises:
        IdentifierError: The facility or the year is none, or its numbers are used up.
    """
    used = case.state(ISSUED, tag_of("organisation", fact.facility)).used(fact.year)
    facility = fact.facility.value
    return coi.numbered(facility, fact.year, used), coi.numbered(facility, fact.year, used + fact.numbers - 1)


def _one_event(case: Case) -> Iterator[Broken]:
    """I3: a number used again, or given out twice."""
    fact = case.fact
    if isinstance(fact, IdentifiersIssued):
        yield from _givable(case, fact)
    elif isinstance(fact, CoiAssigned):
        yield from _assigned_once(case, fact)


def _givable(case: Case, fact: IdentifiersIssued) -> Iterator[Broken]:
    tag = tag_of("organisation", fact.facility)
    if fact.facility.scheme != FACILITY:
        yield Broken(tag=tag, found=f"scheme {fact.facility.scheme}", must=f"a facility, scheme {FACILITY}")
    if not 1 <= fact.numbers <= MOST:
        yield Broken(tag=tag, found=f"{fact.numbers} numbers", must=f"1 to {MOST} in one block")
        return
    try:
        block(case, fact)
    except IdentifierError as error:
        yield Broken(tag=tag, found=error.rule, must=error.remedy)


def _assigned_once(case: Case, fact: CoiAssigned) -> Iterator[Broken]:
    tag = tag_of("coi", fact.coi)
    chain = case.state(CHAIN, tag)
    if not chain.assigned:
        return
    patient, product = tag_of("patient", fact.patient), tag_of("product", fact.product)
    if case.patient(chain.patient) != case.patient(patient):
        yield Broken(tag=tag, found=f"assigned to another patient (fact {chain.assigned})", must="a new identifier")
    elif chain.product and product and chain.product != product:
        found = f"assigned for {chain.product} (fact {chain.assigned})"
        yield Broken(tag=tag, found=found, must="a new identifier for a new therapy event")
    elif chain.collections:
        found = f"assigned again after the first procurement (fact {chain.assigned})"
        yield Broken(tag=tag, found=found, must="unchanged from the first procurement on")
    else:
        found = f"assigned before, alike (fact {chain.assigned})"
        yield Broken(tag=tag, found=found, must="assigned once", note=True)


I3 = Rule(
    id="I3",
    revision=1,
    text="A Chain of Identity identifier is used again for another patient or another therapy event, or assigned anew "
    "after the first procurement. One order is one event: all its collections, remakes and planned doses.",
    source="ISBT 128 Chain of Identity Identifier (ST-028)",
    owner=Owner.NOBODY,
    override="none; a wrong assignment is corrected or did not happen",
    types=("CoiAssigned", "IdentifiersIssued"),
    reads=(CHAIN, ISSUED, PATIENT_LINKS),
    judge=_one_event,
)
