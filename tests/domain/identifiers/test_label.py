"""Data structures of ISBT 128 side by side and in compound messages, and what one label says together."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import isbt128_structures
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import CheckError, FormError, IdentifierError, KindError, RangeError
from ledger.domain.identifiers.isbt128 import Din, ProductCode
from ledger.domain.identifiers.isbt128_structures import Structure
from ledger.domain.identifiers.label import Label
from ledger.domain.identifiers.sec import Sec
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

WITH_SEC = (  # ICCBBA ST-012 6.2
    "=+05000=Z54991712345600=%T300=<T0416003&>0183652359&,4PL001499Z549917123456A00T041600320181231"
)
IN_ORDER = "=+04000=/A9997XYZ100T0479=A99991712345600=,000012=>019031"  # ICCBBA ST-017 4.3.1
REGISTERED = "=+04035=/A9997XYZ100T0479=,000012=A99991712345600=>019031"  # ST-017 4.3.2
WITH_LOT = "=+06000=/A9999XYZ100T0476=,000025=A99971712345600=>019032=}017032&,1000000000000XYZ123"  # ST-017 5


def label(text: str) -> Label:
    """The label of a reading."""
    return Label(isbt128_structures.parse(text))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (WITH_SEC, ["001", "002", "003", "005", "038"]),
        (IN_ORDER, ["034", "001", "032", "004"]),
        (REGISTERED, ["034", "032", "001", "004"]),
        (WITH_LOT, ["034", "032", "001", "004", "008", "035"]),
    ],
    ids=["with SEC", "free order", "registered order", "with lot"],
)
def test_published_messages_are_taken_apart(text: str, numbers: list[str]) -> None:
    structures = isbt128_structures.parse(text)
    assert [one.number for one in structures] == numbers
    assert isbt128_structures.compound(structures, int(text[4:7])) == text
    assert isbt128_structures.parse(text[7:]) == structures
    assert all(one.name for one in structures)


def test_dates_are_those_of_the_published_messages() -> None:
    assert isbt128_structures.local_time("0183652359") == datetime(2018, 12, 31, 23, 59)  # noqa: DTZ001
    assert isbt128_structures.local_time("019031") == datetime(2019, 1, 31, 23, 59)  # noqa: DTZ001
    assert isbt128_structures.local_time("998366"[:3] + "001") == datetime(1998, 1, 1, 23, 59)  # noqa: DTZ001
    is_refused(isbt128_structures.local_time, "018366", RangeError)
    is_refused(isbt128_structures.local_time, "018000", FormError)
    assert isbt128_structures.local_time("0203660000") == datetime(2020, 12, 31)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (IN_ORDER.replace("=+04", "=+05"), FormError),  # says five, holds four
        (IN_ORDER.replace("=+04", "=+03"), FormError),
        (IN_ORDER + "&", KindError),
        (IN_ORDER + "&aNATION", KindError),
        ("=+00000", KindError),
        ("=+04", FormError),
        ("=zINVALID_DI_TEST", KindError),
        ("=/A999OAB3456T0123", FormError),
        ("=/A9997ab3456T0123", FormError),
        ("=,00001a", FormError),
        ("&,1000000000000xYZ123", FormError),
        ("=A9O991712345600", FormError),
        ("=A99991x12345600", FormError),
        ("=A999917123456", FormError),
        ("=>018366", RangeError),
        ("=>018000", FormError),
        ("&>0180012460", FormError),
        ("GARBAGE", KindError),
        ("", KindError),
        ("=", FormError),
        ("&,9", KindError),
        ("&:1234ABCDEFGHIJKLM00", CheckError),
        ("&#0109A", FormError),
        ("&#01xxA", FormError),
    ],
)
def test_what_is_none_is_refused(text: str, error: type[IdentifierError]) -> None:
    is_refused(isbt128_structures.parse, text, error)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("=#0119491129", "024"),
        ("&#0106949724", "025"),
        ("=;A9999ABCDEFGHIJKLMNOP", "019"),
        ("&:1234ABCDEFGHIJKLM12", "039"),
    ],
)
def test_identity_is_not_shown(text: str, number: str) -> None:
    (one,) = isbt128_structures.parse(text)
    assert one.holds_identity
    assert one.number == number
    assert text[5:] not in f"{one} {one!r} {Label((one,))}"


def test_a_container_is_named_by_all_bar_codes_together() -> None:
    for_all = {text: label(text).mpho for text in (IN_ORDER, REGISTERED, WITH_LOT, WITH_SEC)}
    assert [one.value if one else None for one in for_all.values()] == [
        "A9997T0479A999917123456000012",
        "A9997T0479A999917123456000012",
        "A9999T0476A999717123456000025",
        None,  # a numbered pack of tissue
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=A99992612345600=<S11281A0", "00000S1128A999926123456A00000"),
        ("=<S11281Ab=A99992612345600", "00000S1128A999926123456Ab0000"),
        ("=A99992612345600=<S1128100&+A9997XYZ100", "A9997S1128A999926123456000000"),
        ("=A99992612345600=<S1128199=,00001B", "00000S1128A99992612345600001B"),
        ("=A99992612345600=<A00021A0&+A9996XYZ100", "A9996A0002A999926123456A00000"),
        ("=A99992612345600=<A00021A0", None),  # a code of its own facility, which is not named
        ("=A99992612345600=<S1128199", None),
        ("=A99992612345600", None),
        ("=<S11281A0", None),
        ("=A99992612345600=A99992612345700=<S11281A0", None),
    ],
)
def test_a_label_names_a_container_when_it_says_enough(text: str, value: str | None) -> None:
    mpho = label(text).mpho
    assert (mpho.value if mpho else None) == value


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("=A99992612345600=<S11281A0=,00001B", FormError),
        ("=<S1128100=/A9997XYZ100T0479", CheckError),
        (WITH_SEC.replace("=Z5499171234560", "=Z5499171234570"), CheckError),
        (WITH_SEC.replace("=<T0416003", "=<T0416004"), CheckError),
    ],
)
def test_a_label_that_contradicts_itself_is_refused(text: str, error: type[IdentifierError]) -> None:
    is_refused(label, text, error)


def test_a_label_tells_what_it_names() -> None:
    one = label("&/CHA999926000001=A99992612345601=<S11281A0=A99992612345602")
    assert list(one.all(Coi)) == [Coi("CHA999926000001")]
    assert list(one.all(Din)) == [Din("A999926123456")]
    assert list(one.all(ProductCode)) == [ProductCode("S11281A0")]
    assert list(one.all(Sec)) == []
    assert one.processor == ""


def test_a_message_holds_one_to_ninety_nine_structures() -> None:
    (one,) = isbt128_structures.parse("=A99992612345600")
    is_refused(lambda _: isbt128_structures.compound(()), "", RangeError)
    is_refused(lambda _: isbt128_structures.compound((one,) * 100), "", RangeError)
    is_refused(lambda _: isbt128_structures.compound((one,), 1000), "", RangeError)


structures = st.one_of(
    strategies.dins.map(lambda din: Structure("=", din.wire[1:])),
    strategies.product_codes.map(lambda code: Structure("=<", code.value)),
    strategies.cois.map(lambda chain: Structure("&/", chain.value)),
    st.text(strategies.DIGITS, min_size=6, max_size=6).map(lambda text: Structure("=,", text)),
    st.text(strategies.CAPITALS, max_size=20).map(lambda text: Structure("&#", f"01{len(text):02}{text}")),
)


@given(st.lists(structures, min_size=1, max_size=6).map(tuple))
def test_what_is_written_can_be_read(written: tuple[Structure, ...]) -> None:
    assert isbt128_structures.parse(isbt128_structures.compound(written)) == written
    assert isbt128_structures.parse("".join(one.wire for one in written)) == written


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [isbt128_structures.parse, isbt128_structures.local_time, label])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
