"""T24, T25: a synchronous standby that falls silent, and takes over. F5, F6, F7 of the hazards of acknowledgement.

What a caller was told must be on the standby, whatever becomes of COMMIT meanwhile: cancelled, its session ended, its
server killed, and whoever was told nothing asks again with the same key.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Final, TypeAlias
from uuid import UUID, uuid4

import grpc

from coi.ledger.v1.envelope_pb2 import Envelope
from coi.ledger.v1.receipt_pb2 import Receipt
from coi_client import Client, ClientError, Retrying
from ledger.postgres.launcher import EmbeddedPostgres, _prefix, find_binaries
from tests.faults.broken import BARRIERLESS, FORGETFUL, HASTY, LONELY
from tests.faults.fault import Fault, Play
from tests.faults.lines import Line, postgres_messages, unix
from tests.faults.load import LINE, Journal, envelope, fact
from tests.faults.scene import SETTINGS, Scene
from tests.support.waiting import until

_SOCKET: Final = ".s.PGSQL.5432"
_STUCK: Final = "from pg_stat_activity where wait_event = 'SyncRep'"
Asked: TypeAlias = tuple[UUID, Envelope]
"""A key, and who sends what with it."""

_IN_SYNC: Final = "select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')"


class Pair(Scene):
    """A Postgres that waits for a standby, over a line that can be held.

    Attributes:
        waits: A commit waits for the standby.
    """

    waits = True

    def start_postgres(self) -> None:
        """Both, in step."""
        super().start_postgres()
        self._kept = ExitStack()
        with ExitStack() as kept:
            self.link = kept.enter_context(self._linked())
            self._copy()
            self.standby = EmbeddedPostgres(self.folder / "standby", settings=SETTINGS)
            self.standby.start()
            kept.callback(self.standby.stop)
            waits = self.waits and self.cast.variant != LONELY
            if waits:
                self.ask("alter system set synchronous_standby_names = '*'")
                self.ask("select pg_reload_conf()")
            until(lambda: self.ask("select count(*) from pg_stat_replication") == 1)
            until(lambda: not waits or self.ask(_IN_SYNC) == 1)
            self._kept = kept.pop_all()

    @contextmanager
    def over(self) -> Iterator[None]:
        """Stop the standby too."""
        with super().over():
            try:
                yield
            finally:
                self._kept.close()

    def dsn(self) -> str:
        """Whichever of the two takes facts."""
        where = [f"{self.folder}/pg", f"{self.folder}/standby"]
        return f"host={','.join(where)} user=coi_ledger_writer dbname=postgres target_session_attrs=read-write"

    def fail_over(self) -> None:
        """Let the standby take over, with what it has."""
        self.promote()
        self.end_postgres()

    def promote(self) -> None:
        """Cut the standby off, and make it take facts."""
        self.link.drop()
        self.link.__exit__()
        old, self.postgres = self.postgres, self.standby
        try:
            self.ask("select pg_promote(true)")
        finally:
            self.postgres = old

    def become_the_standby(self) -> None:
        """What is asked and judged from now on is the one that took over."""
        self.postgres.stop()
        self.postgres = self.standby

    @contextmanager
    def _linked(self) -> Iterator[Line]:
        where = Path(tempfile.mkdtemp(prefix="coi-link-"))
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(where / _SOCKET))
        self._at = where
        with Line(listener, self._to_primary, postgres_messages) as line:
            yield line
        shutil.rmtree(where)

    def _to_primary(self) -> socket.socket:
        return unix(self.folder / "pg" / _SOCKET)

    def _copy(self) -> None:
        target = self.folder / "standby" / "postgres"
        target.parent.mkdir(mode=0o700)
        told = ["-D", str(target), "-d", f"host={self._at} user=postgres", "-R", "-X", "stream", "-c", "fast"]
        subprocess.run([*_prefix(), str(find_binaries()[0] / "pg_basebackup"), *told], check=True)


class Behind(Pair):
    """A standby for which no commit waits, as an operator may have it beside the one that confirms."""

    waits = False


class Asker:
    """One caller, who asks for the same fact again and again, and knows what is stored of it."""

    def __init__(self, scene: Pair) -> None:
        self._scene, self._journal = scene, Journal(str(scene.journal))

    def new(self) -> Asked:
        """A fact that nobody was asked to record before."""
        asked = uuid4(), envelope()
        self._journal.write("intent", asked[0])
        return asked

    def stored(self, asked: Asked) -> bool:
        """Whether the primary has it, whatever the standby has."""
        return self._scene.ask(f"select count(*) from ledger.key where id = '{asked[0]}'") == 1  # noqa: S608 - an id

    def unanswered(self, asked: Asked, patience: float) -> Sequence[str]:
        """A caller whose deadline passes is told so, in time, and that it may be recorded; anything else is wrong."""
        started = time.monotonic()
        try:
            told = self._ask(asked, Retrying(attempts=1, timeout=patience))
        except ClientError:
            waited = time.monotonic() - started
            return [f"a caller who would wait {patience} s waited {waited:.1f} s"] if waited > patience + 2 else []
        return [f"a fact that no standby has was acknowledged at {told.position}"]

    def settle(self, asked: Asked) -> None:
        """Ask until it is answered."""
        self._ask(asked, Retrying(attempts=60, timeout=5.0, first_pause=0.1, longest_pause=0.5))

    def _ask(self, asked: Asked, retrying: Retrying) -> Receipt:
        key, told = asked
        line = grpc.insecure_channel(self._scene.addresses[0], options=LINE)
        try:
            with Client(line, retrying=retrying) as client:
                receipt = client.record(fact(key), told, key=key)
        finally:
            line.close()
        self._journal.write("ack", receipt.request_id, receipt.position, receipt.leaf_hash.hex())
        return receipt


def _silence(scene: Scene, then: Callable[[Pair], None]) -> Sequence[str]:
    """The standby falls silent under load, something happens to what waits for it, it takes over."""
    assert isinstance(scene, Pair)
    scene.work()
    scene.link.hold()
    asker = Asker(scene)
    asked = asker.new()
    wrong = list(asker.unanswered(asked, 1.0))
    then(scene)
    if asker.stored(asked):
        wrong += asker.unanswered(asked, 2.0)
    if scene.goes_on(4.0):
        wrong.append("facts were acknowledged that no standby has")
    scene.end_postgres()
    scene.promote()
    scene.become_the_standby()
    return wrong


def silent(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """Nothing else happens (F7: no timeout of a statement ends the waiting)."""
    return _silence(scene, lambda _: None)


def cancelled(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The waiting COMMIT is cancelled: it says that it is well, with a warning (F5); then callers ask again (F6)."""

    def cancel(pair: Pair) -> None:
        pair.ask(f"select count(pg_cancel_backend(pid)) {_STUCK}")

    return _silence(scene, cancel)


