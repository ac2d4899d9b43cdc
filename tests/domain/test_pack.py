"""The pack for the bedside: what it says, that it is sealed, that it names nobody, and that it permits nothing."""

import hashlib

import msgspec
import pytest

from ledger.domain import pack
from ledger.domain.pack import Checks, Limits, Pack
from ledger.domain.receipt import Receipt
from tests.domain.clearance.test_clearance import IN_HAND, PEOPLE
from tests.support import released, world
from tests.support.judged import Asked, bar, given
from tests.support.world import CHAIN, FINAL, tag

FINAL_BAG = tag("material", FINAL)


def issued(ledger: Asked, **changes: object) -> Receipt:
    """The receipt of a pack that was issued."""
    ledger.when(released.packed(**changes)).then_recorded()
    assert isinstance(ledger.receipt, Receipt)
    return ledger.receipt


def test_a_pack_says_what_is_carried_the_checks_the_limits_and_until_when() -> None:
    receipt = issued(given(*world.until("check")))
    octets, _ = pack.of(receipt)
    assert msgspec.json.decode(octets, type=Pack) == Pack(
        coi=tag("coi", CHAIN),
        issued_at=receipt.recorded_at,
        containers=(IN_HAND,),
        checks=Checks(identifiers=2, people=2, valid_for_seconds=1800),
        limits=Limits(in_use_seconds=7200),
        may_be_given=True,
        sentence="May be given until 12:48 UK time, after a bedside check that matches.",
        valid_until=world.time("2026-04-14T11:48Z"),
    )


def test_the_seal_in_the_log_is_the_hash_of_the_pack() -> None:
    octets, seal = pack.of(issued(given(*world.until("check"))))
    assert hashlib.sha256(octets).hexdigest() == seal


def test_a_pack_names_no_patient() -> None:
    octets, _ = pack.of(issued(given(*world.until("check"))))
    assert [name for name in PEOPLE if name in octets.decode()] == []


def test_a_pack_is_no_permission() -> None:
    ledger = given(*world.until("check"), released.packed())
    ledger.when(world.start()).then_refused(bar("I8", FINAL_BAG))


def test_a_pack_for_another_chain_than_the_containers_says_do_not_give() -> None:
    other = tag("coi", world.OTHER_CHAIN)
    ledger = given(*world.until("check"), world.chain(world.OTHER_CHAIN, world.OTHER_PATIENT))
    receipt = issued(ledger, coi=world.OTHER_CHAIN)
    found = msgspec.json.decode(pack.of(receipt)[0], type=Pack)
    assert (found.coi, found.may_be_given, found.valid_until) == (other, False, None)
    assert found.sentence.startswith("Do not give: it belongs to somebody else")


def test_what_issues_no_pack_has_none() -> None:
    ledger = given(*world.until("check"))
    ledger.when(world.check()).then_recorded()
    assert isinstance(ledger.receipt, Receipt)
    with pytest.raises(ValueError, match="issues no pack"):
        pack.of(ledger.receipt)
