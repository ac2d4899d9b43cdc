"""How long the records of a chain are kept, as known at a position: its facts, its registers and its legal holds."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ledger.audit.lookup import StatesAsOf
from ledger.domain import civil_time
from ledger.domain.facts.record import Record
from ledger.domain.facts.registry import ProductClass
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.retention import Around, Retention, Told, retention
from ledger.domain.subjects.authorisations import AUTHORISATION, Authorisation
from ledger.domain.subjects.keeping import HOLDS
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.subject import Statement, statement
from ledger.store.log import Reading
from ledger.store.rulebook import Rulebook


def kept(reading: Reading, chain: str, found: Iterable[Record], last: int, day: datetime | None) -> Retention:
    """Works out how long the records of a chain are kept.

    Args:
        reading: The log.
        chain: Tag of the chain.
        found: Every record of its story that was known.
        last: The last position that was known.
        day: As it was then: only what had taken effect; None for everything.
    """
    known = sorted(found, key=lambda record: record.stamp.position)
    said: dict[int, Statement] = {}
    for record in known:
        stated = statement(record)
        if stated is not None:
            said[stated.target] = stated
    told = [
        Told(content=item.content, at=item.effective)
        for item in sorted(said.values(), key=lambda item: item.key)
        if item.content is not None and (day is None or item.effective <= day)
    ]
    newest = known[-1].stamp.recorded_at if known else datetime.min.replace(tzinfo=UTC)
    rulebook = Rulebook()
    rulebook.load(reading, last)
    states = StatesAsOf(reading, last, newest, day)
    return retention(told, _around(states, chain, said.values(), newest), rulebook.parameters)


def _ended(trial: Authorisation) -> datetime | None:
    """When a trial ended: as it was told, or after the last day that was granted, whichever came first."""
    last = civil_time.day_end(trial.effective_to) if trial.effective_to else None
    return min(filter(None, (trial.ended, last)), default=None)


def _around(states: StatesAsOf, chain: str, said: Iterable[Statement], known: datetime) -> Around:
    tags = {chain, *(tag for item in said for tag in item.tags)}
    held = sorted(tag for tag in tags if tag == chain or kind_of(tag) in ("batch", "case", "organisation"))
    states.ready((HOLDS, tag) for tag in held)
    route = states.state(CHAIN_ROUTE, chain)
    trial = states.state(AUTHORISATION, route.authorisation)
    product = states.state(PRODUCT, route.product or states.state(CHAIN, chain).product).data
    return Around(
        known=known,
        route=route.route,
        trial_ended=_ended(trial),
        blood=product is not None and product.product_class is ProductClass.BLOOD_PRODUCT,
        holds=tuple(sorted({hold for tag in held for hold in states.state(HOLDS, tag).standing})),
    )
