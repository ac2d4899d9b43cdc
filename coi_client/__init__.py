"""The Python client of the chain-of-identity ledger, synchronous and asynchronous.

    with Client("ledger.example:50051", journal=FolderJournal(Path("outbox"))) as ledger:
        receipt = ledger.record(fact, envelope)

The rpc is chosen by the type of the fact. A key is made and saved before the first attempt and kept for every retry, so
a fact is recorded once, however often the line breaks. What a rule bars raises FactRefused. `follow` tells what is
recorded from a position on, and connects again from there. It knows the wire contract only.
"""

from coi_client.answers import Clearance, FeedPage, Heard, Judged, Replayed, Scoped, Searched, Traced, clearance
from coi_client.async_client import AsyncClient
from coi_client.client import Client
from coi_client.errors import (
    ClientError,
    FactMalformed,
    FactRefused,
    KeyReused,
    LedgerBusy,
    LedgerFailed,
    LedgerUnavailable,
    NotFound,
)
from coi_client.following import Wanted
from coi_client.items import Item
from coi_client.journal import FolderJournal, KeyJournal, MemoryJournal, Unsettled
from coi_client.retrying import Retrying
from coi_client.streams import Result

__all__ = [
    "AsyncClient",
    "Clearance",
    "Client",
    "ClientError",
    "FactMalformed",
    "FactRefused",
    "FeedPage",
    "FolderJournal",
    "Heard",
    "Item",
    "Judged",
    "KeyJournal",
    "KeyReused",
    "LedgerBusy",
    "LedgerFailed",
    "LedgerUnavailable",
    "MemoryJournal",
    "NotFound",
    "Replayed",
    "Result",
    "Retrying",
    "Scoped",
    "Searched",
    "Traced",
    "Unsettled",
    "Wanted",
    "clearance",
]
