"""Kill the leader of a three-node Patroni under load, again and again; count what was lost and how long it took.

    python -m tests.deploy.patroni_drill --patroni VENV/bin/patroni --etcd /usr/bin/etcd [--rounds 5] [--folder DIR]

Three etcd, three nodes from `deploy/patroni/node.yml`, one `coi serve`, callers with a journal: all on this machine.
Patroni and etcd are no requirements of the ledger, so this is run by hand and not by the suite. Ends with 1 when an
acknowledged fact was lost, doubled or torn, or the log does not verify.
"""

import argparse
import json
import os
import platform
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from string import Template
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from ledger import api
from ledger.postgres.launcher import find_binaries
from tests.cli.conftest import COI
from tests.faults.oracle import acknowledged, judge
from tests.house.tree import ROOT
from tests.support.waiting import until

NODES = 3
HOST = "127.0.0.1"
PASSWORD = secrets.token_hex(8)
AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Etcd:
    """Three members."""

    def __init__(self, program: str, folder: Path) -> None:
        ports = [(free_port(), free_port()) for _ in range(NODES)]
        self.hosts = ",".join(f"{HOST}:{client}" for client, _ in ports)
        members = ",".join(f"e{number}=http://{HOST}:{peer}" for number, (_, peer) in enumerate(ports))
        self.processes: list[subprocess.Popen[bytes]] = []
        self._program, self._folder, self._ports, self._members = program, folder, ports, members

    def start(self) -> None:
        """All of them."""
        for number, (client, peer) in enumerate(self._ports):
            told = [self._program, f"--name=e{number}", f"--data-dir={self._folder}/e{number}"]
            told += [f"--initial-cluster={self._members}", f"--initial-advertise-peer-urls=http://{HOST}:{peer}"]
            told += [f"--listen-peer-urls=http://{HOST}:{peer}", f"--listen-client-urls=http://{HOST}:{client}"]
            told += [f"--advertise-client-urls=http://{HOST}:{client}"]
            with (self._folder / f"e{number}.log").open("wb") as log:
                self.processes.append(subprocess.Popen(told, stdout=log, stderr=log))


class Node:
    """One Patroni with its Postgres."""

    def __init__(self, number: int, folder: Path, program: str, etcd: Etcd) -> None:
        self.name, self.port, self.rest = f"node{number}", free_port(), free_port()
        self.data, self._folder = folder / f"node{number}", folder
        values = {
            "NODE": self.name, "ADDRESS": HOST, "PORT": self.port, "REST_PORT": self.rest, "ETCD_HOSTS": etcd.hosts,
            "DATA": self.data, "BIN": find_binaries()[0], "SOCKETS": folder, "NETWORK": f"{HOST}/32",
            "CONNECTION": "host",
        }  # fmt: skip
        self._config = folder / f"{self.name}.yml"
        self._config.write_text(Template((ROOT / "deploy/patroni/node.yml").read_text()).substitute(values))
        self._command = [*(AS_ORDINARY_USER if os.geteuid() == 0 else ()), program, str(self._config)]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        names = ("SUPERUSER", "REPLICATION", "REWIND")
        environment = {**os.environ, **{f"PATRONI_{name}_PASSWORD": PASSWORD for name in names}}
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self._running = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=environment, start_new_session=True
            )

    def kill(self) -> None:
        """Patroni, the postmaster and every backend, at once and without a word."""
        mine = [self._running.pid] if self._running is not None else []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and (entry / "cwd").readlink() == self.data:
                    mine.append(int(entry.name))
        for pid in mine:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if self._running is not None:
            self._running.wait()

    def state(self) -> dict[str, Any]:
        """What its Patroni says."""
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(f"http://{HOST}:{self.rest}/cluster", timeout=1) as answer,
        ):
            said: dict[str, Any] = json.loads(answer.read())
            return said
        return {}


