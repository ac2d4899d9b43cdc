"""What strangers send to a port that they found: each attack says what the server should have refused and did not."""

import asyncio
import resource
import struct
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeAlias
from uuid import uuid4

import grpc

from coi.ledger.v1 import registry_pb2
from coi_client.contract import METHODS
from tests.faults.load import envelope, fact

Attack: TypeAlias = Callable[[str, int], Coroutine[Any, Any, str]]
"""Attacks an address with so many of its means; says what went wrong, or nothing."""

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _PING, _RST, _HEADERS = 4, 6, 3, 1
_PINGS: Final = 10_000
_HANDSHAKE: Final = 9.0
"""Seconds after which whoever said nothing should have been shown out."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack("!I", stream) + payload


async def _connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def silence(address: str, times: int) -> str:
    """Connections that say nothing, half of a greeting, or one letter of it now and then; they are shown out."""
    _make_room(times)
    opened, dripping = [], []
    for number in range(times):
        with suppress(OSError):
            reader, writer = await _connected(address)
            writer.write(_PREFACE[: number % 12])
            opened.append((reader, writer))
            if number % 50 == 0:
                dripping.append(asyncio.ensure_future(_drip(writer)))
    ends = [asyncio.ensure_future(_ends(reader)) for reader, _ in opened]
    _, waiting = await asyncio.wait(ends, timeout=_HANDSHAKE)
    for _, writer in opened:
        writer.close()
    for end in (*waiting, *dripping):
        end.cancel()
    return f"{len(waiting)} of {len(opened)} connections that said nothing were kept" if waiting else ""


async def _drip(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        for letter in _PREFACE[:-1]:
            writer.write(bytes([letter]))
            await asyncio.sleep(0.5)


def _make_room(connections: int) -> None:
    """Let this process have so many connections, as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 1_000
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _ends(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(4096):
            pass


async def pings(address: str, times: int) -> str:
    """One connection that only pings, ten thousand times; it is shown out.

    Of five times as many gRPC now and then stops reading for more than ten seconds, and keeps the connection meanwhile.
    """
    reader, writer = await _connected(address)
    writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_PING, 0, 0, bytes(8)) * _PINGS)
    return await _shown_out(reader, writer, "a connection that only pings")


async def resets(address: str, times: int) -> str:
    """Calls that are begun and reset at once; whatever becomes of the connection, nothing is kept."""
    path = b"/coi.ledger.v1.RegistryService/RecordOrganisationRegistered"
    told = b"\x83\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x01x"
    told += b"\x00\x0ccontent-type\x10application/grpc" + b"\x00\x02te\x08trailers"
    _, writer = await _connected(address)
    writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
    with suppress(OSError):
        for number in range(times):
            stream = 2 * number + 1
            writer.write(_frame(_HEADERS, 4, stream, told) + _frame(_RST, 0, stream, struct.pack("!I", 8)))
            await writer.drain()
    writer.close()
    return ""


async def _shown_out(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, who: str) -> str:
    try:
        async with asyncio.timeout(_HANDSHAKE):
            await _ends(reader)
    except TimeoutError:
        return f"{who} was kept"
    finally:
        writer.close()
    return ""


async def bombs(address: str, times: int) -> str:
    """Two megabytes of nothing, packed small: too large once unpacked."""
    return await _refused(address, b"\0" * 2_000_000, (), grpc.Compression.Gzip)


async def envelopes(address: str, times: int) -> str:
    """A small request in a large envelope of metadata, and in one of 16 MiB."""
    said = [
        await _refused(address, b"", (("x-large", "x" * size),), grpc.Compression.NoCompression)
        for size in (100_000, 16 << 20)
    ]
    return "; ".join(filter(None, said))


async def nests(address: str, times: int) -> str:
    """Groups within groups, deeper than any parser follows."""
    async with grpc.aio.insecure_channel(address) as channel:
        call: Any = channel.unary_unary(METHODS["RecordOrganisationRegistered"].path)
        try:
            await call(b"\x7b" * 100_000, timeout=5)
        except grpc.aio.AioRpcError as error:
            code = error.code()
            hung = code in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}
            return f"what nests too deep was answered with {code}" if hung else ""
    return "what nests too deep was accepted"


async def _refused(address: str, octets: bytes, metadata: tuple[tuple[str, str], ...], packed: grpc.Compression) -> str:
    key = uuid4()
    request = registry_pb2.RecordOrganisationRegisteredRequest(request_id=str(key), envelope=envelope(), fact=fact(key))
    async with grpc.aio.insecure_channel(address, compression=packed) as channel:
        call: Any = channel.unary_unary(
            METHODS["RecordOrganisationRegistered"].path,
            request_serializer=lambda _: octets or request.SerializeToString(),
        )
        try:
            await call(request, metadata=metadata, timeout=5)
        except grpc.aio.AioRpcError as error:
            code = error.code()
            return "" if code is grpc.StatusCode.RESOURCE_EXHAUSTED else f"what is too large was answered with {code}"
    return "what is too large was accepted"


ATTACKS: Final[tuple[Attack, ...]] = (pings, resets, bombs, envelopes, nests, silence)
"""In order: the last one takes longest."""
