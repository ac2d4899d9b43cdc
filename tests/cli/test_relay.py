"""`coi relay`: every fact arrives at a local address at least once and in order, whoever fails when."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from coi.ledger.v1.values_pb2 import Identifier
from coi_client import Client, Retrying, Wanted
from services.cli import main
from services.cli.failing import Failure
from services.cli.posting import NotTakenError, Post
from services.cli.relay import passed_on
from services.cli.relaying import Patience, Place, Progress, Relay, StateFile
from services.server import ServerThread
from tests.cli.conftest import COI, environment
from tests.support import world
from tests.support.judged import Asked
from tests.support.judged import _closed_ledgers as _closed_ledgers  # noqa: PLC0414 - pytest finds it here
from tests.support.waiting import until

REGISTERS = len(world.registers())
CHAIN = world.tag("coi", world.CHAIN)
GONE = "RemoteDisconnected: Remote end closed connection without response"
QUICK = Patience(first=0.01, longest=0.04)


@dataclass
class Hospital:
    """An integration engine that takes what is posted, and fails as it is told.

    Attributes:
        answers: Statuses of the next answers, 200 when there are no more; 0 hangs up without one, -1 when it dies.
        taken: Headers and bodies of what it answered with 2xx.
        seen: The positions of all that came, taken or not.
    """

    answers: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    port: int = 0

    def positions(self) -> list[int]:
        """Positions of the facts that were taken."""
        return [body["position"] for headers, body in self.taken if headers["Coi-Event"] == "fact"]

    @contextmanager
    def open(self) -> Iterator["Hospital"]:
        """Listens, always on the same port."""
        hospital, dead = self, threading.Event()

        class Desk(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hospital.seen.append(body["position"])
                status = hospital.answers.pop(0) if hospital.answers else 200
                if status < 0:
                    dead.wait(20)
                if status <= 0 or dead.is_set():
                    self.close_connection = True
                    return
                if status // 100 == 2:
                    hospital.taken.append((dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base names it
                """Says nothing."""

        with ThreadingHTTPServer(("127.0.0.1", self.port), Desk) as server:
            self.port = server.server_port
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            try:
                yield self
            finally:
                dead.set()
                server.shutdown()

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self.port}/coi?from=ledger"


@pytest.fixture
def asked() -> Asked:
    """A ledger with the registers and a story up to the arrival of the cells."""
    return Asked().given(*world.until("second_receipt"))


@pytest.fixture
def address(asked: Asked) -> Iterator[str]:
    """A server of it."""
    with ServerThread(asked.ledger) as server:
        yield server.address


@dataclass
class Station:
    """A relay in this process.

    Attributes:
        said: What it said.
        place: Where it is.
    """

    address: str
    state: Path
    said: list[str] = field(default_factory=list)
    organisation: str = ""
    place: Place = field(default_factory=lambda: Place("", ""))

    def run(self, url: str) -> None:
        """Passes everything on, up to the head."""
        patient = Retrying(attempts=2, timeout=2.0, first_pause=0.01, longest_pause=0.02)
        code = world.CENTRAL if self.organisation else None
        wanted = Wanted(organisation=None if code is None else Identifier(**code))
        with Client(self.address, retrying=patient) as client:
            file, progress = StateFile(self.state), Progress(self.said.append)
            post = Post(url, anywhere=False, timeout=2.0)
            relay = Relay(post, file, file.read("ledger", self.organisation), progress, QUICK)
            try:
                passed_on(client, wanted, relay, progress, until_head=True, patience=QUICK)
            finally:
                self.place = relay.place
                post.close()


@pytest.fixture
def station(address: str, tmp_path: Path) -> Station:
    """A relay of the operator's feed."""
    return Station(address, tmp_path / "relay.json")


def test_what_is_posted_holds_the_position_in_header_and_body_and_the_stored_record(
    asked: Asked, station: Station
) -> None:
    with Hospital().open() as hospital:
        station.run(hospital.url)
    rows = asked.rows()
    assert hospital.positions() == hospital.seen == list(range(1, len(rows) + 1))
    headers, body = hospital.taken[REGISTERS]
    assert (headers["Coi-Position"], headers["Coi-Type"]) == (str(REGISTERS + 1), "TherapyPrescribed")
    assert body["record"] == json.loads(rows[REGISTERS].record)
    assert CHAIN in body["tags"]
    assert body["leaf_hash"] == rows[REGISTERS].leaf.hex()
    assert json.loads(station.state.read_text()) == {
        "origin": "ledger",
        "organisation": "",
        "position": len(rows),
    }
    assert station.said == [f"caught up, at {len(rows)}; {len(rows)} posted"]


