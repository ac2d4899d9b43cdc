"""Callers in a process of their own, which record facts until told to stop, and keep a journal of what was answered.

Usage: python -m tests.faults.load ADDRESS,ADDRESS JOURNAL CLOCK CALLERS. Each line of the journal is on disk before the
next thing happens: `intent ID` before a fact is first sent, `ack ID POSITION LEAF` once it is answered, and
`batch ID ID ID` before facts are sent that are recorded all or none. Who gets no answer asks the next address, with the
same key. CLOCK is how many seconds the callers' clocks may be wrong. Ends when its input ends.
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random
from threading import Event
from uuid import UUID, uuid4, uuid5

import grpc

from coi.ledger.v1 import registry_pb2
from coi.ledger.v1.envelope_pb2 import Envelope
from coi.ledger.v1.receipt_pb2 import Receipt
from coi.ledger.v1.values_pb2 import TIME_SOURCE_DEVICE, Identifier, Place
from coi_client import Client, ClientError, Item, Retrying

LINE = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 200),
)
"""Who stands at a bedside does not wait twenty seconds for a server that is back."""
TOGETHER = 3
"""Facts of a batch; every other request is one."""


class Journal:
    """A file whose lines are on disk when they are written."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_DSYNC, 0o600)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


def envelope(wrong: timedelta = timedelta()) -> Envelope:
    """Somebody registers something, now by a clock that may be wrong."""
    told = Envelope(
        place=Place(site=Identifier(scheme="ods", value="MPC01")),
        performed_by=Identifier(scheme="staff.X", value="Q1"),
        organisation=Identifier(scheme="ods", value="MPC"),
    )
    told.occurred_at.time.FromDatetime(datetime.now(UTC) + wrong)
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


class Caller:
    """One who records one fact, then several together, and so on; the same key again until it is answered."""

    def __init__(self, clients: Sequence[Client], journal: Journal, stop: Event, wrong: float) -> None:
        """Begin with any of the servers.

        Args:
            clients: One for each server.
            journal: Where it is kept what was sent and answered.
            stop: Set it to end.
            wrong: Seconds by which its clock may be wrong, either way.
        """
        self._chance = Random()
        self._clients, self._journal, self._stop = clients, journal, stop
        self._wrong = timedelta(seconds=self._chance.uniform(-wrong, wrong))
        self._at = self._chance.randrange(len(clients))

    def call(self) -> None:
        """Record until told to stop."""
        for record in cycle((self._one, self._together)):
            if self._stop.is_set():
                return
            for receipt in record():
                self._journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())

    def _one(self) -> Sequence[Receipt]:
        key, told = uuid4(), envelope(self._wrong)
        self._journal.write("intent", key)
        return self._settled(lambda client: (client.record(fact(key), told, key=key),))

    def _together(self) -> Sequence[Receipt]:
        key, told = uuid4(), envelope(self._wrong)
        ids = [uuid5(key, f"items[{number}]") for number in range(TOGETHER)]
        for one in ids:
            self._journal.write("intent", one)
        self._journal.write("batch", *ids)
        items = [Item(fact=fact(one), envelope=told) for one in ids]
        return self._settled(lambda client: client.record_batch(items, key=key))

    def _settled(self, record: Callable[[Client], Sequence[Receipt]]) -> Sequence[Receipt]:
        """The answer to one request, however often it must be asked for."""
        while not self._stop.is_set():
            try:
                return record(self._clients[self._at])
            except ClientError:
                self._at = (self._at + 1) % len(self._clients)
                self._stop.wait(0.02)
        return ()


def main(addresses: str, path: str, wrong: str, callers: str) -> None:
    """Call until the input ends."""
    stop, journal = Event(), Journal(path)
    patience = Retrying(attempts=1, timeout=2.0)
    with ThreadPoolExecutor(int(callers)) as threads, ExitStack() as opened:
        lines = [grpc.insecure_channel(one, options=LINE) for one in addresses.split(",")]
        clients = [opened.enter_context(Client(line, retrying=patience)) for line in lines]
        for _ in range(int(callers)):
            threads.submit(Caller(clients, journal, stop, float(wrong)).call)
        sys.stdin.read()
        stop.set()
        threads.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:5])
