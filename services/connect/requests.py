"""What comes in over HTTP, held to the Connect protocol and to our limits before anything is made of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError, Message

from ledger.domain.facts.birth import Malformed, Violation
from services.connect import proto_json
from services.connect.answers import JSON, NotServed

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LARGEST_HEAD: Final = 16 * 1024
"""Most bytes of the headers of a request, as over gRPC."""
STREAMED: Final = "application/connect+"
"""How the media types of Connect's streams begin."""
_PROTO: Final = "application/proto"
_PROTOCOL: Final = "1"
_MOST_DIGITS: Final = 10
_MILLISECONDS: Final = 1000
_WITHIN: Final = 10.0


class CallerLeft(Exception):  # noqa: N818 - said of a caller
    """The connection broke before the request was whole: there is nobody to answer."""


@dataclass(frozen=True)
class Codec:
    """A form of messages.

    Attributes:
        media_type: Its name.
        read: Makes a message of what came, or raises Malformed.
        write: Makes an answer.
    """

    media_type: str
    read: Callable[[bytes, type[Message]], Message]
    write: Callable[[Message], bytes]


def _binary(octets: bytes, kind: type[Message]) -> Message:
    try:
        return kind.FromString(octets)
    except DecodeError:
        raise Malformed([Violation("request", f"is no message {kind.DESCRIPTOR.name}")]) from None


_CODECS: Final = {
    JSON: Codec(JSON, proto_json.read, proto_json.write),
    _PROTO: Codec(_PROTO, _binary, lambda message: message.SerializeToString()),
}


def headers(scope: Scope) -> Mapping[str, str]:
    """Returns the headers by their names in lower case.

    Raises:
        NotServed: They are too large.
    """
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
        sentence = f"the headers are larger than {LARGEST_HEAD} bytes"
        raise NotServed(grpc.StatusCode.RESOURCE_EXHAUSTED, sentence, 431, connection="close")
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def media_type(sent: Mapping[str, str]) -> str:
    """Returns the form in which a request came, without its parameters."""
    return sent.get("content-type", "").partition(";")[0].strip().lower()


def codec(sent: Mapping[str, str]) -> Codec:
    """Returns how to read the request and write its answer.

    Raises:
        NotServed: The request is in another form, compressed, or of another version of the protocol.
    """
    found = _CODECS.get(media_type(sent))
    if found is None:
        known = ", ".join(_CODECS)
        sentence = f"say in which form the request is, by Content-Type: one of {known}"
        raise NotServed(grpc.StatusCode.INVALID_ARGUMENT, sentence, 415, accept_post=known)
    if sent.get("content-encoding", "identity") != "identity":
        raise NotServed(grpc.StatusCode.UNIMPLEMENTED, "compressed requests are not read: Content-Encoding is identity")
    if sent.get("connect-protocol-version", _PROTOCOL) != _PROTOCOL:
        sentence = f"this server speaks version {_PROTOCOL} of the protocol: send it as Connect-Protocol-Version"
        raise NotServed(grpc.StatusCode.INVALID_ARGUMENT, sentence)
    return found


def seconds(sent: Mapping[str, str]) -> float | None:
    """Returns how long the caller waits; None if it did not say.

    Raises:
        NotServed: What it said is no time.
    """
    text = sent.get("connect-timeout-ms")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        sentence = f"Connect-Timeout-Ms must be a whole number of milliseconds of at most {_MOST_DIGITS} digits"
        raise NotServed(grpc.StatusCode.INVALID_ARGUMENT, sentence)
    return int(text) / _MILLISECONDS


async def body(sent: Mapping[str, str], receive: Receive, most: int) -> bytes:
    """Reads the whole request.

    Raises:
        NotServed: It is too large, or does not come.
        CallerLeft: The connection broke.
    """
    if int(sent.get("content-length", "0")) > most:  # HTTP was parsed: it is a number
        raise _too_large(most)
    try:
        async with asyncio.timeout(_WITHIN):
            return await _read(receive, most)
    except TimeoutError:
        sentence = f"the request was not whole after {_WITHIN:.0f} s; nothing was stored: send it again"
        raise NotServed(grpc.StatusCode.DEADLINE_EXCEEDED, sentence, 408, connection="close") from None


async def _read(receive: Receive, most: int) -> bytes:
    octets, more = bytearray(), True
    while more:
        part = await receive()
        if part["type"] != "http.request":
            raise CallerLeft
        octets += part.get("body", b"")
        if len(octets) > most:
            raise _too_large(most)
        more = part.get("more_body", False)
    return bytes(octets)


def _too_large(most: int) -> NotServed:
    sentence = f"the request is larger than {most} bytes; nothing was stored: split it"
    return NotServed(grpc.StatusCode.RESOURCE_EXHAUSTED, sentence, 413, connection="close")
