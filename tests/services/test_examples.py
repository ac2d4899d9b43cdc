"""The examples beside the contract: current, whole, and taken by a real server as they stand."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format

from ledger import api
from services.mapping import incoming
from services.server import ServerThread
from tests.services.calls import Caller, ended
from tests.support import examples, samples
from tests.support.wire import AnyMessage


def read(fact_type: str) -> AnyMessage:
    """The request in one example, read by the stock parser."""
    text = (examples.FOLDER / f"Record{fact_type}.json").read_text(encoding="utf-8")
    return json_format.Parse(text, samples.message(f"Record{fact_type}Request"))


@pytest.fixture(scope="module")
def ledger() -> Iterator[api.Ledger]:
    """An empty ledger with every rule, after all that the examples tell."""
    made = api.in_memory(clock=lambda: datetime(2026, 12, 1, tzinfo=UTC))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(ledger: api.Ledger) -> Iterator[Caller]:
    """A client of its server."""
    with ServerThread(ledger) as server, grpc.insecure_channel(server.address) as channel:
        yield Caller(channel)


def judged(caller: Caller, request: AnyMessage) -> tuple[int, bytes]:
    """Position and hash of the content that came back, whether the rules would take it or not."""
    try:
        receipt = caller.record(request)
    except grpc.RpcError as refused:
        code, details = ended(refused)
        assert code is grpc.StatusCode.FAILED_PRECONDITION, details
        told = details["ErrorInfo"].metadata
        return int(told["position"]), bytes.fromhex(told["content_hash"])
    return receipt.position, receipt.content_hash


def test_every_fact_type_has_an_example_and_each_is_current(tmp_path: Path) -> None:
    examples.write(tmp_path)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert {path.name: path.read_text("utf-8") for path in examples.FOLDER.iterdir()} == made, "make examples"
    assert made.keys() == {f"Record{fact_type}.json" for fact_type in samples.SENT}


@pytest.mark.parametrize("fact_type", samples.SENT)
def test_the_stock_parser_reads_an_example_as_the_request_of_its_type(fact_type: str) -> None:
    assert read(fact_type) == samples.request(fact_type)


@pytest.mark.parametrize("fact_type", samples.SENT)
def test_a_server_judges_an_example_by_the_content_that_was_sent(
    fact_type: str, ledger: api.Ledger, caller: Caller
) -> None:
    request = read(fact_type)
    request.validate_only = True
    content = incoming.draft(samples.unsigned(samples.request(fact_type))).octets
    assert judged(caller, request) == (0, hashlib.sha256(content).digest())
    assert ledger.info().size == 0
