"""Calls any rpc by its name, and reads the parts of the status that it ends with."""

from collections.abc import Iterator
from typing import Any

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from grpc_status import rpc_status

from coi_client.contract import METHODS
from tests.support.wire import AnyMessage


class Caller:
    """Calls rpcs over one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def __call__(self, rpc: str, request: AnyMessage, timeout: float | None = 5.0) -> AnyMessage:
        """Calls an rpc; a streamed answer comes back as a list."""
        answer = self._method(rpc)(request, timeout=timeout)
        return list(answer) if METHODS[rpc].streams else answer

    def later(self, rpc: str, request: AnyMessage, timeout: float | None = 5.0) -> AnyMessage:
        """Starts a call and returns its future."""
        return self._method(rpc).future(request, timeout=timeout)

    def streaming(self, items: Iterator[AnyMessage], timeout: float | None = 20.0) -> AnyMessage:
        """Opens a stream of facts; returns its results, as they come."""
        method = METHODS["RecordStream"]
        stub = self.channel.stream_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        return stub(items, timeout=timeout)

    def record(self, request: AnyMessage, timeout: float | None = 5.0) -> AnyMessage:
        """Calls the rpc that the request is named after."""
        return self(request.DESCRIPTOR.name.removesuffix("Request"), request, timeout)

    def _method(self, rpc: str) -> Any:  # noqa: ANN401 - a callable of any rpc
        method = METHODS[rpc]
        make = self.channel.unary_stream if method.streams else self.channel.unary_unary
        return make(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )


def ended(error: AnyMessage) -> tuple[grpc.StatusCode, dict[str, AnyMessage]]:
    """The code of a call, and the parts of its status by name."""
    told = rpc_status.from_call(error)
    return error.code(), dict(unpacked(told.details if told is not None else ()))


def unpacked(details: AnyMessage) -> Iterator[tuple[str, AnyMessage]]:
    """The parts of a status."""
    for packed in details:
        for kind in (ErrorInfo, BadRequest, PreconditionFailure, RetryInfo):
            if packed.Is(kind.DESCRIPTOR):
                part = kind()
                packed.Unpack(part)
                yield kind.DESCRIPTOR.name, part