class Drill:
    """The whole set-up."""

    def __init__(self, folder: Path, patroni: str, etcd: str) -> None:
        self._folder, self.journal = folder, folder / "journal"
        (folder / "etcd").mkdir()
        self._etcd = Etcd(etcd, folder / "etcd")
        self.nodes = [Node(number, folder, patroni, self._etcd) for number in range(NODES)]
        self._others: list[subprocess.Popen[bytes]] = []

    def dsn(self, user: str, database: str = "coi") -> str:
        """Every node; whichever leads."""
        ports = ",".join(str(node.port) for node in self.nodes)
        hosts = ",".join([HOST] * NODES)
        return make_conninfo(
            "", host=hosts, port=ports, user=user, dbname=database, password=PASSWORD,
            target_session_attrs="read-write", connect_timeout="2",
        )  # fmt: skip

    def members(self) -> dict[str, str]:
        """Roles of the nodes that run, as any of them tells."""
        said = next((found for node in self.nodes if (found := node.state())), {})
        return {
            member["name"]: member["role"]
            for member in said.get("members", ())
            if member.get("state") in {"running", "streaming"}
        }

    def whole(self) -> bool:
        """One leads, one confirms each commit, and one more follows."""
        return sorted(self.members().values()) == ["leader", "replica", "sync_standby"]

    def set_up(self) -> None:
        """Nodes, roles, schema, server, callers."""
        self._etcd.start()
        for node in self.nodes:
            node.start()
        until(self.whole, 120)
        with psycopg.connect(self.dsn("postgres", "postgres"), autocommit=True) as superuser:
            superuser.execute("create database coi")
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as superuser:
            superuser.execute((ROOT / "deploy/postgres/roles.sql").read_bytes())
            for role in ("owner", "writer", "reader", "backup"):
                superuser.execute(f"alter role coi_ledger_{role} password '{PASSWORD}'".encode())
        api.migrate(self.dsn("coi_ledger_owner"), origin="ledger.test/drill")
        port = free_port()
        environment = {**os.environ, "COI_DSN": self.dsn("coi_ledger_writer"), "COI_STANDBYS": "1"}
        with (self._folder / "serve.log").open("wb") as log:
            serving = subprocess.Popen([COI, "serve", "--port", str(port)], stderr=log, env=environment)
        self._others.append(serving)
        until(lambda: "serving on" in (self._folder / "serve.log").read_text(), 60)
        load = [sys.executable, "-m", "tests.faults.load", f"{HOST}:{port}", str(self.journal)]
        self._others.append(subprocess.Popen(load, stdin=subprocess.PIPE, cwd=ROOT))
        until(lambda: acknowledged(self.journal) > 100, 60)

    def kill_the_leader(self) -> tuple[str, float]:
        """Return who led, and the seconds until the next fact was acknowledged."""
        leader = next(name for name, role in self.members().items() if role == "leader")
        node = next(node for node in self.nodes if node.name == leader)
        node.kill()
        killed = time.monotonic()
        time.sleep(0.5)  # what had been answered before is in the journal by now
        before = acknowledged(self.journal)
        until(lambda: acknowledged(self.journal) > before, 180)
        seconds = time.monotonic() - killed
        node.start()
        until(self.whole, 180)
        return leader, seconds

    def finish(self) -> None:
        """Let the callers come to an end."""
        callers = self._others.pop()
        callers.communicate(timeout=120)

    def stop(self) -> None:
        """Everything, whatever happened."""
        for process in self._others:
            process.kill()
            process.wait()
        for node in self.nodes:
            node.kill()
        for member in self._etcd.processes:
            member.kill()
            member.wait()


def main() -> int:
    """Run the drill, print a line for each kill and one at the end."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--patroni", required=True)
    asked.add_argument("--etcd", required=True)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coi-drill-")))
        folder.mkdir(exist_ok=True)
        drill = Drill(folder.resolve(), given.patroni, given.etcd)
        stack.callback(drill.stop)
        drill.set_up()
        seconds = []
        for number in range(given.rounds):
            leader, took = drill.kill_the_leader()
            seconds.append(took)
            told = acknowledged(drill.journal)
            say(f"kill {number + 1}: {leader} led; next write after {took:.1f} s; {told:,} acknowledged so far")
            time.sleep(5)
        drill.finish()
        found = judge([drill.journal], drill.dsn("coi_ledger_writer"))
        say(
            f"{given.rounds} kills, {found.acknowledged:,} facts acknowledged, {len(found.lost)} lost, "
            f"{len(found.doubled)} doubled, {len(found.torn)} torn, {found.verified or 'verified'}; next write after "
            f"{min(seconds):.1f} to {max(seconds):.1f} s, median {statistics.median(seconds):.1f} s; "
            f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
        )
        return 0 if found.well else 1


def say(words: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
