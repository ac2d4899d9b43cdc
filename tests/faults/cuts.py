"""T27: the line is cut at every message of an append, from the first to the last, in both directions."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final, TypeAlias
from uuid import UUID, uuid4, uuid5

import grpc
from psycopg.conninfo import make_conninfo

from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client import Client, ClientError, Item, Retrying
from tests.faults.broken import KEYLESS
from tests.faults.fault import Fault
from tests.faults.lines import Direction, Line, http2_frames, postgres_messages, unix
from tests.faults.load import LINE, TOGETHER, Journal, envelope, fact
from tests.faults.scene import Scene

_SOCKET: Final = ".s.PGSQL.5432"
_PATIENCE: Final = Retrying(attempts=40, timeout=5.0, first_pause=0.01, longest_pause=0.1)

Record: TypeAlias = Callable[[Client, Journal, UUID], Sequence[Receipt]]


class Severed(Scene):
    """The servers reach Postgres over a line that can be cut."""

    def start_postgres(self) -> None:
        """And the line."""
        super().start_postgres()
        self._at = Path(tempfile.mkdtemp(prefix="coi-line-"))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._at / _SOCKET))
        self.line = Line(listener, self._to_postgres, postgres_messages, b"application_name\x00coi ledger\x00")
        self.line.__enter__()

    @contextmanager
    def over(self) -> Iterator[None]:
        """End the line too."""
        with super().over():
            try:
                yield
            finally:
                self.line.__exit__()
                shutil.rmtree(self._at)

    def dsn(self) -> str:
        """Through the line, for servers; the oracle's questions are not counted."""
        return make_conninfo(self.postgres.dsn(user="coi_ledger_writer"), host=str(self._at))

    def _to_postgres(self) -> socket.socket:
        return unix(self.postgres.folder / _SOCKET)


def one(client: Client, journal: Journal, key: UUID) -> Sequence[Receipt]:
    """One fact."""
    journal.write("intent", key)
    return (client.record(fact(key), envelope(), key=key),)


def together(client: Client, journal: Journal, key: UUID) -> Sequence[Receipt]:
    """Facts that are recorded all or none."""
    ids = [uuid5(key, f"items[{number}]") for number in range(TOGETHER)]
    for each in ids:
        journal.write("intent", each)
    journal.write("batch", *ids)
    told = envelope()
    return client.record_batch([Item(fact=fact(each), envelope=told) for each in ids], key=key)


def _cut_everywhere(client: Client, scene: Scene, line: Line, most: int) -> Sequence[str]:
    """Cut at the n-th message of a request, for every n that there is; each request must come to one end."""
    journal = Journal(str(scene.journal))
    wrong: list[str] = []
    _acknowledge(client, journal, one)
    directions: Sequence[Direction] = ("up", "down")
    for record in (one, together):
        for direction in directions:
            for number in range(1, most + 1):
                line.cut_at(direction, number)
                wrong += _acknowledge(client, journal, record)
                if not line.was_cut():
                    break
                scene.happened += 1
    if scene.happened < _FEWEST:
        wrong.append(f"the line was cut at {scene.happened} messages only")
    return wrong


_FEWEST: Final = 12
"""Messages that a request has at least, in all."""


def _acknowledge(client: Client, journal: Journal, record: Record) -> Sequence[str]:
    try:
        for receipt in record(client, journal, uuid4()):
            journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())
    except ClientError as error:
        return [f"no answer after the line was cut: {error}"]
    return ()


def to_postgres(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Between server and Postgres."""
    assert isinstance(scene, Severed)
    channel = grpc.insecure_channel(scene.addresses[0], options=LINE)
    try:
        with Client(channel, retrying=_PATIENCE) as client:
            return _cut_everywhere(client, scene, scene.line, times)
    finally:
        channel.close()


def to_callers(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Between caller and server."""
    host, _, port = scene.addresses[0].rpartition(":")
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    with Line(listener, lambda: socket.create_connection((host, int(port))), http2_frames) as line:
        channel = grpc.insecure_channel(f"127.0.0.1:{listener.getsockname()[1]}", options=LINE)
        try:
            with Client(channel, retrying=_PATIENCE) as client:
                return _cut_everywhere(client, scene, line, times)
        finally:
            channel.close()


FAULTS: Final = (
    Fault(
        number="T27",
        name="the line to Postgres is cut at every message",
        play=to_postgres,
        times=200,
        twins={KEYLESS: 200},
        stage=Severed,
        alone=True,
        release=20_000,
    ),
    Fault(
        number="T27",
        name="the line to callers is cut at every message",
        play=to_callers,
        times=40,
        twins={KEYLESS: 40},
        alone=True,
        release=20_000,
    ),
)
