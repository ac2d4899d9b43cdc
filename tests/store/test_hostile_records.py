"""No stored fact can ever stop appends: not a newer program's, not one filed by hand, not rubbish."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.domain.facts import record as records
from ledger.domain.facts import tagging
from ledger.domain.facts.record import Stamp, Verdict
from ledger.domain.finding import Outcome
from ledger.domain.receipt import Draft, Receipt, Refused
from ledger.evidence import leaf as leaves
from ledger.store.memory_log import MemoryLog
from ledger.store.moments import moment_of
from ledger.store.rows import FactRow, Head, TagRow
from tests.model import world
from tests.model.desk import Desk

Json = dict[str, Any]


def _moment(stored: Json) -> Json:
    moment: Json = stored["content"]["envelope"]["occurred_at"]
    return moment


def _itself(stored: Json) -> None:
    when = _moment(stored)["time"]
    stored["verdict"]["effect"] = {
        "target": stored["stamp"]["position"],
        "effective": when,
        "content": dict(stored["content"]),
    }


HEAVY = {"rule": "I1", "tag": "x", "weight": "WEIGHT_HEAVY", "found": "x", "must": "x"}
NEW = {"kind": "EXCEPTION_KIND_NEW", "reason_code": "X", "reason": "x"}

RUBBISH: dict[str, bytes] = {"no JSON": b"\xff\x00{", "null": b"null", "nested without end": b"[" * 100_000}

CHANGES: dict[str, Callable[[Json], object]] = {
    "no content": lambda stored: stored.pop("content"),
    "a new field of the envelope": lambda stored: stored["content"]["envelope"].update(weather="rain"),
    "a new field of the fact": lambda stored: stored["content"]["fact"].update(weather="rain"),
    "a new kind of clock": lambda stored: _moment(stored).update(source="TIME_SOURCE_PULSAR"),
    "a time beyond all calendars": lambda stored: _moment(stored).update(time="99999-01-01T00:00:00Z"),
    "a new kind of exception": lambda stored: stored["content"].update(exceptions=[NEW]),
    "a new outcome": lambda stored: stored["verdict"].update(outcome="OUTCOME_PONDERED"),
    "a new weight": lambda stored: stored["verdict"].update(findings=[HEAVY]),
    "not judged": lambda stored: stored["verdict"].update(judged=False),
    "no verdict at all": lambda stored: stored.update(verdict={"judged": False}),
    "an unknown type": lambda stored: stored["content"].update(type="CellsTeleported"),
}


def spoiled(change: str, whole: bytes) -> bytes:
    """A stored record that this program does not understand."""
    stored: Json = json.loads(whole)
    if change in RUBBISH:
        return RUBBISH[change]
    CHANGES.get(change, _itself)(stored)
    return json.dumps(stored).encode()


def filed(log: MemoryLog, draft: Draft, change: str) -> None:
    """Files a spoiled copy of a draft under its own type and tags, past the sequencer."""
    with log.appending() as block:
        head = block.head()
        at = head.recorded_at + 1
        stamp = Stamp(position=head.size + 1, recorded_at=moment_of(at), recorder=draft.recorder)
        tags = tagging.own(draft.content)
        whole = records.encode(draft.octets, stamp, Verdict(outcome=Outcome.RECORDED, rulebook=0, tags=tags))
        octets = spoiled(change, whole)
        leaf = leaves.commitment(bytes(32), octets)
        rows = tuple(TagRow(tag, draft.content.type) for tag in tags)
        row = FactRow(head.size + 1, draft.content.type, "ods:RR8", at, octets, bytes(32), leaf, rows)
        block.append([row], [], Head(head.size + 1, head.frontier.append(leaf), at, head.epoch))


@pytest.mark.parametrize("change", [*RUBBISH, *CHANGES])
def test_a_record_that_nobody_can_read_spoils_no_later_fact(change: str) -> None:
    log = MemoryLog("hostile")
    with Desk(log) as desk:
        desk.furnish()
        for when, draft in world.therapy(1, world.START):
            filed(log, draft, change)
            desk.record(draft, max(desk.now, when + 2 * world.MINUTE))


def test_a_record_that_says_something_about_itself_is_judged_like_any_other() -> None:
    log = MemoryLog("hostile")
    with Desk(log) as desk:
        desk.furnish()
        for when, draft in world.therapy(1, world.START):
            filed(log, draft, "an effect on itself")
            assert isinstance(desk.try_(draft, max(desk.now, when + 2 * world.MINUTE)), Receipt | Refused)


def test_an_adoption_that_nobody_can_read_leaves_the_rulebook_as_it_was() -> None:
    log = MemoryLog("hostile")
    with Desk(log) as desk:
        fact = {"organisation": world.organisation("MPC"), "number": 9, "rules": [{"rule": "I1", "revision": 2}]}
        adopted = world.draft("RulebookAdopted", fact, at=world.START, where=world.CONTROL, checked=())
        for change in (*RUBBISH, *CHANGES):
            filed(log, adopted, change)
        desk.furnish()
