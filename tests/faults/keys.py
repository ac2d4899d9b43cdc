"""T12, T13, T14: one key from many callers, or with other content, and calls that come twice, late, in any order."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Final
from uuid import UUID, uuid4, uuid5

import grpc

from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client import Client, Item, KeyReused, Retrying
from tests.faults.broken import HASHLESS, KEYLESS
from tests.faults.fault import Fault
from tests.faults.load import LINE, TOGETHER, Journal, envelope, fact
from tests.faults.scene import Cast, Scene

CALLERS: Final = 32
_PATIENCE: Final = Retrying(attempts=20, first_pause=0.02)

Ask = Callable[[Client], Sequence[Receipt]]
"""The same request, whoever sends it."""


@contextmanager
def callers(scene: Scene) -> Iterator[Sequence[Client]]:
    """Many, at all servers."""
    lines = [grpc.insecure_channel(address, options=LINE) for address in scene.addresses]
    yield [Client(lines[number % len(lines)], retrying=_PATIENCE) for number in range(CALLERS)]
    for line in lines:
        line.close()


def asking(key: UUID, journal: Journal, number: int) -> Ask:
    """One fact, or, every third time, several together."""
    told = envelope()
    if number % 3:
        journal.write("intent", key)
        return lambda client: (client.record(fact(key), told, key=key),)
    ids = [uuid5(key, f"items[{item}]") for item in range(TOGETHER)]
    for each in ids:
        journal.write("intent", each)
    journal.write("batch", *ids)
    items = [Item(fact=fact(each), envelope=told) for each in ids]
    return lambda client: client.record_batch(items, key=key)


def _settle(journal: Journal, answers: Sequence[Sequence[Receipt]]) -> Sequence[str]:
    """All who asked the same were told the same."""
    told = [[(one.request_id, one.position, one.leaf_hash.hex()) for one in answer] for answer in answers]
    for words in told[0]:
        journal.write("ack", *words)
    return [] if all(one == told[0] for one in told) else [f"{told[0][0][0]} was answered in several ways"]


def at_once(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """One key from many callers at the same time, at every server."""
    journal = Journal(str(scene.journal))
    wrong: list[str] = []
    with callers(scene) as clients, ThreadPoolExecutor(CALLERS) as threads:
        for number in range(times):
            ask = asking(uuid4(), journal, number)
            wrong += _settle(journal, list(threads.map(ask, clients)))
    return wrong


def other_content(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """A key that was used, with other content: told so, and nothing is stored of it."""
    journal = Journal(str(scene.journal))
    wrong: list[str] = []

    def ask_twice(client: Client) -> str:
        key = uuid4()
        journal.write("intent", key)
        receipt = client.record(fact(key), envelope(), key=key)
        journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())
        try:
            return (
                f"{key} was answered for other content, at {client.record(fact(uuid4()), envelope(), key=key).position}"
            )
        except KeyReused as error:
            return "" if error.position == receipt.position else f"{key} is said to be that of {error.position}"

    with callers(scene) as clients, ThreadPoolExecutor(CALLERS) as threads:
        wrong = list(threads.map(ask_twice, [chance.choice(clients) for _ in range(times)]))
    return [one for one in wrong if one]


def in_any_order(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Every call comes two or three times, late, after others that were sent later."""
    journal = Journal(str(scene.journal))
    wrong: list[str] = []
    asks = [asking(uuid4(), journal, number) for number in range(times)]
    sent = [number for number in range(times) for _ in range(chance.choice((2, 2, 3)))]
    sent.sort(key=lambda number: number + chance.uniform(0, 40))
    waits = {place: chance.uniform(0, 0.02) for place in range(len(sent))}

    def send(place: int) -> Sequence[Receipt]:
        time.sleep(waits[place])
        return asks[sent[place]](clients[place % CALLERS])

    with callers(scene) as clients, ThreadPoolExecutor(CALLERS) as threads:
        answers = list(threads.map(send, range(len(sent))))
    for number in range(times):
        wrong += _settle(journal, [answer for place, answer in enumerate(answers) if sent[place] == number])
    return wrong


def _two(number: str, name: str, play: Callable[..., Sequence[str]], times: int, release: int, twin: str) -> Fault:
    return Fault(
        number=number,
        name=name,
        play=play,
        times=times,
        twins={twin: 20},
        cast=Cast(servers=2),
        alone=True,
        release=release,
    )


FAULTS: Final = (
    _two("T12", "one key comes from many callers at once", at_once, 200, 100_000, KEYLESS),
    _two("T13", "a key comes again with other content", other_content, 200, 20_000, HASHLESS),
    _two("T14", "calls come twice, late and in any order", in_any_order, 600, 500_000, KEYLESS),
)
