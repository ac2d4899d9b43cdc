"""ISBT 128: donation numbers, product codes, containers. Values that others published, with their source."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import isbt128, mod37
from ledger.domain.identifiers.errors import CheckError, FormError, RangeError
from ledger.domain.identifiers.isbt128 import Din, ProductCode
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

PUBLISHED = {  # donation number: check character
    "G123417654321": "A",  # ICCBBA ST-001 v6.2.2, appendix A.1
    "G123498654321": "H",  # UK JPAC Red Book, annex 2
    "A999921123456": "3",  # ST-001 figure 2
    "A999818123456": "N",  # ST-001 7.5.1.1
    "W000009123456": "G",  # ST-001 7.4.1
    "A999820123456": "E",  # ST-001 appendix C
    "A999917123456": "9",  # ST-001 figure 21
    "A999917123654": "Y",  # ST-001 figure 21
    "A999917345628": "*",  # ST-001 figure 22
    "A999917345658": "O",  # ST-001 figure 22
    "A999915000001": "M",  # ST-001 figure 23
    "A999918000001": "8",  # ST-001 figure 23
}
FLAGS = {"G123417654321": "70", "G123498654321": "77"}  # ST-001 appendix A.2; Red Book annex 2
CONTAINERS = [  # value, processor, description, donation, divisions
    # HL7 FHIR R5, BiologicallyDerivedProduct/example
    ("A9999E0398A999921123456A00000", "A9999", "E0398", "A999921123456", "A00000"),
    # HL7 oo-incubator examples
    ("00000E0398A999924123456A00000", "00000", "E0398", "A999924123456", "A00000"),
    ("00000E3046A999924123457000000", "00000", "E3046", "A999924123457", "000000"),
]


@pytest.mark.parametrize(("value", "character"), PUBLISHED.items())
def test_the_check_character_is_the_published_one(value: str, character: str) -> None:
    assert Din(value).check_character == character
    assert isbt128.parse_typed_din(f"{value[:5]} {value[5:7]} {value[7:]} {character}") == Din(value)


@pytest.mark.parametrize(("value", "flags"), FLAGS.items())
def test_flags_of_type_three_carry_the_checksum(value: str, flags: str) -> None:
    assert Din(value).checking_flags == flags
    assert isbt128.parse_din(f"={value}{flags}").flags == flags


def test_a_scan_has_facility_year_sequence_and_flags() -> None:
    din = isbt128.parse_din("=G12341765432170")  # ST-001 appendix A.2
    assert (din.facility, din.year, din.sequence, din.flags) == ("G1234", "17", "654321", "70")
    assert din.printed == "G1234 17 654321 A"
    assert isbt128.parse_din("=A99991712345600").value == "A999917123456"  # ICCBBA ST-017 3.1


def test_wrong_flags_of_type_three_are_refused() -> None:
    assert "60 to 96" in str(is_refused(isbt128.parse_din, "=G12341765432171", CheckError))


def test_the_checksum_is_also_that_of_basic_udi_di() -> None:
    assert f"{mod37.checksum('A9990ABC123T0480'):02}" == "08"  # ICCBBA ST-017 appendix 1


def test_flags_are_no_part_of_the_number() -> None:
    assert Din("A999921123456", "01") == Din("A999921123456", "02")
    assert len({Din("A999921123456", "01"), Din("A999921123456", "02")}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "=A9O991712345600",
        "=A99991x12345600",
        "=A999917123456",
        "A99991712345600",
        "=a99991712345600",
    ],
)
def test_what_is_no_donation_number_is_refused(text: str) -> None:
    assert "A999" not in str(is_refused(isbt128.parse_din, text, FormError))


def test_flags_are_two_digits_or_letters() -> None:
    assert "flags" in is_refused(isbt128.parse_din, "=A999917123456I0", FormError).rule


def test_a_typed_number_needs_its_check_character() -> None:
    assert "check character" in is_refused(isbt128.parse_typed_din, "A9999 17 123456", FormError).rule
    assert "disagrees" in is_refused(isbt128.parse_typed_din, "A9999 17 123456 8", CheckError).rule
    assert isbt128.parse_typed_din("A9999 17 123456 25 9").flags == "25"


@pytest.mark.parametrize(("value", "processor", "description", "donation", "divisions"), CONTAINERS)
def test_a_container_is_taken_apart_and_put_together(
    value: str, processor: str, description: str, donation: str, divisions: str
) -> None:
    mpho = isbt128.parse_mpho(value)
    assert (mpho.processor, mpho.description, mpho.din.value) == (processor, description, donation)
    assert mpho.divisions == divisions
    assert mpho.value == value
    assert mpho.printed.replace(" ", "") == value[:23] + mpho.din.check_character + divisions


@pytest.mark.parametrize(
    "text", ["A9999E0398A999921123456A0000", "O9999E0398A999921123456A00000", "A9999e0398A999921123456A00000"]
)
def test_what_is_no_container_is_refused(text: str) -> None:
    is_refused(isbt128.parse_mpho, text, FormError)


def test_a_product_code_keeps_its_case() -> None:
    code = isbt128.parse_product_code("=<S11281Ab")
    assert (code.description, code.collection, code.division, code.split) == ("S1128", "1", "Ab", "0Ab")
    assert code.pack_number == ""
    is_refused(isbt128.parse_product_code, "=<s11281Ab", FormError)
    is_refused(isbt128.parse_product_code, "S11281Ab", FormError)


def test_tissue_has_a_pack_number_instead_of_a_division() -> None:
    code = isbt128.parse_product_code("=<T0416003")  # ICCBBA ST-012 6.2
    assert (code.pack_number, code.split) == ("003", "003")


def test_a_box_is_one_of_those_that_its_consignment_has() -> None:
    box = isbt128.parse_box("=$A999926000010203")
    assert (box.consignment.value, box.number, box.of) == ("A99992600001", 2, 3)
    assert box.wire == "=$A999926000010203"
    is_refused(isbt128.parse_box, "=$A999926000010403", RangeError)
    is_refused(isbt128.parse_box, "=$A99992600001", FormError)
    is_refused(isbt128.Consignment, "A9999260000", FormError)


@given(strategies.dins)
def test_what_is_printed_can_be_read(din: Din) -> None:
    assert isbt128.parse_din(din.wire) == din
    assert isbt128.parse_din(din.wire).wire == din.wire
    assert isbt128.parse_typed_din(din.printed) == din
    assert isbt128.parse_din(f"={din.value}{din.checking_flags}") == din


@given(strategies.product_codes)
def test_a_product_code_that_is_printed_can_be_read(code: ProductCode) -> None:
    assert isbt128.parse_product_code(code.wire) == code


@given(strategies.dins, st.integers(0, 12), st.sampled_from(strategies.DIGITS + strategies.CAPITALS))
def test_the_check_character_finds_each_wrong_character(din: Din, place: int, character: str) -> None:
    wrong = din.value[:place] + character + din.value[place + 1 :]
    assert (mod37.check_character(wrong) == din.check_character) == (wrong == din.value)


@given(strategies.dins, st.integers(0, 11))
def test_the_check_character_finds_each_swap_of_neighbours(din: Din, place: int) -> None:
    wrong = din.value[:place] + din.value[place + 1] + din.value[place] + din.value[place + 2 :]
    assert (mod37.check_character(wrong) == din.check_character) == (wrong == din.value)


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize(
    "read",
    [
        *(isbt128.parse_din, isbt128.parse_typed_din, isbt128.parse_product_code, isbt128.parse_mpho),
        *(isbt128.parse_box, isbt128.Consignment),
    ],
)
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