def test_a_receiver_that_fails_twice_gets_the_same_fact_again_until_it_takes_it(station: Station) -> None:
    with Hospital(answers=[200, 200, 503, 0, 200]).open() as hospital:
        station.run(hospital.url)
    size = station.place.position
    assert hospital.seen == [1, 2, 3, 3, *range(3, size + 1)]
    assert hospital.positions() == list(range(1, size + 1))
    assert station.said[:2] == [
        "#3 OrganisationRegistered was not taken: it answered 503 Service Unavailable; again in 0.01 s",
        f"#3 OrganisationRegistered was not taken: {GONE}; again in 0.02 s",
    ]


def test_a_receiver_that_dies_half_way_and_comes_back_misses_nothing(station: Station) -> None:
    hospital = Hospital(answers=[*[200] * 10, -1])
    with hospital.open(), ThreadOf(lambda: station.run(hospital.url)) as relaying:
        until(lambda: len(hospital.seen) == 11)
    until(lambda: len(station.said) > 1)
    assert [said.partition(":")[0] for said in station.said[:2]] == ["#11 SiteRegistered was not taken"] * 2
    assert hospital.positions() == list(range(1, 11))
    with hospital.open():
        relaying.join(20)
    size = station.place.position
    assert hospital.positions() == list(range(1, size + 1))
    assert hospital.seen[:12] == [*range(1, 12), 11], "what it had read when it died comes again"


class ThreadOf(threading.Thread):
    """A thread that runs while a block does, and longer."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody waits here."""

    def __init__(self, work: Any) -> None:  # noqa: ANN401 - anything callable
        super().__init__(target=work, daemon=True)


def test_a_relay_goes_on_where_it_was(asked: Asked, station: Station) -> None:
    with Hospital().open() as hospital:
        station.run(hospital.url)
        before = len(hospital.seen)
        asked.tell(world.second_receipt())
        station.run(hospital.url)
    assert hospital.seen[before:] == [asked.position]


def test_an_organisation_that_becomes_party_late_is_told_before_the_fact_that_did_it(
    asked: Asked, station: Station
) -> None:
    asked.tell(world.second_receipt(origin=world.CENTRAL_SITE))
    station.organisation = "gs1-gln:9506000140018"
    with Hospital().open() as hospital:
        station.run(hospital.url)
    gain, last = hospital.taken[-2:]
    assert gain[1] == {"event": "party_gained", "position": asked.position, "tag": CHAIN}
    assert (gain[0]["Coi-Event"], gain[0]["Coi-Position"]) == ("party_gained", str(asked.position))
    assert (last[1]["event"], last[1]["position"]) == ("fact", asked.position)


def test_a_ledger_that_goes_away_is_come_back_to(asked: Asked, tmp_path: Path) -> None:
    with ServerThread(asked.ledger) as server:
        address = server.address
    station = Station(address, tmp_path / "relay.json")
    with Hospital().open() as hospital, ThreadOf(lambda: station.run(hospital.url)) as relaying:
        until(lambda: bool(station.said))
        assert "the ledger does not answer" in station.said[0]
        with ServerThread(asked.ledger, address):
            relaying.join(20)
    assert hospital.positions() == list(range(1, len(asked.rows()) + 1))


def relayed(address: str, hospital: Hospital, state: Path, *more: str) -> subprocess.Popen[str]:
    """Starts the program."""
    command = [COI, "relay", "--target", address, "--post", hospital.url, "--state", str(state), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())


def test_a_relay_that_is_killed_loses_nothing_and_one_that_is_told_to_stop_stops_well(
    asked: Asked, address: str, tmp_path: Path
) -> None:
    state = tmp_path / "relay.json"
    with Hospital().open() as hospital:
        with relayed(address, hospital, state) as killed:
            until(lambda: len(hospital.seen) > 3)
            os.kill(killed.pid, signal.SIGKILL)
        size = len(asked.rows())
        with relayed(address, hospital, state) as program:
            until(lambda: bool(hospital.seen) and hospital.seen[-1] == size)
            asked.tell(world.second_receipt())
            until(lambda: hospital.seen[-1] == size + 1)
            time.sleep(0.2)
            program.send_signal(signal.SIGTERM)
            said = program.communicate(timeout=20)[1].splitlines()
        assert program.returncode == 0
        assert said[0].startswith(f"relaying {address} to {hospital.url}, after position ")
        assert said[-2:] == ["stopped as told", f"kept position {size + 1} in {state}"]
    assert list(dict.fromkeys(hospital.positions())) == list(range(1, size + 2))
    assert hospital.positions() == sorted(hospital.positions())


