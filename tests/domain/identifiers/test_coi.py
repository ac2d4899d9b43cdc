"""Chain of Identity identifiers (ICCBBA ST-001 2.4.40): reading, printing, checking, numbering."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import coi, mod37
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import CheckError, FormError, RangeError
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total


def test_it_is_read_and_printed_with_its_check_character() -> None:
    chain = coi.parse("&/CHA999926000001")
    assert (chain.facility, chain.year, chain.sequence) == ("A9999", "26", "000001")
    assert chain.check_character == "*"
    assert chain.printed == "CH A9999 26 000001 *"
    assert coi.parse_typed("CH A9999 26 000001 *") == chain


@pytest.mark.parametrize("text", ["CHA999926000001", "&/CHA99992600001", "&/CHO999926000001", "&/cha999926000001"])
def test_what_is_none_is_refused(text: str) -> None:
    assert "9926" not in str(is_refused(coi.parse, text, FormError))


def test_a_typed_one_needs_its_check_character() -> None:
    is_refused(coi.parse_typed, "CHA999926000001", FormError)
    is_refused(coi.parse_typed, "CHA999926000001A", CheckError)


@given(strategies.cois)
def test_what_is_printed_can_be_read(chain: Coi) -> None:
    assert coi.parse(chain.wire) == chain
    assert coi.parse_typed(chain.printed) == chain


@given(strategies.cois, st.integers(0, 14), st.sampled_from(strategies.DIGITS + strategies.CAPITALS))
def test_the_check_character_finds_each_wrong_character(chain: Coi, place: int, character: str) -> None:
    wrong = chain.value[:place] + character + chain.value[place + 1 :]
    assert (mod37.check_character(wrong) == chain.check_character) == (wrong == chain.value)


@given(strategies.cois)
def test_its_number_leads_back_to_it(chain: Coi) -> None:
    assert coi.numbered(chain.facility, chain.year, chain.number) == chain


def test_numbers_run_through_digits_and_then_letters() -> None:
    block = [coi.numbered("A9999", "26", number).sequence for number in (0, 9, 10, 35, 36, coi.NUMBERS - 1)]
    assert block == ["000000", "000009", "00000A", "00000Z", "000010", "ZZZZZZ"]


@pytest.mark.parametrize(
    ("facility", "year", "number", "error"),
    [
        ("A9999", "26", coi.NUMBERS, RangeError),
        ("A9999", "26", -1, RangeError),
        ("A999O", "26", 1, FormError),
        ("A9999", "2026", 1, FormError),
    ],
)
def test_a_number_that_no_facility_has_is_refused(
    facility: str, year: str, number: int, error: type[FormError | RangeError]
) -> None:
    is_refused(lambda _: coi.numbered(facility, year, number), "", error)


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [coi.parse, coi.parse_typed, Coi])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
