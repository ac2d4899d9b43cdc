"""A clearance as the client reads it: for people with a scanner, and for the programs behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1.receipt_pb2 import Clearance as Told
from coi.ledger.v1.receipt_pb2 import InHand, Receipt
from coi_client import Clearance, clearance

UNTIL = datetime(2026, 4, 14, 10, 50, tzinfo=UTC)
CLEARED = Receipt(
    clearance=Told(
        next_step="AdministrationStarted",
        may_follow=True,
        sentence="May be given until 11:50 UK time.",
        until=Timestamp(seconds=int(UNTIL.timestamp())),
        in_hand=[InHand(material="material:x:1")],
    )
)
STOPPED = Receipt(clearance=Told(next_step="AdministrationStarted", sentence="Do not give: …", rules=["I1", "I8"]))


def test_a_clearance_is_read_whole() -> None:
    assert clearance(CLEARED) == Clearance(
        next_step="AdministrationStarted",
        may_follow=True,
        sentence="May be given until 11:50 UK time.",
        until=UNTIL,
        rules=(),
        in_hand=(InHand(material="material:x:1"),),
    )


def test_what_may_not_follow_says_which_rules_it_would_break() -> None:
    told = clearance(STOPPED)
    assert told is not None
    assert (told.may_follow, told.until, told.rules) == (False, None, ("I1", "I8"))


def test_a_receipt_without_a_clearance_has_none() -> None:
    assert clearance(Receipt()) is None


@pytest.mark.parametrize(("receipt", "after", "holds"), [(CLEARED, 0, True), (CLEARED, 1, False), (STOPPED, 0, False)])
def test_a_clearance_holds_up_to_its_last_moment(receipt: Receipt, after: int, holds: bool) -> None:
    told = clearance(receipt)
    assert told is not None
    assert told.holds(UNTIL + timedelta(seconds=after)) is holds


def test_a_clearance_without_a_limit_holds() -> None:
    told = clearance(Receipt(clearance=Told(may_follow=True)))
    assert told is not None
    assert told.holds(UNTIL)
