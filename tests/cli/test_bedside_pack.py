"""`coi bedside-pack`: one page for people, one object for programs, through a server."""

import hashlib
import json
import subprocess
from collections.abc import Iterator

import pytest

from services.server import ServerThread
from tests.cli.conftest import COI as PROGRAM
from tests.cli.conftest import environment
from tests.support import world
from tests.support.judged import given

WIDTH = 80
FRAME = ("--by", "nmc:98I0003E", "--site", "ods:RXKP1", "--organisation", "ods:RXK")
COI, BAG = world.CHAIN["value"], world.FINAL["value"]


@pytest.fixture
def address() -> Iterator[str]:
    """A server in front of the story up to the check at the bedside."""
    ledger = given(*world.until("check"))
    with ServerThread(ledger.ledger) as server:
        yield server.address
    ledger.close()


def run(address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command against it."""
    command = [PROGRAM, "bedside-pack", *FRAME, "--target", address, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False)


def test_a_pack_is_one_page_of_eighty_columns_with_its_seal(address: str) -> None:
    text = run(address, COI, BAG).stdout
    assert "valid        until 14 Apr 2026 12:48 +01:00" in text
    assert "2 of the patient, against container and prescription" in text
    assert "sha256 " in text.splitlines()[-1]
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert (len(text.splitlines()) <= 50, world.PATIENT["value"] in text) == (True, False)


def test_a_program_gets_a_pack_that_its_seal_fits(address: str) -> None:
    done = run(address, COI, BAG, "--json")
    told = json.loads(done.stdout)
    octets = json.dumps(told["pack"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(octets).hexdigest() == told["sha256"]
    assert (done.returncode, told["pack"]["may_be_given"]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((COI, "material:isbt128-mpho:A9996A0002A999926123456B00000"), 1, "R1"),
        ((BAG, BAG), 1, "give a coi"),
        ((COI, BAG, "--by", "me"), 2, "is no SCHEME:VALUE"),
    ],
    ids=["not released", "no chain", "nobody"],
)
def test_what_cannot_be_packed_is_told_with_the_way_out(
    address: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = run(address, *arguments)
    assert (done.returncode, words in done.stderr) == (code, True)
