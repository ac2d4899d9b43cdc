"""NHS numbers: check, ranges, CHI dates, and that none is ever shown. All numbers here are for tests or published."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import nhs_number
from ledger.domain.identifiers.errors import CheckError, FormError, IdentifierError, RangeError
from ledger.domain.identifiers.nhs_number import Issuer
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

VALID = ["9434765919", "9449305552", "9912003888", "4505577104", "4010232137", "9737383249"]
"""Published examples: NHS Data Dictionary, UK Core, public test suites."""

INVALID = ["9912003890", "1009690538", "1234567890", "9998458646"]
"""The first is printed in the UK Core example of a baby."""


def parse_any(text: str) -> object:
    """Reads a number, also one for tests."""
    return nhs_number.parse(text, tests=True)


@pytest.mark.parametrize("number", VALID)
def test_published_numbers_pass(number: str) -> None:
    assert nhs_number.is_valid(number)
    read = nhs_number.parse(number, tests=True)
    assert read.sealed.reveal() == number
    assert read.reveal_printed() == f"{number[:3]} {number[3:6]} {number[6:]}"
    assert nhs_number.parse(read.reveal_printed(), tests=True) == read


@pytest.mark.parametrize("number", INVALID)
def test_wrong_numbers_fail_the_check(number: str) -> None:
    assert not nhs_number.is_valid(number)
    assert not nhs_number.is_valid(number[1:])
    assert number not in str(is_refused(parse_any, number, CheckError))


def test_a_check_of_ten_is_no_number() -> None:
    assert strategies.numbers("400000008") == []


@pytest.mark.parametrize(
    ("number", "issuer"),
    [
        ("0101000014", Issuer.SCOTLAND),
        ("2902000009", Issuer.SCOTLAND),
        ("3200000005", Issuer.NORTHERN_IRELAND),
        ("4505577104", Issuer.ENGLAND_AND_WALES),
        ("9434765919", Issuer.NOBODY),
    ],
)
def test_the_range_tells_the_issuer(number: str, issuer: Issuer) -> None:
    digits = strategies.numbers(number[:9])[0]
    assert nhs_number.parse(digits, tests=True).issuer is issuer


@pytest.mark.parametrize("number", ["0000000000", "0123456789", "5000000009", "8000000005", "3013000000", "3002990000"])
def test_a_number_that_nobody_was_given_is_refused(number: str) -> None:
    digits = strategies.numbers(number[:9])[0]
    assert digits not in str(is_refused(parse_any, digits, RangeError))


def test_numbers_for_tests_count_in_tests_only() -> None:
    assert "for tests" in is_refused(nhs_number.parse, "9434765919", RangeError).rule
    assert nhs_number.parse("4505577104").issuer is Issuer.ENGLAND_AND_WALES


@pytest.mark.parametrize("text", ["", "943476591", "94347659190", "943-4765-919", "9434765919 ", "٩٤٣٤٧٦٥٩١٩"])
def test_what_is_no_number_is_refused(text: str) -> None:
    is_refused(parse_any, text, FormError)


@pytest.mark.parametrize(
    "text",
    [
        *("9434765919", "943 476 5919", "see 943-476-5919.", "8018505089894347659192", "505089894347659192"),
        "801850508989434765919",
    ],
)
def test_a_number_is_found_in_a_text(text: str) -> None:
    assert nhs_number.is_in(text)


@pytest.mark.parametrize("text", ["", "9434765918", "A9434765919", "19434765919", "lot 943476", "5050898943476591"])
def test_a_text_without_a_number_is_let_through(text: str) -> None:
    assert not nhs_number.is_in(text)


@given(strategies.nhs_numbers, st.integers(0, 9), st.sampled_from(strategies.DIGITS))
def test_the_check_finds_each_wrong_digit(number: str, place: int, digit: str) -> None:
    wrong = number[:place] + digit + number[place + 1 :]
    assert nhs_number.is_valid(wrong) == (wrong == number)


@given(strategies.nhs_numbers)
def test_a_number_that_is_read_is_never_shown(number: str) -> None:
    read = nhs_number.parse(number)
    assert nhs_number.parse(read.reveal_printed()) == read
    assert number not in f"{read} {read!r} {read.sealed} {read.sealed!r:>30}"


@given(strategies.nearly)
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    is_total(nhs_number.parse, text)
    is_total(parse_any, text)
    nhs_number.is_in(text)


def test_an_error_is_one_of_the_family() -> None:
    assert isinstance(is_refused(nhs_number.parse, "1"), IdentifierError)
