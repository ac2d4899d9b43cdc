"""From a RecordBatch request to the drafts that are recorded all or none, or to every violation with its path."""

from uuid import UUID

from coi.ledger.v1.records_pb2 import RecordBatchRequest
from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.receipt import MOST_ITEMS, Draft, DraftBatch
from services.mapping import incoming, reading

_NIL = UUID(int=0)


def drafts(request: RecordBatchRequest) -> DraftBatch:
    """Turns a request for several facts into their drafts.

    Raises:
        Malformed: With every violation of every item, and its path.
    """
    wrong = list(reading.unknown_fields(request)) if reading.has_unknown_fields(request) else []
    key = _key(request, wrong)
    if not 1 <= len(request.items) <= MOST_ITEMS:
        raise Malformed([*wrong, Violation("items", f"give 1 to {MOST_ITEMS} facts; given: {len(request.items)}")])
    items = [_item(request, number, key, wrong) for number in range(len(request.items))]
    found = tuple(item for item in items if item is not None)
    wrong += _strangers(items)
    if wrong:
        raise Malformed(wrong)
    organisation = found[0].recorder.organisation
    return DraftBatch(id=key, items=found, organisation=organisation, validate_only=request.validate_only)


def _key(request: RecordBatchRequest, wrong: list[Violation]) -> UUID:
    try:
        return incoming.key(request.request_id)
    except Malformed as error:
        wrong += error.violations if request.HasField("request_id") else [Violation("request_id", "is required")]
        return _NIL


def _item(request: RecordBatchRequest, number: int, key: UUID, wrong: list[Violation]) -> Draft | None:
    own = contents.item_id(key, number)
    try:
        return incoming.item(request.items[number], own, validate_only=request.validate_only)
    except Malformed as error:
        wrong += (Violation(f"items[{number}].{one.path}", one.description) for one in error.violations)
        return None


def _strangers(items: list[Draft | None]) -> list[Violation]:
    """A key belongs to one organisation, so all items do."""
    named = [(number, item.recorder.organisation) for number, item in enumerate(items) if item is not None]
    return [
        Violation(f"items[{number}].envelope.organisation", f"must be that of items[{named[0][0]}], as the key is")
        for number, organisation in named
        if organisation != named[0][1]
    ]
