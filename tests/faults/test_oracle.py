"""The oracle itself: each thing that must not be, it names."""

from pathlib import Path

import pytest

from tests.faults.oracle import Judgement, disordered, judge, newest


@pytest.mark.parametrize(
    ("lines", "positions", "found"),
    [
        ("intent a;ack a 1 ff;intent b;ack b 2 ff", {"a": 1, "b": 2}, []),
        ("intent a;intent b;ack b 2 ff;ack a 1 ff", {"a": 1, "b": 2}, []),
        ("intent a;ack a 2 ff;intent b;ack b 1 ff", {"a": 2, "b": 1}, ["b"]),
        ("intent a;ack a 2 ff;intent b;batch b c;intent c", {"a": 2, "b": 1}, ["b"]),
    ],
    ids=["in order", "at the same time", "sent later, stored earlier", "never answered, stored earlier"],
)
def test_what_was_sent_after_an_answer_stands_after_it(lines: str, positions: dict[str, int], found: list[str]) -> None:
    assert disordered([line.split() for line in lines.split(";")], positions) == found


def test_an_acknowledged_fact_that_is_not_stored_is_lost(tmp_path: Path, postgres_dsn: str) -> None:
    (tmp_path / "journal").write_text("intent a\nack a 1 ff\nintent b\n")
    assert judge([tmp_path / "journal"], postgres_dsn) == Judgement(acknowledged=1, lost=("a",))


def test_an_answer_that_is_being_written_down_is_not_the_newest_yet(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text(f"ack a 7 {'1f' * 32}\nintent b\nack b 8 2e2e")
    assert newest(journal) == (7, "1f" * 32)
