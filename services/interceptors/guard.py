"""The interceptor around every method of the ledger over gRPC: it brings each call through the gate.

Methods of other services (health, reflection) pass untouched, so that health answers under overload too.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.message import Message

from services import status
from services.interceptors.gate import Failed, Gate

Context = grpc.aio.ServicerContext[Message, Message]
Work = Callable[[Any, Context], Awaitable[Any]]

_OURS: Final = "/coi."
_DETAILS: Final = "grpc-status-details-bin"
_PUSHBACK: Final = "grpc-retry-pushback-ms"


class Guard(grpc.aio.ServerInterceptor):
    """Wraps each method once."""

    def __init__(self, gate: Gate) -> None:
        """The gate is shared by all methods."""
        self._gate = gate
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:  # noqa: ANN401 - untyped
        """Returns the guarded handler of the method that is called."""
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None or not method.startswith(_OURS):
            return handler
        self._wrapped[method] = self._guarded(method, handler)
        return self._wrapped[method]

    def _guarded(self, method: str, handler: Any) -> Any:  # noqa: ANN401 - untyped in grpc
        if handler.request_streaming:
            work, make = _written_out(handler.stream_stream), grpc.stream_stream_rpc_method_handler
        elif handler.response_streaming:
            work, make = _written_out(handler.unary_stream), grpc.unary_stream_rpc_method_handler
        else:
            work, make = handler.unary_unary, grpc.unary_unary_rpc_method_handler

        async def guarded(request: Any, context: Context) -> Any:  # noqa: ANN401 - any answer
            return await self._call(method, work, request, context)

        return make(guarded, handler.request_deserializer, handler.response_serializer)

    async def _call(self, method: str, work: Work, request: Any, context: Context) -> Any:  # noqa: ANN401
        remaining = context.time_remaining()
        try:
            return await self._gate.call(
                method, request, lambda: work(request, context), remaining=remaining, kept=True
            )
        except Failed as failed:
            await _abort(context, failed)


def _written_out(stream: Callable[[Any, Context], Any]) -> Work:
    """Turns a generator of answers into work that writes them, so that a deadline can hold all of it."""

    async def work(request: Message, context: Context) -> None:
        async with aclosing(stream(request, context)) as answers:
            async for answer in answers:
                await context.write(answer)

    return work


async def _abort(context: Context, failed: Failed) -> NoReturn:
    trailers: list[tuple[str, str | bytes]] = [(_DETAILS, failed.status.SerializeToString())]
    if failed.retry_after is not None:
        trailers.append((_PUSHBACK, str(failed.retry_after)))
    await context.abort(status.code(failed.status), failed.status.message, tuple(trailers))
