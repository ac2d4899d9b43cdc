"""Binds every method of the contract to what answers it.

A method that nothing answers stops the program from starting.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc

from coi.ledger.v1.inspection_pb2 import Limits
from ledger.api import Ledger
from services.servicers.contract import METHODS, SERVICES, Method
from services.servicers.inspection import InspectionServicer
from services.servicers.reads import Reads
from services.servicers.records import RecordsServicer
from services.servicers.streaming import Streaming

_INSPECTION: Final = "coi.ledger.v1.InspectionService"


def generic_handlers(
    ledger: Ledger, reads: Reads, limits: Limits, streaming: Streaming
) -> Iterator[grpc.GenericRpcHandler]:
    """Yields one handler per service.

    Raises:
        AttributeError: A method of the contract has nothing that answers it.
    """
    recording = RecordsServicer(ledger, reads, streaming)
    inspecting = InspectionServicer(ledger, reads, limits)
    for service in SERVICES:
        servicer = inspecting if service == _INSPECTION else recording
        methods = {method.name: _handler(method, servicer) for method in METHODS if method.service == service}
        yield grpc.method_handlers_generic_handler(service, methods)


_MAKERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
"""How a handler is made, by whether the method takes a stream and whether it answers with one."""


def _handler(method: Method, servicer: InspectionServicer | RecordsServicer) -> Any:  # noqa: ANN401 - untyped in grpc
    behaviour: Callable[..., Any]
    if isinstance(servicer, RecordsServicer) and method.records:
        behaviour = servicer.record
    else:
        behaviour = getattr(servicer, method.name)
    return _MAKERS[method.converses, method.streams](
        lambda request, _: behaviour(request),  # servicers know no transport
        request_deserializer=method.request.FromString,
        response_serializer=method.response.SerializeToString,
    )
