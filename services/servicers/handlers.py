"""Binds every method of the contract to what answers it.

A method that nothing answers stops the program from starting.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import grpc

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from services.servicers.contract import METHODS, SERVICES, Method
from services.servicers.inspection import InspectionServicer
from services.servicers.reads import Reads
from services.servicers.records import RecordsServicer

_INSPECTION: Final = "coi.ledger.v1.InspectionService"


@dataclass(frozen=True)
class Bound:
    """A method with what answers it; every wire calls the same.

    Attributes:
        method: The method.
        behaviour: Takes its request; gives its answer, or yields its answers.
    """

    method: Method
    behaviour: Callable[[Any], Any]


def bound(ledger: Ledger, reads: Reads, limits: Limits) -> tuple[Bound, ...]:
    """Returns every method of the contract with what answers it.

    Raises:
        AttributeError: A method of the contract has nothing that answers it.
    """
    recording = RecordsServicer(ledger, reads)
    inspecting = InspectionServicer(ledger, reads, limits)
    servicers = {service: inspecting if service == _INSPECTION else recording for service in SERVICES}
    return tuple(Bound(method, _behaviour(method, servicers[method.service])) for method in METHODS)


def generic_handlers(methods: Iterable[Bound]) -> Iterator[grpc.GenericRpcHandler]:
    """Yields one handler of gRPC per service."""
    by_service: dict[str, dict[str, Any]] = {}
    for one in methods:
        by_service.setdefault(one.method.service, {})[one.method.name] = _handler(one)
    for service, handlers in by_service.items():
        yield grpc.method_handlers_generic_handler(service, handlers)


def _behaviour(method: Method, servicer: InspectionServicer | RecordsServicer) -> Callable[[Any], Any]:
    if isinstance(servicer, RecordsServicer) and method.records:
        return servicer.record
    found: Callable[[Any], Any] = getattr(servicer, method.name)
    return found


def _handler(one: Bound) -> Any:  # noqa: ANN401 - untyped in grpc
    make = grpc.unary_stream_rpc_method_handler if one.method.streams else grpc.unary_unary_rpc_method_handler
    return make(
        lambda request, _: one.behaviour(request),  # servicers know no transport
        request_deserializer=one.method.request.FromString,
        response_serializer=one.method.response.SerializeToString,
    )