def test_the_command_stops_at_the_head_when_asked_to(asked: Asked, address: str, tmp_path: Path) -> None:
    with (
        Hospital().open() as hospital,
        relayed(address, hospital, tmp_path / "s.json", "--until-head", "--organisation", "RR8") as program,
    ):
        said = program.communicate(timeout=20)[1].splitlines()
    assert program.returncode == 0
    own = [row.position for row in asked.rows() if row.organisation == "ods:RR8"]
    entries = [row.position for row in asked.rows()[:REGISTERS] if row.type != "LotReleased"]
    assert hospital.positions() == [*entries, *own]
    assert said[-1] == f"kept position {len(asked.rows())} in {tmp_path / 's.json'}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://192.0.2.7/coi", "is on another machine"),
        ("http://engine.example/coi", "is on another machine"),
        ("https://localhost.example", "is on another machine"),
        ("http://127.0.0.1:99999/", "is no address to post to"),
        ("http://someone@localhost/", "is no address to post to"),
        ("ftp://127.0.0.1/", "is no address to post to"),
        ("127.0.0.1:8080", "is no address to post to"),
    ],
)
def test_only_an_address_on_this_machine_is_posted_to(url: str, words: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["relay", "--post", url, "--state", str(tmp_path / "s")])
    assert done.exit_code == 2
    assert words in done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]/x", "https://localhost", "http://127.9.9.9:80"])
def test_every_loopback_address_may_be_posted_to(url: str) -> None:
    assert Post(url, anywhere=False).url == url


def test_another_machine_is_posted_to_when_that_is_meant() -> None:
    assert Post("http://engine.example/coi", anywhere=True).url == "http://engine.example/coi"


def test_a_redirection_is_not_followed_and_not_an_answer() -> None:
    with Hospital(answers=[307]).open() as hospital:
        post = Post(hospital.url, anywhere=False)
        with pytest.raises(NotTakenError, match="it answered 307"):
            post.send(b'{"position": 1}', {})
        post.close()
    assert hospital.seen == [1]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"origin": "a", "organisation": "", "position": "x"}', "\x00"])
def test_a_state_that_is_none_is_named_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "relay.json"
    path.write_text(text)
    with pytest.raises(Failure, match=r"relay\.json holds no place of a relay"):
        StateFile(path).read("ledger", "")
    assert path.read_text() == text


def test_the_state_of_another_feed_is_refused(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "relay.json")
    file.keep(Place("ledger/a", "RXK", 7))
    assert file.read("ledger/a", "RXK") == Place("ledger/a", "RXK", 7)
    for origin, organisation in (("ledger/b", "RXK"), ("ledger/a", "")):
        with pytest.raises(Failure, match="the feed of RXK at ledger/a: give each feed a file of its own"):
            file.read(origin, organisation)


def test_a_state_beyond_the_end_of_the_ledger_is_not_gone_on_from(asked: Asked, address: str, tmp_path: Path) -> None:
    file = StateFile(tmp_path / "relay.json")
    file.keep(Place(asked.ledger.info().origin, "", 9_999))
    options = ["--target", address, "--post", "http://127.0.0.1:1/", "--state", str(tmp_path / "relay.json")]
    done = CliRunner().invoke(main, ["relay", *options])
    assert done.exit_code == 2
    assert f"position 9999 was taken from {asked.ledger.info().origin}, which now ends at" in done.stderr


def test_a_ledger_that_does_not_answer_at_the_start_cannot_be_relayed(tmp_path: Path) -> None:
    options = ["--target", "127.0.0.1:1", "--post", "http://127.0.0.1:1/", "--state", str(tmp_path / "s")]
    done = CliRunner().invoke(main, ["relay", *options])
    assert (done.exit_code, "no server answers at 127.0.0.1:1" in done.stderr) == (2, True)
