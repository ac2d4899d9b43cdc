"""Re-judge: every verdict comes out again from the log alone; one that was planted is named."""

from datetime import timedelta

import msgspec
import pytest

from ledger.audit.rejudge import essence, rejudge
from ledger.domain.facts import record as records
from ledger.domain.finding import Finding, Outcome, Weight
from ledger.store.memory_log import MemoryLog
from ledger.store.rows import Stored
from tests.model import world
from tests.model.desk import Desk, everything
from tests.store.drafts import Draft as Raw
from tests.store.drafts import store


@pytest.fixture(scope="module")
def rows() -> list[Stored]:
    """A log with a refusal, a deviation, a cure, a correction and a raw fact."""
    log = MemoryLog("ledger.test/judge")
    with Desk(log) as desk:
        desk.furnish()
        store(log, Raw("dcb:Anything"))
        desk.treat(1)
        when = world.START + timedelta(days=1)
        desk.try_(world.start("000001F", 1, where=world.POINT, at=when), when)
        desk.record(world.as_deviation(len(desk.rows()), where=world.POINT, at=when))
        desk.record(world.not_happened(len(desk.rows()) - 1, where=world.POINT, at=when))
    return everything(log)


def planted(row: Stored, **changes: object) -> Stored:
    """The same fact with another verdict."""
    record = records.decode(row.record)
    verdict = msgspec.structs.replace(record.verdict, **changes)
    octets = records.encode(records.content_octets(row.record), record.stamp, verdict)
    return msgspec.structs.replace(row, record=octets)


def test_every_verdict_comes_out_again(rows: list[Stored]) -> None:
    assert rejudge(rows) is None


PLANTED = {
    "a refusal turned into a receipt": {"outcome": Outcome.RECORDED, "findings": ()},
    "a finding left out": {"findings": ()},
    "a finding made up": {
        "findings": (Finding(rule="I1", tag="material:x:y", weight=Weight.NOTE, found="x", must="y"),)
    },
}


@pytest.mark.parametrize("changes", PLANTED.values(), ids=PLANTED)
def test_a_planted_verdict_is_named(rows: list[Stored], changes: dict[str, object]) -> None:
    at = next(number for number, row in enumerate(rows) if row.type == "Refused")
    found = rejudge([*rows[:at], planted(rows[at], **changes), *rows[at + 1 :]])
    assert found is not None
    assert found.position == rows[at].position
    assert essence(found.stored) != essence(found.now)
    assert found.now.outcome is Outcome.REFUSED
