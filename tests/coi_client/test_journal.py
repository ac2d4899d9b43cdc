"""Where the client keeps requests until they are answered."""

from collections.abc import Callable
from pathlib import Path

import pytest

from coi_client import FolderJournal, KeyJournal, MemoryJournal, Unsettled

ENTRIES = [Unsettled(f"019d6b00-0045-7000-8000-{number:012}", "/s/m", bytes([number, 255])) for number in (3, 1, 2)]


@pytest.fixture(params=["memory", "folder"])
def reopened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], KeyJournal]:
    """Gives a journal; a folder's as a restarted process would find it."""
    memory = MemoryJournal()
    return lambda: memory if request.param == "memory" else FolderJournal(tmp_path / "outbox")


def test_requests_come_back_as_they_were_oldest_first(reopened: Callable[[], KeyJournal]) -> None:
    for entry in ENTRIES:
        reopened().save(entry)
    assert reopened().unsettled() == ENTRIES


def test_a_settled_request_is_gone_and_settling_twice_is_nothing(reopened: Callable[[], KeyJournal]) -> None:
    for entry in ENTRIES:
        reopened().save(entry)
    for _ in range(2):
        reopened().settle(ENTRIES[1].key)
    assert reopened().unsettled() == [ENTRIES[0], ENTRIES[2]]


def test_saving_twice_keeps_one(reopened: Callable[[], KeyJournal]) -> None:
    for entry in [*ENTRIES, ENTRIES[0]]:
        reopened().save(entry)
    assert [entry.key for entry in reopened().unsettled()] == [entry.key for entry in ENTRIES]


def test_a_file_that_was_being_written_in_a_crash_is_not_there(tmp_path: Path) -> None:
    journal = FolderJournal(tmp_path)
    journal.save(ENTRIES[0])
    (tmp_path / f".{ENTRIES[1].key}.draft").write_text('{"key": "half')
    assert FolderJournal(tmp_path).unsettled() == [ENTRIES[0]]


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    FolderJournal(tmp_path / "outbox").save(ENTRIES[0])
    (file,) = (tmp_path / "outbox").iterdir()
    assert [path.stat().st_mode & 0o077 for path in (file, tmp_path / "outbox")] == [0, 0]
