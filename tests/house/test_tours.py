"""The tours run as they stand: every block, in the order in which a reader copies them, against a server of its own."""

import socket
from pathlib import Path

import pytest

from tests.house.tree import ROOT, name
from tests.support.written_examples import Block, Reader, blocks, dialogue, says

TOURS = tuple(sorted((ROOT / "docs").glob("tour-*.md")))
ADDRESS = "127.0.0.1:50051"
HTTP = "127.0.0.1:8401"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Somebody on whose machine the port of the documents is taken."""
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
        port, http = free.getsockname()[1], other.getsockname()[1]
    here = {ADDRESS: f"127.0.0.1:{port}", HTTP: f"127.0.0.1:{http}"}
    return Reader(tmp_path, here, {"COI_PORT": str(port), "COLUMNS": "120"})


def test_there_is_a_tour_for_each_user() -> None:
    assert [name(tour) for tour in TOURS] == [
        "docs/tour-follow-up.md",
        "docs/tour-inspector.md",
        "docs/tour-integrator.md",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("tour", [*TOURS, ROOT / "docs" / "nation.md"], ids=lambda tour: tour.stem)
def test_a_tour_does_and_prints_what_it_says(tour: Path, reader: Reader) -> None:
    reader.read(tour)


def test_what_is_printed_must_be_what_is_written() -> None:
    assert says("a\n…\nz\n", "a\nb\nc\nz\n")
    assert says("root …\n", "root 00ff\n")
    assert not says("root …\n", "roof 00ff\n")
    assert not says("a\n", "a\nb\n")


def test_every_fence_of_a_document_is_found(tmp_path: Path) -> None:
    document = tmp_path / "tour.md"
    document.write_text("# A\n\n```sh\necho a\n```\n\n```text\na\n```\n", encoding="utf-8")
    assert blocks(document) == [Block(3, "sh", "echo a\n"), Block(7, "text", "a\n")]


def test_a_line_that_is_typed_goes_on_as_in_a_shell() -> None:
    assert dialogue("$ a \\\n  'b\nc'\nd\n$ e\n") == [("a \\\n  'b\nc'\n", "d\n"), ("e\n", "")]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("```sh\nexit 1\n```\n", "tour.md:1: exit 1"),
        ("```sh\necho a\n```\n\n```text\nb\n```\n", "tour.md:5: the block above printed"),
        ("```console\n$ echo a\nb\n```\n", "tour.md:1: echo a printed"),
        ("```yaml\na: b\n```\n", "tour.md:1: nobody can run 'yaml'"),
        ("```text\na\n```\n", "tour.md:1: nothing above prints"),
    ],
    ids=["a failing block", "other output", "other output of a line", "an unknown language", "output of nothing"],
)
def test_a_tour_that_is_wrong_fails(written: str, wrong: str, reader: Reader, tmp_path: Path) -> None:
    document = tmp_path / "tour.md"
    document.write_text(written, encoding="utf-8")
    with pytest.raises(AssertionError, match=wrong):
        reader.read(document)
