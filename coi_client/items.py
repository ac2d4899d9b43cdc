"""One fact among several that are sent together or on a stream, and the requests made of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import Message

from coi.ledger.v1.envelope_pb2 import Envelope, FactException
from coi.ledger.v1.records_pb2 import AnyFact, RecordBatchItem, RecordBatchRequest, RecordStreamRequest


@dataclass(frozen=True, kw_only=True)
class Item:
    """One fact, said by its parts or by the canonical content that an offline device built and signed.

    Attributes:
        fact: What; any fact's message.
        envelope: Who, where, when.
        exceptions: Used only if a rule breaks.
        content: Canonical content in place of these three; then `key` must be its id. Not in a batch.
        key: The key to send it under; a new one when left out. Not in a batch, whose items have ids made from its key.
        only_after: Key of an item sent before: skip this one unless that one is recorded. Not in a batch.
    """

    fact: Message | None = None
    envelope: Envelope | None = None
    exceptions: Iterable[FactException] = ()
    content: bytes | None = None
    key: UUID | None = None
    only_after: UUID | None = None


_FIELDS: Final = {
    field.message_type.full_name: field.name for field in AnyFact.DESCRIPTOR.fields if field.message_type is not None
}


def any_fact(fact: Message | None) -> AnyFact | None:
    """Wraps a fact as one of any type.

    Raises:
        TypeError: The message is no fact.
    """
    if fact is None or isinstance(fact, AnyFact):
        return fact
    name = _FIELDS.get(fact.DESCRIPTOR.full_name)
    if name is None:
        raise TypeError(f"{fact.DESCRIPTOR.full_name} is no fact that can be recorded")
    parts: dict[str, Any] = {name: fact}
    return AnyFact(**parts)


def streamed(item: Item, new_key: Callable[[], UUID]) -> RecordStreamRequest:
    """Makes the request of an item of a stream."""
    return RecordStreamRequest(
        request_id=str(item.key or new_key()),
        envelope=item.envelope,
        fact=any_fact(item.fact),
        exceptions=item.exceptions,
        content=item.content,
        only_after=None if item.only_after is None else str(item.only_after),
    )


def batched(items: Iterable[Item], key: UUID) -> RecordBatchRequest:
    """Makes the request of a batch.

    Raises:
        ValueError: An item brings what only items of a stream have.
    """
    given = list(items)
    if any(item.content is not None or item.key is not None or item.only_after is not None for item in given):
        raise ValueError(
            "an item of a batch is fact, envelope and exceptions: its id is made from the key of the batch"
        )
    parts = [
        RecordBatchItem(envelope=item.envelope, fact=any_fact(item.fact), exceptions=item.exceptions) for item in given
    ]
    return RecordBatchRequest(request_id=str(key), items=parts)
