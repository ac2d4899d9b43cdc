"""GS1 element strings: where a value ends, what it may hold, how it is written."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import gs1_elements
from ledger.domain.identifiers.errors import CheckError, FormError, KindError, RangeError
from ledger.domain.identifiers.gs1_elements import Element
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

GTIN = Element("01", "09506000134352")  # GS1 Global Office's own prefix for examples
LOT = Element("10", "ABC-1")
EXPIRY = Element("17", "261231")
SERIAL = Element("21", "98")


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("01095060001343521726123110ABC-1\x1d2198", (GTIN, EXPIRY, LOT, SERIAL)),
        ("\x1d010950600013435210ABC-1", (GTIN, LOT)),
        ("010950600013435210ABC-1\x1d17261231", (GTIN, LOT, EXPIRY)),
        ("0109506000134352\x1d17261231", (GTIN, EXPIRY)),
        ("010950600013435210ABC-1\x1d", (GTIN, LOT)),
        ("00395060000260001174", (Element("00", "395060000260001174"),)),
        ("4144012345000054254122", (Element("414", "4012345000054"), Element("254", "122"))),
        ("003950600002600011744331002000", (Element("00", "395060000260001174"), Element("4331", "002000"))),
        ("8017401234500000000074", (Element("8017", "401234500000000074"),)),
        ("70032612311459", (Element("7003", "2612311459"),)),
        ("91whatever(01)", (Element("91", "whatever(01)"),)),
    ],
)
def test_a_scan_is_taken_apart(text: str, elements: tuple[Element, ...]) -> None:
    assert gs1_elements.parse(text) == elements


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", FormError),
        ("\x1d", FormError),
        ("0109506000134351", CheckError),
        ("0195060001343", FormError),
        ("01A9506000134352", FormError),
        ("17261301", RangeError),
        ("17260230", RangeError),
        ("70032612312460", RangeError),
        ("7003261200" + "1200", RangeError),
        ("0412345", KindError),
        ("88123", KindError),
        ("8", KindError),
        ("310", KindError),
        ("3103", FormError),
        ("10ABC\x1d10DEF", FormError),
        ("10" + "A" * 21, FormError),
        ("10", FormError),
        ("10A B", FormError),
        ("8004ABC345", FormError),
        ("8018401234500000067658", CheckError),
    ],
)
def test_what_is_none_is_refused(text: str, error: type[FormError | CheckError | KindError | RangeError]) -> None:
    is_refused(gs1_elements.parse, text, error)


def test_people_read_identifiers_in_brackets() -> None:
    elements = (GTIN, LOT, EXPIRY)
    assert gs1_elements.printed(elements) == "(01)09506000134352(10)ABC-1(17)261231"
    assert gs1_elements.parse_printed("(01)09506000134352(10)ABC-1(17)261231") == elements
    is_refused(gs1_elements.parse_printed, "01(10)ABC", FormError)
    is_refused(gs1_elements.parse_printed, "", FormError)
    is_refused(gs1_elements.parse_printed, "(9)1", FormError)
    is_refused(gs1_elements.parse_printed, "(011)1", KindError)


@pytest.mark.parametrize(("value", "day"), [("260200", date(2026, 2, 28)), ("261231", date(2026, 12, 31))])
def test_day_zero_is_the_last_of_its_month(value: str, day: date) -> None:
    assert gs1_elements.last_day(value) == day
    is_refused(gs1_elements.last_day, "2612", FormError)
    is_refused(gs1_elements.last_day, "261300", RangeError)


def test_what_may_be_identity_is_not_shown() -> None:
    assert repr(Element("8018", "401234500000067657")) == "Element(ai='8018', value=<sealed>)"
    assert "JORDAN" not in repr(gs1_elements.parse("93JORDAN"))
    assert repr(LOT) == "Element(ai='10', value='ABC-1')"


elements = st.one_of(
    st.builds(Element, st.sampled_from(("10", "21", "254", "7240")), strategies.serials),
    st.builds(Element, st.just("00"), strategies.keys(18)),
    st.builds(Element, st.just("01"), strategies.keys(14)),
    st.builds(Element, st.sampled_from(("414", "417")), strategies.keys(13)),
    st.builds(Element, st.just("4331"), st.from_regex("[0-9]{6}-?", fullmatch=True)),
    st.builds(Element, st.sampled_from(("3103", "3150")), st.text(strategies.DIGITS, min_size=6, max_size=6)),
    st.builds(Element, st.sampled_from(("90", "99")), strategies.serials),
)


@given(st.lists(elements, min_size=1, max_size=7, unique_by=lambda one: one.ai).map(tuple))
def test_what_is_written_can_be_read(written: tuple[Element, ...]) -> None:
    assert gs1_elements.parse(gs1_elements.scanned(written)) == written


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [gs1_elements.parse, gs1_elements.parse_printed, gs1_elements.last_day])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
