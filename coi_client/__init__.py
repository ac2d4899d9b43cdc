"""The Python client of the chain-of-identity ledger, synchronous and asynchronous.

    with Client("ledger.example:50051", journal=FolderJournal(Path("outbox"))) as ledger:
        receipt = ledger.record(fact, envelope)

The rpc is chosen by the type of the fact. A key is made and saved before the first attempt and kept for every retry, so
a fact is recorded once, however often the line breaks. What a rule bars raises FactRefused. It knows the wire contract
only.
"""

from coi_client.answers import Judged, Replayed, Searched, Traced
from coi_client.client import AsyncClient, Client
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
from coi_client.journal import FolderJournal, KeyJournal, MemoryJournal, Unsettled
from coi_client.retrying import Retrying

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "FactMalformed",
    "FactRefused",
    "FolderJournal",
    "Judged",
    "KeyJournal",
    "KeyReused",
    "LedgerBusy",
    "LedgerFailed",
    "LedgerUnavailable",
    "MemoryJournal",
    "NotFound",
    "Replayed",
    "Retrying",
    "Searched",
    "Traced",
    "Unsettled",
]
