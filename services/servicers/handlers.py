"""Binds every method of the contract to what answers it.

A method that nothing answers stops the program from starting.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from services.servicers.contract import METHODS, SERVICES, Method
from services.servicers.feed import FeedServicer, Hours
from services.servicers.inspection import InspectionServicer
from services.servicers.news import News
from services.servicers.reads import Reads
from services.servicers.records import RecordsServicer

_INSPECTION: Final = "coi.ledger.v1.InspectionService"
_FEED: Final = "coi.ledger.v1.FeedService"

Servicer = FeedServicer | InspectionServicer | RecordsServicer


@dataclass(frozen=True)
class Listening:
    """What listeners need: who wakes them, and how long they stay."""

    news: News
    hours: Hours


def generic_handlers(
    ledger: Ledger, reads: Reads, limits: Limits, listening: Listening
) -> Iterator[grpc.GenericRpcHandler]:
    """Yields one handler per service.

    Raises:
        AttributeError: A method of the contract has nothing that answers it.
    """
    recording = RecordsServicer(ledger, reads)
    others: dict[str, Servicer] = {
        _INSPECTION: InspectionServicer(ledger, reads, limits),
        _FEED: FeedServicer(ledger, reads, listening.news, listening.hours),
    }
    for service in SERVICES:
        servicer = others.get(service, recording)
        methods = {method.name: _handler(method, servicer) for method in METHODS if method.service == service}
        yield grpc.method_handlers_generic_handler(service, methods)


def _handler(method: Method, servicer: Servicer) -> Any:  # noqa: ANN401 - untyped in grpc
    behaviour: Callable[..., Any]
    if isinstance(servicer, RecordsServicer) and method.records:
        behaviour = servicer.record
    else:
        behaviour = getattr(servicer, method.name)
    make = grpc.unary_stream_rpc_method_handler if method.streams else grpc.unary_unary_rpc_method_handler
    return make(
        lambda request, _: behaviour(request),  # servicers know no transport
        request_deserializer=method.request.FromString,
        response_serializer=method.response.SerializeToString,
    )
