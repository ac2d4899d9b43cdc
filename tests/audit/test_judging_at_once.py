"""Several processes judge a log as one does; a verdict edited in the database is named; a broken-off run goes on."""

from functools import partial

import msgspec
import psycopg
import pytest

from ledger import api
from ledger.audit import judging_at_once
from ledger.audit.judgement import Again, Judgement
from ledger.audit.judging_at_once import Run, spans
from ledger.audit.rejudge import rejudge
from ledger.audit.verify import verify
from ledger.domain.facts import record as records
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Unavailable
from ledger.store.postgres_log import PostgresLog
from tests.model import world
from tests.model.desk import Desk, everything
from tests.support.clusters import ORIGIN, Database


@pytest.fixture
def rejudged(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A log of two patients, with a refusal at its end; so small, processes are only started because we say so."""
    monkeypatch.setattr(judging_at_once, "_SMALL", 0)
    monkeypatch.setattr(judging_at_once, "_SHORTEST", 20)
    log = PostgresLog(database.writer, origin=ORIGIN)
    with Desk(log) as desk:
        desk.furnish(patients=2)
        desk.treat(1)
        desk.treat(2, world.START + 60 * world.MINUTE, steps=13)
        desk.try_(world.start("000002F", 1, where=world.POINT, at=desk.now), desk.now)
    log.close()
    return database


def judge(database: Database, begun: Judgement | None = None, workers: int = 2) -> tuple[Judgement, list[Judgement]]:
    """What a run comes to, and what was settled on the way."""
    told: list[Judgement] = []
    ledger = api.connect(database.reader, clock=lambda: world.START)
    try:
        return ledger.rejudging.whole(Again(), Run(begun=begun, workers=workers, settled=told.append)), told
    finally:
        ledger.close()


def edit(database: Database, position: int) -> None:
    """As a superuser with the triggers off: a refusal becomes a receipt, in the stored bytes."""
    with psycopg.connect(database.owner, autocommit=True) as superuser:
        superuser.execute("set search_path to ledger")
        superuser.execute("alter table fact disable trigger all")
        (octets,) = superuser.execute("select record from fact where position = %s", (position,)).fetchone() or ()
        record = records.decode(octets)
        verdict = msgspec.structs.replace(record.verdict, outcome=Outcome.RECORDED, findings=())
        edited = records.encode(records.content_octets(octets), record.stamp, verdict)
        superuser.execute("update fact set record = %s where position = %s", (edited, position))


def test_processes_settle_what_one_does_from_wherever_they_begin(rejudged: Database) -> None:
    log = PostgresLog(rejudged.reader)
    rows = everything(log)
    log.close()
    assert rejudge(rows) is None
    found, told = judge(rejudged)
    assert (found.first, found.judged, found.refused, found.through) == (None, len(rows), 1, len(rows))
    assert [one.through for one in told] == sorted({one.through for one in told})
    assert judge(rejudged, told[1]) == (found, told[2:])
    assert judge(rejudged, workers=1)[0] == found
    assert judge(rejudged, found) == (found, [])


def test_a_verdict_edited_in_the_database_is_named_by_verifying_and_by_judging(rejudged: Database) -> None:
    log = PostgresLog(rejudged.reader)
    size = len(everything(log))
    edit(rejudged, size)
    assert verify(log).first_break == size
    log.close()
    found, _ = judge(rejudged)
    assert found.first is not None
    assert (found.breaks_at, found.first.type) == (size, "AdministrationStarted")
    assert found.first.apart == ("outcome", "findings")
    assert (found.first.stored.outcome, found.first.now.outcome) == (Outcome.RECORDED, Outcome.REFUSED)


def test_bytes_that_are_no_record_are_named_and_do_not_end_the_run(rejudged: Database) -> None:
    with psycopg.connect(rejudged.owner, autocommit=True) as superuser:
        superuser.execute("alter table ledger.fact disable trigger all")
        superuser.execute("update ledger.fact set record = 'x' where position = 3")
    found, _ = judge(rejudged)
    assert (found.unreadable, found.breaks_at) == ((3,), 3)


def test_a_store_that_cannot_be_opened_again_is_no_verdict(rejudged: Database) -> None:
    log, elsewhere = PostgresLog(rejudged.reader), partial(PostgresLog, rejudged.reader, origin="ledger.test/other")
    try:
        with pytest.raises(Unavailable, match="could not go on: WrongLogError"):
            judging_at_once.judge_all(log, elsewhere, Again(), Run(workers=2))
    finally:
        log.close()


def test_stretches_cover_everything_behind_a_position_once() -> None:
    for after, end, workers in ((0, 106, 2), (700, 1_000_000, 2), (5, 5, 8), (3, 20_000, 4)):
        found = spans(after, end, workers)
        assert [span[0] for span in found] == [after, *(span[1] for span in found[:-1])][: len(found)]
        assert not found or found[-1][1] == end
        assert all(begin < through <= begin + 10_000 for begin, through in found)
