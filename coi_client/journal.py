"""Where requests are kept from before their first attempt until their answer: the caller's side of exactly-once.

A request that was saved and not settled is sent again with its own key, after a crash too (`resume`). It holds what the
request holds: pseudonyms, never identity; keep the folder as private as the ledger.
"""

import base64
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Unsettled:
    """A request that was saved and whose answer is not known.

    Attributes:
        key: Its request_id.
        method: Path of the rpc.
        request: The request, as it is sent.
    """

    key: str
    method: str
    request: bytes


class KeyJournal(Protocol):
    """Keeps requests. Bring your own: a table of your application's database is a good one."""

    def save(self, entry: Unsettled) -> None:
        """Keeps a request; returns only when it would survive a crash."""
        ...

    def settle(self, key: str) -> None:
        """Forgets a request: its answer is known."""
        ...

    def unsettled(self) -> list[Unsettled]:
        """Everything kept, oldest first."""
        ...


class MemoryJournal:
    """Keeps requests as long as the process lives. A crash loses them: for tests and for readers."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._kept: dict[str, Unsettled] = {}

    def save(self, entry: Unsettled) -> None:
        """Keeps a request."""
        self._kept[entry.key] = entry

    def settle(self, key: str) -> None:
        """Forgets a request."""
        self._kept.pop(key, None)

    def unsettled(self) -> list[Unsettled]:
        """Everything kept, oldest first."""
        return list(self._kept.values())


class FolderJournal:
    """Keeps each request in a file of its own, synced to disk before the first attempt."""

    _NAME = re.compile(r"[0-9]{12}-[0-9a-f-]{36}\.json\Z")

    def __init__(self, folder: Path) -> None:
        """Makes the folder, readable by its owner only, unless it is there."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def save(self, entry: Unsettled) -> None:
        """Writes beside, syncs, renames, syncs the folder: the file is whole or not there."""
        if self._of(entry.key):
            return
        names = self._names()
        number = int(names[-1].partition("-")[0]) + 1 if names else 1
        text = {"key": entry.key, "method": entry.method, "request": base64.b64encode(entry.request).decode()}
        draft = self._folder / f".{entry.key}.draft"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - opened with its permissions
            json.dump(text, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{number:012}-{entry.key}.json")
        self._sync()

    def settle(self, key: str) -> None:
        """Removes the file; should the removal be lost in a crash, sending once more gets the same answer."""
        for name in self._of(key):
            (self._folder / name).unlink(missing_ok=True)

    def unsettled(self) -> list[Unsettled]:
        """Everything kept, oldest first."""
        kept = [json.loads((self._folder / name).read_text(encoding="ascii")) for name in self._names()]
        return [Unsettled(one["key"], one["method"], base64.b64decode(one["request"])) for one in kept]

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._folder.iterdir() if self._NAME.match(path.name))

    def _of(self, key: str) -> list[str]:
        return [name for name in self._names() if name.partition("-")[2] == f"{key}.json"]

    def _sync(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
