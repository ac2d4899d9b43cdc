"""Rule E4: does somebody act who is no longer on the register of people?"""

from collections.abc import Iterator
from types import MappingProxyType

from ledger.domain import civil_time
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.staff import PERSON

_JUDGED = tuple(name for name, struct in TYPES.items() if struct.about.kind in (Kind.DECISION, Kind.HAPPENING))


def _on_the_register(case: Case) -> Iterator[Broken]:
    """E4: done, checked or signed under the id of a person whose entry has ended."""
    envelope = case.envelope
    acting = (envelope.performed_by, *envelope.verified_by, *(item.person for item in envelope.signatures))
    for tag in dict.fromkeys(tag_of("person", person) for person in acting):
        until = case.state(PERSON, tag).until
        if until and case.at >= civil_time.day_end(until):
            found = f"their entry in the register of people ended on {until}"
            yield Broken(tag=tag, found=found, must="somebody who is on the register, or the entry mended")


E4 = Rule(
    id="E4",
    revision=1,
    text="A decision is made, checked or signed under the id of a person whose entry in the register of people has "
    "ended; what happened all the same is noted. Of inactive and shared accounts, and of administrators who act as "
    "owners of the data, only this can be seen until access control.",
    source="MHRA GXP Data Integrity Guidance 2018 s6.16 (partly verified; our encoding)",
    owner=Owner.NOBODY,
    override="none",
    types=_JUDGED,
    reads=(PERSON,),
    judge=_on_the_register,
    weights=MappingProxyType({name: Weight.NOTE for name in _JUDGED if TYPES[name].about.kind is Kind.HAPPENING}),
    timed=True,
)
