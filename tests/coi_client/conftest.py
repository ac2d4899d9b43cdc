"""A server with a ledger in memory, and a client of either face."""

from collections.abc import Iterator

import pytest

from coi_client import Client, MemoryJournal
from services.server import ServerThread
from tests.coi_client.faces import make
from tests.services.fakes import FakeLedger


@pytest.fixture
def ledger() -> FakeLedger:
    """A ledger that accepts everything, until the test says otherwise."""
    return FakeLedger()


@pytest.fixture
def server(ledger: FakeLedger) -> Iterator[ServerThread]:
    """A server on a free port."""
    with ServerThread(ledger) as running:
        yield running


@pytest.fixture
def journal() -> MemoryJournal:
    """Where the client keeps its keys."""
    return MemoryJournal()


@pytest.fixture(params=["blocking", "asynchronous"])
def client(request: pytest.FixtureRequest, server: ServerThread, journal: MemoryJournal) -> Iterator[Client]:
    """A client of each face."""
    made = make(request.param, server.address, journal)
    try:
        yield made
    finally:
        made.close()
