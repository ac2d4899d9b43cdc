"""Binds every method of the contract to what answers it.

A method that nothing answers stops the program from starting.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from services.servicers.contract import METHODS, Method
from services.servicers.feed import FeedServicer, Hours
from services.servicers.inspection import InspectionServicer
from services.servicers.news import News
from services.servicers.reads import Reads
from services.servicers.records import RecordsServicer
from services.servicers.streaming import Streaming

_INSPECTION: Final = "coi.ledger.v1.InspectionService"
_FEED: Final = "coi.ledger.v1.FeedService"

Servicer = FeedServicer | InspectionServicer | RecordsServicer


@dataclass(frozen=True)
class Listening:
    """What listeners need: who wakes them, and how long they stay."""

    news: News
    hours: Hours


@dataclass(frozen=True)
class Bound:
    """A method with what answers it; every wire calls the same.

    Attributes:
        method: The method.
        behaviour: Takes its request; gives its answer, or yields its answers.
    """

    method: Method
    behaviour: Callable[[Any], Any]


def bound(
    ledger: Ledger, reads: Reads, limits: Limits, listening: Listening, streaming: Streaming
) -> tuple[Bound, ...]:
    """Returns every method of the contract with what answers it.

    Raises:
        AttributeError: A method of the contract has nothing that answers it.
    """
    recording = RecordsServicer(ledger, reads, streaming)
    others: dict[str, Servicer] = {
        _INSPECTION: InspectionServicer(ledger, reads, limits),
        _FEED: FeedServicer(ledger, reads, listening.news, listening.hours),
    }
    return tuple(Bound(method, _behaviour(method, others.get(method.service, recording))) for method in METHODS)


def generic_handlers(methods: Iterable[Bound]) -> Iterator[grpc.GenericRpcHandler]:
    """Yields one handler of gRPC per service."""
    by_service: dict[str, dict[str, Any]] = {}
    for one in methods:
        by_service.setdefault(one.method.service, {})[one.method.name] = _handler(one)
    for service, handlers in by_service.items():
        yield grpc.method_handlers_generic_handler(service, handlers)


def _behaviour(method: Method, servicer: Servicer) -> Callable[[Any], Any]:
    if isinstance(servicer, RecordsServicer) and method.records:
        return servicer.record
    found: Callable[[Any], Any] = getattr(servicer, method.name)
    return found


_MAKERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""How a handler is made, by whether the method takes a stream and whether it answers with one."""


def _handler(one: Bound) -> Any:  # noqa: ANN401 - untyped in grpc
    return _MAKERS[one.method.converses, one.method.streams](
        lambda request, _: one.behaviour(request),  # servicers know no transport
        request_deserializer=one.method.request.FromString,
        response_serializer=one.method.response.SerializeToString,
    )
