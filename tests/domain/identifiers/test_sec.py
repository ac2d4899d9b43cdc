"""The Single European Code: the examples of ICCBBA ST-012 v1.4.0 and of HL7 FHIR R5."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import sec
from ledger.domain.identifiers.errors import CheckError, FormError, RangeError
from ledger.domain.identifiers.isbt128 import Din, ProductCode
from ledger.domain.identifiers.sec import DonationSequence, ProductSequence, Sec
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

FIGURE_2 = "SEC: PL001499Z549917123456 A00T041600320171231"  # ST-012 figure 2
FIGURE_10 = "SEC: DK001122V000217133133 A00T017400020220620"  # ST-012 figures 10 and 13
STRUCTURE = "&,4PL001499Z549917123456A00T041600320181231"  # ST-012 6.2
FHIR = "PL001499Z549917123456 A00T041600320171231"  # HL7 FHIR R5, BiologicallyDerivedProduct/autologousHCT
EUTC = "E000005300120161231"  # ST-012 3.3


def parts(code: Sec) -> tuple[str, ...]:
    """The parts of a code, in its order."""
    donation, product = code.donation, code.product
    return (donation.country, donation.establishment, donation.donation, product.system, product.product, product.split)


def test_the_parts_of_the_published_codes() -> None:
    assert parts(sec.parse(FIGURE_2)) == ("PL", "001499", "Z549917123456", "A", "00T0416", "003")
    assert sec.parse(FIGURE_2).product.expiry == date(2017, 12, 31)
    assert parts(sec.parse(FIGURE_10)) == ("DK", "001122", "V000217133133", "A", "00T0174", "000")
    assert sec.parse(FIGURE_10).product.expiry == date(2022, 6, 20)
    assert sec.parse(STRUCTURE).product.expiry == date(2018, 12, 31)


def test_it_is_printed_as_published() -> None:
    assert sec.parse(FIGURE_2).printed == FIGURE_2
    assert sec.parse(STRUCTURE).wire == STRUCTURE
    assert sec.parse(FIGURE_2.replace(" A00", "\nA00")) == sec.parse(FIGURE_2)
    assert sec.parse(f"SEC: {FHIR}") == sec.parse(FIGURE_2)
    assert sec.parse(FHIR.replace(" ", "")) == sec.parse(FIGURE_2)


def test_a_product_of_another_system_has_its_own_numbers() -> None:
    product = ProductSequence(EUTC)
    assert (product.system, product.product, product.split) == ("E", "0000053", "001")
    assert product.expiry == date(2016, 12, 31)
    assert Sec(DonationSequence("PL001499Z549917123456"), product).din is None


def test_eight_zeros_are_no_expiry() -> None:
    assert ProductSequence("A00T041600300000000").expiry is None


def test_a_donation_number_fits() -> None:
    assert sec.parse(FIGURE_2).din == Din("Z549917123456")
    assert sec.parse("SEC: PL0014990000000000012 A00T041600320171231").din is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SEC: too short", FormError),
        ("SEC: XX001499Z549917123456 A00T041600320171231", RangeError),
        ("SEC: PL001499Z549917123456 A00T041600320171301", RangeError),
        ("SEC: XX001499Z549917123456 A00T041600320171301", RangeError),
        ("SEC: PL001499Z549917123456 C00T041600320171231", FormError),
        ("SEC: PL001499Z549917123456 A0000053003201712 1", FormError),
        ("SEC: PL001499Z549917123456 A000005300320171231", FormError),
        ("SEC: pl001499Z549917123456 A00T041600320171231", FormError),
    ],
)
def test_what_is_none_is_refused(text: str, error: type[FormError | RangeError]) -> None:
    assert "Z5499" not in str(is_refused(sec.parse, text, error))


def test_it_agrees_with_the_other_bar_codes_of_its_label() -> None:
    code = sec.parse(STRUCTURE)
    sec.confirm(code, din=Din("Z549917123456"), product=ProductCode("T0416003"))
    sec.confirm(code, din=None, product=None)
    for_others = Sec(code.donation, ProductSequence(EUTC))
    sec.confirm(for_others, din=Din("A999926123456"), product=ProductCode("T0416003"))


@pytest.mark.parametrize(
    ("din", "product"), [("A999926123456", "T0416003"), ("Z549917123456", "T0174003"), ("Z549917123456", "T0416004")]
)
def test_it_is_refused_on_the_label_of_something_else(din: str, product: str) -> None:
    with pytest.raises(CheckError):
        sec.confirm(sec.parse(STRUCTURE), din=Din(din), product=ProductCode(product))


@given(
    country=st.sampled_from(sorted(sec.COUNTRIES)),
    donation=st.text(strategies.CAPITALS + strategies.DIGITS, min_size=19, max_size=19),
    product=st.text(strategies.CAPITALS + strategies.DIGITS, min_size=10, max_size=10),
    day=st.dates(min_value=date(1000, 1, 1)),
)
def test_what_is_printed_can_be_read(country: str, donation: str, product: str, day: date) -> None:
    code = Sec(DonationSequence(country + donation), ProductSequence(f"E{product}{day:%Y%m%d}"))
    assert sec.parse(code.printed) == code
    assert sec.parse(code.wire) == code
    assert sec.parse(code.value) == code


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [sec.parse, DonationSequence, ProductSequence])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
