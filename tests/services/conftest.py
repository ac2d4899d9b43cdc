"""A server over a real port, with a ledger in memory behind it."""

from collections.abc import Iterator

import grpc
import pytest

from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.server import ServerThread, Terms
from tests.services.calls import Caller
from tests.services.fakes import FakeLedger


@pytest.fixture
def ledger() -> FakeLedger:
    """A ledger that accepts everything, until the test says otherwise."""
    return FakeLedger()


@pytest.fixture
def terms() -> Terms:
    """Limits short enough to be met in a test."""
    return Terms(
        deadlines=Deadlines(missing=0.6, longest=1.2, too_short=0.05),
        admission=Admission(most=6, reserved=2),
        probe=0.05,
        grace=5.0,
    )


@pytest.fixture
def server(ledger: FakeLedger, terms: Terms) -> Iterator[ServerThread]:
    """A server on a free port."""
    with ServerThread(ledger, reflection=True, terms=terms) as running:
        yield running


@pytest.fixture
def caller(server: ServerThread) -> Iterator[Caller]:
    """A client of the server, made of the contract alone."""
    with grpc.insecure_channel(server.address, options=[("grpc.enable_retries", 0)]) as channel:
        yield Caller(channel)
