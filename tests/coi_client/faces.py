"""Both faces of the client behind one, so that each test is told to both."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import Any, cast

from coi_client import AsyncClient, Client, Item, KeyJournal, Result, Retrying

QUICK = Retrying(attempts=4, timeout=2.0, first_pause=0.001, longest_pause=0.004, chance=lambda: 0.5)


class Face:
    """The asynchronous client, called from outside its loop."""

    def __init__(self, ledger: str, journal: KeyJournal | None, retrying: Retrying) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._made(ledger, journal, retrying))

    async def _made(self, ledger: str, journal: KeyJournal | None, retrying: Retrying) -> AsyncClient:
        return AsyncClient(ledger, journal=journal, retrying=retrying)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> object:
            return self._runner.run(getattr(self._client, name)(*args, **kwargs))

        return call

    def record_stream(self, items: Iterable[Item]) -> Iterator[Result]:
        results = self._runner.run(self._opened(items))
        try:
            while True:
                yield self._runner.run(anext(results))
        except StopAsyncIteration:
            return
        finally:
            self._runner.run(results.aclose())

    async def _opened(self, items: Iterable[Item]) -> AsyncGenerator[Result, None]:
        return self._client.record_stream(items)

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


def make(face: str, ledger: str, journal: KeyJournal | None = None, retrying: Retrying = QUICK) -> Client:
    """A client with this face."""
    if face == "blocking":
        return Client(ledger, journal=journal, retrying=retrying)
    return cast("Client", Face(ledger, journal, retrying))
