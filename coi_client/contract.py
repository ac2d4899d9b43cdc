"""Which rpc records which fact, read from the descriptors of the contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from coi.ledger.v1 import feed_pb2
from coi.ledger.v1.receipt_pb2 import Receipt

_PACKAGE: Final = "coi.ledger.v1"


@dataclass(frozen=True)
class Method:
    """One rpc of the contract.

    Attributes:
        path: The name by which it is called.
        request: Message that it takes.
        response: Message that it answers with.
        streams: It answers with a stream.
        converses: It takes a stream too.
    """

    path: str
    request: type[Message]
    response: type[Message]
    streams: bool
    converses: bool


def _files() -> Iterator[FileDescriptor]:
    waiting: list[FileDescriptor] = [feed_pb2.DESCRIPTOR]
    seen = set()
    while waiting:
        file = waiting.pop()
        if file.package == _PACKAGE and file.name not in seen:
            seen.add(file.name)
            waiting += file.dependencies
            yield file


METHODS: Final = {
    method.name: Method(
        path=f"/{service.full_name}/{method.name}",
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
        streams=method.server_streaming,
        converses=method.client_streaming,
    )
    for file in _files()
    for service in file.services_by_name.values()
    for method in service.methods
}
"""Every rpc by its name, which is unique over all services."""


def _fact_of(method: Method) -> str:
    fact = method.request.DESCRIPTOR.fields_by_name["fact"].message_type
    return fact.full_name if fact is not None else ""


_BY_FACT: Final = {_fact_of(method): method for method in METHODS.values() if method.response is Receipt}


def recording(fact: Message) -> Method:
    """Returns the rpc that records a fact of this type; `AnyFact` has one too.

    Raises:
        TypeError: The message is no fact that a caller may send.
    """
    try:
        return _BY_FACT[fact.DESCRIPTOR.full_name]
    except KeyError:
        raise TypeError(f"{fact.DESCRIPTOR.full_name} is no fact that can be recorded") from None


def at(path: str) -> Method:
    """Returns the rpc of this path."""
    return METHODS[path.rpartition("/")[2]]
