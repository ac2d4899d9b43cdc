"""Rule E8: donor and recipient do not learn who the other is."""

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.domain.facts.keeping import DisclosureMade, DisclosurePurpose
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.notices import IdentitySide, LookbackOpened, NoticeSent
from ledger.domain.facts.registry import OrganisationRole
from ledger.domain.facts.values import IntendedUse
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.organisations import ORGANISATION
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.sides import SIDES

_LAWFUL: Final = frozenset((DisclosurePurpose.TRACING, DisclosurePurpose.COURT))
"""Purposes for which both sides may be told: this record is the log of it."""

_OF_OTHERS: Final = frozenset((IntendedUse.ALLOGENEIC, IntendedUse.DIRECTED))
"""Cells that somebody else gave."""


def _kept_apart(case: Case) -> Iterator[Broken]:
    """E8: the donor told to the recipient's side, or the recipient to the donor's."""
    fact = case.fact
    if isinstance(fact, DisclosureMade):
        if fact.purpose not in _LAWFUL:
            yield from _disclosed(case, fact)
    elif isinstance(fact, NoticeSent):
        yield from _noticed(case, fact)
    elif isinstance(fact, LookbackOpened) and fact.donor is not None and fact.patient is not None:
        found = "a donor for others and a patient are named together"
        yield Broken(tag=tag_of("case", fact.case), found=found, must="a look-back for each", note=True)


def _disclosed(case: Case, fact: DisclosureMade) -> Iterator[Broken]:
    chains = tags_of("coi", fact.coi)
    donor, patient = tag_of("donor", fact.donor), tag_of("patient", fact.patient)
    to = tag_of("organisation", fact.recipient)
    if donor:
        yield from _crossing(case, to, donor, IdentitySide.DONOR, (donor, patient, *chains))
        yield from _unknown_side(case, to, donor, (patient, *chains))
    for chain in chains:
        yield from _of_recipient(case, to, chain, donor)


def _of_recipient(case: Case, to: str, chain: str, donor: str) -> Iterator[Broken]:
    """A chain is its patient: told to the donor's side it names the recipient, unless they are the same."""
    if case.state(CHAIN, chain).intended_use in _OF_OTHERS:
        yield from _crossing(case, to, chain, IdentitySide.RECIPIENT, (chain, donor))


def _noticed(case: Case, fact: NoticeSent) -> Iterator[Broken]:
    """In a recall or a look-back people are told in order to trace; the notice is the log of it."""
    if case.state(CASE, tag_of("case", fact.case)).tracing:
        return
    to, chain = tag_of("organisation", fact.organisation), tag_of("coi", fact.coi)
    if IdentitySide.DONOR in fact.tells and case.state(CHAIN, chain).intended_use in _OF_OTHERS:
        yield from _crossing(case, to, chain, IdentitySide.DONOR, (chain,))
    if IdentitySide.RECIPIENT in fact.tells:
        yield from _of_recipient(case, to, chain, "")


def _crossing(case: Case, to: str, who: str, side: IdentitySide, things: Iterable[str]) -> Iterator[Broken]:
    """Told to the other side: a bar; to who stands on both: a note."""
    known = [case.state(SIDES, thing) for thing in things if thing]
    ours = _runs(case, to, (tag for sides in known for tag in sides.donor))
    theirs = _runs(case, to, (tag for sides in known for tag in sides.recipient))
    if side is IdentitySide.RECIPIENT:
        ours, theirs = theirs, ours
    if not theirs:
        return
    other = "recipient" if side is IdentitySide.DONOR else "donor"
    found = f"the {side.name.lower()} is told to {to}, which is on the {other}'s side"
    must = "told to trace, or by order of a court; else the other side left out"
    yield Broken(tag=who, found=f"{found} and on both" if ours else found, must=must, note=ours)


def _runs(case: Case, organisation: str, places: Iterable[str]) -> bool:
    return any(organisation in case.houses({tag, case.party_at(tag)}) for tag in places)


def _unknown_side(case: Case, to: str, donor: str, things: Iterable[str]) -> Iterator[Broken]:
    """A hospital that did not take the cells, and nothing named says whom it treats."""
    if any(things) or _runs(case, to, case.state(SIDES, donor).donor):
        return
    if OrganisationRole.HOSPITAL in case.state(ORGANISATION, to).roles:
        found = f"the donor is told to {to}, a hospital that did not collect from them"
        yield Broken(tag=donor, found=found, must="the chains that it is about, or told to trace", note=True)


E8 = Rule(
    id="E8",
    revision=1,
    text="The donor's identity, or pseudonym, is disclosed to an organisation on the recipient's side, or the "
    "recipient's to one on the donor's side, for another purpose than tracing or by order of a court. Which side an "
    "organisation is on is read from where cells were taken and given; one on both sides, or of which that is not "
    "known, gets a note. Own cells have one side.",
    source="Directive 2004/23/EC art 14 (partly verified); Blood Safety and Quality Regulations 2005 reg 14",
    owner=Owner.NOBODY,
    override="purpose of tracing, logged",
    types=("DisclosureMade", "NoticeSent", "LookbackOpened"),
    reads=(SIDES, CASE, CHAIN, ORGANISATION, SITE_STATUS),
    judge=_kept_apart,
)
