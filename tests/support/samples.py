"""One full and one minimal example of every fact type, as stored content and as the request that led to it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from coi.ledger.v1.records_pb2 import RecordRequest
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.catalogue import field_name as field_name  # noqa: PLC0414 - tests find it here
from tests.support import wire
from tests.support.wire import AnyMessage

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "content"
BEFORE_FIELDS = FOLDER.parent / "content_before_fields"
"""Full examples as they were before their types got another field."""

SENT = tuple(name for name, struct in TYPES.items() if not struct.about.server_made)
FILES = tuple(sorted(path.name for path in FOLDER.glob("*.json")))


@cache
def octets(file: str) -> bytes:
    """The stored content in one golden file."""
    return (FOLDER / file).read_bytes().removesuffix(b"\n")


def of(fact_type: str, *, minimal: bool = False) -> bytes:
    """The stored content of one type's example."""
    return octets(f"{fact_type}{'.minimal' if minimal else ''}.json")


def message(name: str) -> AnyMessage:
    """An empty message of the contract."""
    return GetMessageClass(wire.messages()[name])()


def parts(content: bytes) -> dict[str, Any]:
    """The parts of a request with this content, as ProtoJSON."""
    data = json.loads(content)
    kept = {name: data[name] for name in ("envelope", "exceptions") if name in data}
    return {"request_id": data["id"], "fact": data["fact"], **kept}


def request(fact_type: str, *, minimal: bool = False) -> AnyMessage:
    """The typed request of one type's example, read by the stock parser."""
    data = parts(of(fact_type, minimal=minimal))
    return json_format.ParseDict(data, message(f"Record{fact_type}Request"))


def any_request(fact_type: str, *, minimal: bool = False) -> RecordRequest:
    """The same for the rpc that takes any fact."""
    data = parts(of(fact_type, minimal=minimal))
    data["fact"] = {field_name(fact_type): data["fact"]}
    return json_format.ParseDict(data, RecordRequest())


def apheresis() -> AnyMessage:
    """A request that has neither signatures nor exceptions, so that tests may change it."""
    found = request("ApheresisPerformed")
    del found.envelope.signatures[:]
    del found.exceptions[:]
    return found


def unsigned(sent: Message) -> AnyMessage:
    """The same request without any signature."""
    bare: AnyMessage = type(sent)()
    bare.CopyFrom(sent)
    del bare.envelope.signatures[:]
    for exception in bare.exceptions:
        exception.ClearField("signature")
    return bare
