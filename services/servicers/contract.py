"""The methods of the wire contract, found in its descriptors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from coi.ledger.v1 import feed_pb2
from coi.ledger.v1.receipt_pb2 import Receipt

PACKAGE: Final = "coi.ledger.v1"


@dataclass(frozen=True)
class Method:
    """One rpc.

    Attributes:
        service: Full name of its service.
        name: Its own name.
        request: Message that it takes.
        response: Message that it answers with.
        streams: It answers with a stream.
        converses: It takes a stream too.
    """

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    streams: bool
    converses: bool

    @property
    def path(self) -> str:
        """The name by which it is called."""
        return f"/{self.service}/{self.name}"

    @property
    def records(self) -> bool:
        """It records a fact, by the one uniform request."""
        return self.response is Receipt

    @property
    def fact_type(self) -> str:
        """Name of the message that it records; `AnyFact` for the rpc that takes any."""
        fact = self.request.DESCRIPTOR.fields_by_name["fact"].message_type
        return fact.name if fact is not None else ""


def _files() -> Iterator[FileDescriptor]:
    """Every file of the package: the one that imports all others, and what it imports."""
    waiting: list[FileDescriptor] = [feed_pb2.DESCRIPTOR]
    seen = set()
    while waiting:
        file = waiting.pop()
        if file.package == PACKAGE and file.name not in seen:
            seen.add(file.name)
            waiting += file.dependencies
            yield file


def _method(descriptor: MethodDescriptor) -> Method:
    return Method(
        service=descriptor.containing_service.full_name,
        name=descriptor.name,
        request=GetMessageClass(descriptor.input_type),
        response=GetMessageClass(descriptor.output_type),
        streams=descriptor.server_streaming,
        converses=descriptor.client_streaming,
    )


METHODS: Final = tuple(
    sorted(
        (_method(one) for file in _files() for service in file.services_by_name.values() for one in service.methods),
        key=lambda method: method.path,
    )
)
"""Every method, by path."""

SERVICES: Final = tuple(sorted({method.service for method in METHODS}))
"""Full name of every service."""
