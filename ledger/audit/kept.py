"""How long the records of a chain are kept, as known at a position: its facts, its registers and its legal holds."""

from collections.abc import Iterable
from datetime import UTC, datetime

from ledger.audit.states import StatesAsOf
from ledger.domain import civil_time
from ledger.domain.facts.bases import AuthorisationKind
from ledger.domain.facts.record import Record
from ledger.domain.facts.registry import ProductClass
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.retention import DECENTRALISED, Around, Retention, Told, retention
from ledger.domain.subjects.authorisations import AUTHORISATION, Authorisation
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.keeping import HOLDS
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import DESIGNATION
from ledger.domain.subjects.registers import LICENCE, PRODUCT
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


def _authorised(states: StatesAsOf, product: str) -> datetime | None:
    """When the newest marketing authorisation of a product was granted."""
    known = (states.state(AUTHORISATION, tag) for tag in states.state(PRODUCT, product).authorisations)
    granted = (one.effective_from for one in known if one.kind is AuthorisationKind.MARKETING_AUTHORISATION)
    return max(map(civil_time.day_start, granted), default=None)


def _discontinued(states: StatesAsOf, product: str, batches: Iterable[str]) -> datetime | None:
    """When a product was not to be supplied any more: its batches' licences ended, or all its designations did."""
    made = [states.state(BATCH_RECORD, batch) for batch in batches]
    licences = {one.licence for one in made if one.mode in DECENTRALISED} - {""}
    designations = states.state(PRODUCT, product).designations
    ends = (
        [states.state(LICENCE, tag).ended for tag in sorted(licences)],
        [states.state(DESIGNATION, tag).until for tag in designations],
    )
    over = [max(filter(None, one)) for one in ends if one and None not in one]
    return min(over, default=None)


def _around(states: StatesAsOf, chain: str, said: Iterable[Statement], known: datetime) -> Around:
    tags = {chain, *(tag for item in said for tag in item.tags)}
    held = sorted(tag for tag in tags if tag == chain or kind_of(tag) in ("batch", "case", "organisation"))
    states.ready((HOLDS, tag) for tag in held)
    route = states.state(CHAIN_ROUTE, chain)
    trial = states.state(AUTHORISATION, route.authorisation)
    what = route.product or states.state(CHAIN, chain).product
    product = states.state(PRODUCT, what).data
    return Around(
        known=known,
        route=route.route,
        trial_ended=_ended(trial),
        authorised=_authorised(states, what),
        discontinued=_discontinued(states, what, (tag for tag in held if kind_of(tag) == "batch")),
        blood=product is not None and product.product_class is ProductClass.BLOOD_PRODUCT,
        holds=tuple(sorted({hold for tag in held for hold in states.state(HOLDS, tag).standing})),
    )
