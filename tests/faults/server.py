"""Server processes to be killed: the real gRPC server on a log, or on one that is broken on purpose.

Usage: python -m tests.faults.server. Each line of its input is the JSON of an `Order`; a process is forked for it,
whose id is printed, and which writes `ready` into its file once calls are answered. So that a killed server is replaced
in milliseconds: everything is imported once.
"""

import asyncio
import ctypes
import json
import os
import secrets
import signal
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ledger.store.postgres_log import USUAL, Patience
from services.server import Addresses, serve
from tests.faults import broken
from tests.support.waiting import until

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Order:
    """What to serve.

    Attributes:
        dsn: Of the log.
        address: Where to listen.
        variant: `whole`, or one of `broken.VARIANTS`.
        said: The file that is told when calls are answered.
        clock: A file with the seconds by which the server's clock is wrong.
        patience: How long it waits for Postgres.
    """

    dsn: str
    address: str
    variant: str
    said: str
    clock: str
    patience: Patience = USUAL


class Nursery:
    """The process that servers are forked from."""

    def __init__(self) -> None:
        """Start it."""
        told = [sys.executable, "-m", "tests.faults.server"]
        self._process = subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, order: Order) -> int:
        """Fork a server, wait until it answers, and return its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        said = Path(order.said)
        said.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        until(lambda: said.exists() or gone(pid), 60)
        assert said.exists(), f"the server at {order.address} did not start"
        return pid

    def close(self) -> None:
        """End it, and all that it forked."""
        self._process.kill()
        self._process.wait()


def gone(pid: int) -> bool:
    """Whether a process is no more."""
    return not Path(f"/proc/{pid}").exists()


def kill(pid: int) -> None:
    """Kill a server and wait until it is gone."""
    if not gone(pid):
        os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), 20)


def run(order: Order) -> None:
    """Serve until killed."""
    shift = Path(order.clock)

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(shift.read_text() if shift.exists() else 0))

    ledger = broken.made(order.variant, order.dsn, clock, secrets.token_bytes, order.patience)

    def ready(_: Addresses) -> None:
        Path(order.said).write_text("ready")

    asyncio.run(serve(ledger, Addresses(order.address), reflection=False, ready=ready))


def main() -> None:
    """Fork a server for each order; all end with this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            continue
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        told = json.loads(line)
        order = Order(**told | {"patience": Patience(*told["patience"])})
        output = os.open(f"{order.said}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(0)
        try:
            run(order)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(1)


if __name__ == "__main__":
    main()
