"""GS1 keys and their check digits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import gs1
from ledger.domain.identifiers.errors import CheckError, FormError
from ledger.domain.identifiers.gs1 import TradeItem
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

READERS = {"gtin": gs1.gtin, "sscc": gs1.sscc, "gln": gs1.gln, "gsrn": gs1.gsrn}
KEYS = [  # from the examples of GS1's EPCIS and CBV 2.0
    ("gtin", "04012345111118"),
    ("gtin", "04150567890128"),
    ("gtin", "80614141123458"),
    ("gtin", "04012345123456"),
    ("sscc", "340123451111111111"),
    ("sscc", "040123450000000115"),
    ("gln", "4012345000054"),
    ("gln", "4000001000005"),
    ("gln", "9999999999994"),
    ("gsrn", "401234500000067657"),
    ("gsrn", "401234500000000074"),
]


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_published_keys_pass(kind: str, key: str) -> None:
    assert READERS[kind](key) == key


@pytest.mark.parametrize("kind", READERS)
def test_a_wrong_digit_is_found(kind: str) -> None:
    key = dict(KEYS)[kind]
    wrong = key[:-1] + str((int(key[-1]) + 1) % 10)
    assert key[:-1] not in str(is_refused(READERS[kind], wrong, CheckError))
    is_refused(READERS[kind], key[:-7], FormError)
    is_refused(READERS[kind], key[:-1] + "\u0661", FormError)


def test_a_trade_item_number_is_kept_as_fourteen_digits() -> None:
    assert gs1.gtin("4012345111118") == "04012345111118"
    assert gs1.gtin("614141123452") == "00614141123452"


def test_an_asset_has_no_check_digit() -> None:
    assert gs1.giai("4012345ABC345") == "4012345ABC345"
    is_refused(gs1.giai, "ABC4012345", FormError)
    is_refused(gs1.giai, "4012345 ABC", FormError)
    is_refused(gs1.giai, "4" * 31, FormError)


def test_a_returnable_asset_has_a_serial_number() -> None:
    assert gs1.grai("04012345000221334455") == "04012345000221334455"
    is_refused(gs1.grai, "04012345000221", FormError)
    is_refused(gs1.grai, "14012345000221334455", FormError)
    is_refused(gs1.grai, "04012345000222334455", CheckError)


def test_a_trade_item_has_a_serial_number_or_a_lot() -> None:
    item = gs1.trade_item("04012345123456.Lot987")
    assert item == TradeItem("04012345123456", "Lot987")
    assert item.value == "04012345123456.Lot987"
    is_refused(gs1.trade_item, "04012345123456", FormError)
    is_refused(gs1.trade_item, "4012345123456.Lot987", FormError)
    is_refused(gs1.trade_item, "04012345123457.Lot987", CheckError)
    is_refused(gs1.trade_item, "04012345123456.Lot 987", FormError)


@given(strategies.keys(18), st.integers(0, 17), st.sampled_from(strategies.DIGITS))
def test_the_check_digit_finds_each_wrong_digit(key: str, place: int, digit: str) -> None:
    wrong = key[:place] + digit + key[place + 1 :]
    assert gs1.is_checked(wrong) == (wrong == key)


@given(strategies.keys(14), strategies.serials)
def test_what_is_printed_can_be_read(key: str, serial: str) -> None:
    item = TradeItem(key, serial)
    assert gs1.trade_item(item.value) == item


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [*READERS.values(), gs1.giai, gs1.grai, gs1.trade_item])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
