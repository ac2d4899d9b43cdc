"""Callers in a process of their own, which record facts until told to stop, and keep a journal of what was answered.

Usage: python -m tests.faults.load ADDRESS JOURNAL. Each line of the journal is on disk before the next thing happens:
`intent ID` before a fact is first sent, `ack ID POSITION LEAF` once it is answered, and `batch ID ID ID` before facts
are sent that are recorded all or none. Ends when its input ends.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle
from threading import Event
from uuid import UUID, uuid4, uuid5

from coi.ledger.v1 import registry_pb2
from coi.ledger.v1.envelope_pb2 import Envelope
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.values_pb2 import TIME_SOURCE_DEVICE, Identifier, Place
from coi_client import Client, ClientError, Item

CALLERS = 8
TOGETHER = 3
"""Facts of a batch; every other request is one."""


class Journal:
    """A file whose lines are on disk when they are written."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC, 0o600)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


def envelope() -> Envelope:
    """Somebody registers something, now."""
    told = Envelope(
        place=Place(site=Identifier(scheme="ods", value="MPC01")),
        performed_by=Identifier(scheme="staff.X", value="Q1"),
        organisation=Identifier(scheme="ods", value="MPC"),
    )
    told.occurred_at.time.FromDatetime(datetime.now(UTC))
    told.occurred_at.utc_offset = "+00:00"
    told.occurred_at.source = TIME_SOURCE_DEVICE
    return told


def fact(key: UUID) -> registry_pb2.OrganisationRegistered:
    """A fact that nobody else records."""
    return registry_pb2.OrganisationRegistered(
        organisation=Identifier(scheme="test", value=key.hex),
        name="An organisation under load",
        roles=[registry_pb2.ORGANISATION_ROLE_OTHER],
        nation=registry_pb2.NATION_ENGLAND,
        effective_from="2026-01-05",
    )


def call_until(stop: Event, client: Client, journal: Journal) -> None:
    """Record one fact, then several together, and so on; the same key again until it is answered."""
    for record in cycle((record_one, record_together)):
        if stop.is_set():
            return
        for receipt in record(stop, client, journal):
            journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())


def record_one(stop: Event, client: Client, journal: Journal) -> Sequence[Receipt]:
    """One fact."""
    key, told = uuid4(), envelope()
    journal.write("intent", key)
    return settled(stop, lambda: (client.record(fact(key), told, key=key),))


def record_together(stop: Event, client: Client, journal: Journal) -> Sequence[Receipt]:
    """Facts that are recorded all or none."""
    key, told = uuid4(), envelope()
    ids = [uuid5(key, f"items[{number}]") for number in range(TOGETHER)]
    for one in ids:
        journal.write("intent", one)
    journal.write("batch", *ids)
    items = [Item(fact=fact(one), envelope=told) for one in ids]
    return settled(stop, lambda: client.record_batch(items, key=key))


def settled(stop: Event, record: Callable[[], Sequence[Receipt]]) -> Sequence[Receipt]:
    """The answer to one request, however often it must be asked for."""
    while not stop.is_set():
        try:
            return record()
        except ClientError:
            stop.wait(0.02)
    return ()


def main(address: str, path: str) -> None:
    """Call until the input ends."""
    stop, journal = Event(), Journal(path)
    with ThreadPoolExecutor(CALLERS) as callers, Client(address) as client:
        for _ in range(CALLERS):
            callers.submit(call_until, stop, client, journal)
        sys.stdin.read()
        stop.set()
        callers.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
