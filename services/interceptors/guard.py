"""The interceptor around every method of the ledger.

In this order: a place is taken, a deadline is set, the servicer works, what it raises becomes a status. Methods of
other services (health, reflection) pass untouched, so that health answers under overload too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.message import Message

from ledger.domain.receipt import Overloaded
from services import status
from services.interceptors.admission import Admission
from services.interceptors.deadlines import Deadlines
from services.interceptors.observing import Observer

Context = grpc.aio.ServicerContext[Message, Message]
Work = Callable[[Any, Context], Awaitable[Any]]
Answering = Callable[[], Awaitable[Any]]
Admitted = Callable[[str, Work, Any, Context], Awaitable[Any]]

_OURS: Final = "/coi."
_DETAILS: Final = "grpc-status-details-bin"
_PUSHBACK: Final = "grpc-retry-pushback-ms"


class Guard(grpc.aio.ServerInterceptor):
    """Wraps each method once."""

    def __init__(self, admission: Admission, deadlines: Deadlines, observer: Observer) -> None:
        """The three are shared by all methods."""
        self._admission = admission
        self._deadlines = deadlines
        self._observer = observer
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
        admitted: Admitted = self._admitted
        if handler.request_streaming:
            work, make = _written_out(handler.stream_stream), grpc.stream_stream_rpc_method_handler
            admitted = self._conversing
        elif handler.response_streaming:
            work, make = _written_out(handler.unary_stream), grpc.unary_stream_rpc_method_handler
        else:
            work, make = handler.unary_unary, grpc.unary_unary_rpc_method_handler

        async def guarded(request: Any, context: Context) -> Any:  # noqa: ANN401 - any answer
            return await self._call(method, request, context, lambda: admitted(method, work, request, context))

        return make(guarded, handler.request_deserializer, handler.response_serializer)

    async def _call(self, method: str, request: Any, context: Context, admitted: Answering) -> Any:  # noqa: ANN401
        started = self._observer.start()
        try:
            answer = await admitted()
        except asyncio.CancelledError:
            self._observer.left(method, started)
            raise
        except Exception as error:  # noqa: BLE001 - the last guard: everything becomes a status
            failure = status.of(error)
            self._observer.failed(method, started, status.code(failure), request, error)
            await _abort(context, failure, error)
        self._observer.answered(method, started)
        return answer

    async def _conversing(self, _: str, work: Work, requests: Any, context: Context) -> Any:  # noqa: ANN401
        """A stream ends itself in good time; one that cannot, because nobody reads its results, is ended here."""
        self._admission.enter_stream()
        limit = asyncio.timeout(self._deadlines.stream)
        try:
            async with limit:
                return await work(requests, context)
        except TimeoutError:
            if limit.expired():
                raise status.DeadlinePassed from None
            raise
        finally:
            self._admission.leave_stream()

    async def _admitted(self, method: str, work: Work, request: Message, context: Context) -> Any:  # noqa: ANN401
        self._admission.enter(method)
        try:
            limit = self._deadlines.limit(context)
            if limit is None:
                return await work(request, context)
            try:
                async with limit:
                    return await work(request, context)
            except TimeoutError:
                if limit.expired():
                    raise status.DeadlinePassed from None
                raise
        finally:
            self._admission.leave()


def _written_out(stream: Callable[[Any, Context], Any]) -> Work:
    """Turns a generator of answers into work that writes them, so that a deadline can hold all of it."""

    async def work(request: Message, context: Context) -> None:
        async with aclosing(stream(request, context)) as answers:
            async for answer in answers:
                await context.write(answer)

    return work


async def _abort(context: Context, failure: Any, error: BaseException) -> NoReturn:  # noqa: ANN401 - untyped Status
    trailers = [(_DETAILS, failure.SerializeToString())]
    if isinstance(error, Overloaded):
        trailers.append((_PUSHBACK, str(max(1, round(error.retry_after * 1000)))))
    await context.abort(status.code(failure), failure.message, tuple(trailers))
