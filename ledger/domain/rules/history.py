"""Rule E1 for imported history: of the past, from a source that can be shown, copied by one person and read by another.

What is inside is judged by nobody: the law of its day, and who was entitled then, are not in this ledger.
"""

from collections.abc import Iterator
from datetime import timedelta

from ledger.domain import civil_time
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import Signature, SignatureMeaning
from ledger.domain.rules.case import HISTORIC_AGE, Case
from ledger.domain.rules.rule import Broken


def imported(case: Case, fact: HistoricRecordImported) -> Iterator[Broken]:
    """What is no history, and history that nobody stands for."""
    me, told = tag_of("person", case.envelope.performed_by), fact.fact.only()
    name = type(told).__name__
    if TYPES[name].about.server_made or name == "RulebookAdopted":
        yield Broken(tag=me, found=f"{name} is no history: this ledger makes it", must="a fact that people recorded")
    days = case.whole(HISTORIC_AGE)
    if fact.envelope.occurred_at.time > civil_time.moved(case.recorded_at, -timedelta(days=days)):
        found = f"{name} of {fact.envelope.occurred_at.time:%Y-%m-%d} is not older than {days} days"
        yield Broken(tag=me, found=found, must="recorded as itself, late, with its reason, and judged")
    yield from _stood_for(case, fact, me)


def _stood_for(case: Case, fact: HistoricRecordImported, me: str) -> Iterator[Broken]:
    """Signed by who imports it, and by a second person who read the copy against its source."""
    signers = {
        meaning: {case.person(tag_of("person", item.person)) for item in _signed(case, meaning)}
        for meaning in (SignatureMeaning.PERFORMED, SignatureMeaning.VERIFIED)
    }
    if not signers[SignatureMeaning.PERFORMED]:
        must = "a signature: performed"
        yield Broken(tag=me, found="not signed by who imports it", must=must, note=case.validate_only)
    copied = case.person(tag_of("person", fact.transcribed_by))
    if not signers[SignatureMeaning.VERIFIED] - {copied}:
        found = "nobody but who copied it has compared it with its source"
        yield Broken(tag=me, found=found, must="a second person's signature: verified", note=case.validate_only)


def _signed(case: Case, meaning: SignatureMeaning) -> list[Signature]:
    return [item for item in case.envelope.signatures if item.meaning is meaning]
