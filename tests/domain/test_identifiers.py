"""Tags and NHS numbers."""

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from ledger.domain.identifiers import nhs_number, tag

CODES = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60)


@drawn(st.sampled_from(sorted(tag.KINDS)), CODES, CODES)
def test_a_tag_gives_back_what_it_was_made_of(kind: str, scheme: str, value: str) -> None:
    label = tag.tag(kind, scheme, value)
    assert tag.parts(label) == (kind, scheme, value)
    assert tag.kind_of(label) == kind
    assert label.isascii()
    assert label.isprintable()
    assert " " not in label


@drawn(st.tuples(CODES, CODES), st.tuples(CODES, CODES))
def test_two_names_never_meet_in_one_tag(left: tuple[str, str], right: tuple[str, str]) -> None:
    assert (tag.tag("site", *left) == tag.tag("site", *right)) is (left == right)


@pytest.mark.parametrize(
    ("scheme", "value", "label"),
    [
        ("ods", "RR813", "site:ods:RR813"),
        ("batch.RR8", "24-001", "site:batch.RR8:24-001"),
        ("a:b", "c:d", "site:a%3Ab:c:d"),
        ("x", "100 %", "site:x:100%20%25"),
        ("x", "é", "site:x:%C3%A9"),
    ],
)
def test_a_tag_is_readable_and_encodes_the_rest(scheme: str, value: str, label: str) -> None:
    assert tag.tag("site", scheme, value) == label


@pytest.mark.parametrize("text", ["", "site", "site:ods", "site:ods:", "site::RR8", "planet:x:1", ":x:1"])
def test_what_is_no_tag_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a tag: write kind:scheme:value"):
        tag.parts(text)


# Numbers of published examples: NHS Data Dictionary, UK Core and PDS sandbox patients, test data of open clients. None
# is a living person's.
VALID = ("9434765919", "9449305552", "9912003888", "4505577104", "4010232137", "9737383249")
INVALID = ("9912003890", "1009690538", "1234567890")


@pytest.mark.parametrize("number", VALID)
def test_a_number_that_passes_the_check_is_valid(number: str) -> None:
    assert nhs_number.is_valid(number)


@pytest.mark.parametrize(
    "text",
    [*INVALID, "943476591", "94347659190", "943 476 5919", "", "943476591X", "٩٤٣٤٧٦٥٩١٩"],
)
def test_anything_else_is_not(text: str) -> None:
    assert not nhs_number.is_valid(text)


def test_one_wrong_digit_never_passes() -> None:
    number = VALID[0]
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in range(10)
        for digit in "0123456789"
        if digit != number[place]
    ]
    assert [text for text in wrong if nhs_number.is_valid(text)] == []


@pytest.mark.parametrize(
    "text",
    ["9434765919", "943 476 5919", "943-476-5919", "see 9434765919.", "no: 111, yes: (943 476 5919)"],
)
def test_a_number_is_found_in_a_text(text: str) -> None:
    assert nhs_number.is_in(text)


@pytest.mark.parametrize("text", ["", "9434765918", "A9434765919", "94347659190", "943  476 5919", "lot 943476-5919A"])
def test_what_is_no_number_is_not_found_in_a_text(text: str) -> None:
    assert not nhs_number.is_in(text)
