"""What goes back over HTTP: an answer of a servicer, or a status as Connect writes it, with HTTP's code for it."""

import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status

from services import status

JSON: Final = "application/json"
_MILLISECONDS: Final = 1000
_END_OF_STREAM: Final = 0b10

HTTP: Final[Mapping[grpc.StatusCode, int]] = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNKNOWN: 500,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DATA_LOSS: 500,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}
"""HTTP's code for each of gRPC's, as the Connect protocol gives them."""


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP.

    Attributes:
        code: HTTP's status code.
        body: What it says.
        media_type: In which form.
        headers: Further headers.
    """

    code: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class NotServed(Exception):  # noqa: N818 - said of a request
    """A request that is no call of a method: it never reaches the ledger.

    Attributes:
        answer: What the caller is told.
    """

    def __init__(self, code: grpc.StatusCode, sentence: str, http: int | None = None, **headers: str) -> None:
        """Says why; header names are given with underscores."""
        super().__init__(sentence)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = Answer(
            http or HTTP[code], _body(error(Status(code=code.value[0], message=sentence))), JSON, named
        )


def failure(told: Status, retry_after: int | None) -> Answer:
    """Writes the status of a failed call; a wait in milliseconds is rounded up to HTTP's whole seconds."""
    headers = {} if retry_after is None else {"retry-after": str(-(-retry_after // _MILLISECONDS))}
    return Answer(HTTP[status.code(told)], _body(error(told)), headers=headers)


def ended_stream(told: Status, media_type: str) -> Answer:
    """Writes a status as the end of a stream without answers, which is where a caller that streams looks for it."""
    end = _body({"error": error(told)})
    return Answer(200, struct.pack(">BI", _END_OF_STREAM, len(end)) + end, media_type)


def error(told: Status) -> dict[str, Any]:
    """Writes a status as Connect's JSON does. `debug` says each detail in plain words; programs read `value`."""
    name = status.code(told).name.lower().replace("cancelled", "canceled")
    return {"code": name, "message": told.message, "details": [_detail(one) for one in told.details]}


def _detail(packed: Any) -> dict[str, Any]:  # noqa: ANN401 - an Any of protobuf
    kind = packed.TypeName()
    detail = GetMessageClass(Default().FindMessageTypeByName(kind)).FromString(packed.value)
    return {
        "type": kind,
        "value": base64.b64encode(packed.value).decode().rstrip("="),
        "debug": json_format.MessageToDict(detail, preserving_proto_field_name=True),
    }


def _body(told: dict[str, Any]) -> bytes:
    return f"{json.dumps(told, ensure_ascii=False)}\n".encode()