def ended(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The session that waits is ended: the row is there, the answer is not (F4); then callers ask again (F6)."""

    def end(pair: Pair) -> None:
        pair.ask(f"select count(pg_terminate_backend(pid)) {_STUCK}")

    return _silence(scene, end)


def killed(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The server is killed while its COMMIT waits, its session ended, and a new server is asked for what is stored."""
    assert isinstance(scene, Pair)
    asker = Asker(scene)
    asker.settle(asker.new())
    scene.link.hold()
    asked = asker.new()
    wrong = list(asker.unanswered(asked, 1.0))
    until(lambda: scene.ask(f"select count(*) {_STUCK}") == 1)
    scene.stop_server()
    scene.ask(f"select count(pg_terminate_backend(pid)) {_STUCK}")
    until(lambda: asker.stored(asked))
    scene.start_server(scene.addresses[0])
    wrong += asker.unanswered(asked, 4.0)
    scene.end_postgres()
    scene.promote()
    scene.become_the_standby()
    if not wrong:
        asker.settle(asked)
    return wrong


def died(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The primary dies at work, without a warning."""
    assert isinstance(scene, Pair)
    scene.work()
    scene.link.hold()
    time.sleep(chance.uniform(0.2, 0.6))
    scene.end_postgres()
    scene.promote()
    scene.become_the_standby()
    return ()


def split(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """The standby takes over while the primary lives, and the servers still hold on to that one."""
    assert isinstance(scene, Pair)
    scene.work()
    scene.promote()
    told = scene.idle(1.5, settling=0.5)
    scene.end_postgres()
    scene.become_the_standby()
    return [f"{told} facts were acknowledged by a primary that was replaced"] if told else ()


def stale(scene: Scene, chance: Random, times: int) -> Sequence[str]:
    """A standby that lacks acknowledged facts takes over, by mistake; then the primary comes back with all of them."""
    assert isinstance(scene, Behind)
    scene.work()
    scene.link.hold()
    scene.work()
    scene.promote()
    scene.end_postgres()
    wrong = ["facts were recorded by a standby that lacks acknowledged ones"] if scene.goes_on(4.0) else []
    scene.standby.stop()
    scene.revive_postgres()
    return wrong


def _pair(number: str, name: str, play: Play, *twins: str, alone: bool = False) -> Fault:
    return Fault(
        number=number,
        name=name,
        play=play,
        times=1,
        twins=dict.fromkeys(twins, 1),
        stage=Pair,
        alone=alone,
        release=300,
    )


FAULTS: Final = (
    _pair("T24", "the primary dies and the standby takes over", died, LONELY),
    _pair("T24", "the standby takes over while the primary lives", split, LONELY),
    Fault(
        number="T24",
        name="a standby that lacks acknowledged facts takes over by mistake",
        play=stale,
        times=1,
        twins={FORGETFUL: 1},
        stage=Behind,
        release=100,
    ),
    _pair("T25", "the standby is silent and takes over", silent, LONELY),
    _pair("T25", "a COMMIT that waits for the standby is cancelled", cancelled, HASTY, BARRIERLESS),
    _pair("T25", "a session that waits for the standby is ended", ended, BARRIERLESS),
    _pair("T25", "the server is killed while its COMMIT waits for the standby", killed, BARRIERLESS, alone=True),
)
