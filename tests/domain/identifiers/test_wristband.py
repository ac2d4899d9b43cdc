"""Wristbands (DCB1077): read whole, compared, never shown. The people here are inventions of public test suites."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import gs1, wristband
from ledger.domain.identifiers.errors import CheckError, FormError, KindError, RangeError
from ledger.domain.identifiers.sealed import IdentityKind, Sealed
from ledger.domain.identifiers.wristband import Wristband
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

RELATIONS = {"9434765919": "505089894347659192", "9737383249": "505089897373832492"}
"""NHS number for tests: the service relation number that wraps it."""

LAYOUT = "91RJC,949724,50552303,93JORDAN,Dwayne,29-Nov-1949,"
"""Published in the tests of dhos-trustomer-api; the number before it is mended here."""


def parse(text: str) -> Wristband:
    """Reads a wristband, also one for tests."""
    return wristband.parse(text, tests=True)


def field(kind: IdentityKind, value: str) -> Sealed:
    """What a field should hold."""
    return Sealed(kind, value)


@pytest.mark.parametrize(("number", "relation"), RELATIONS.items())
def test_the_number_wraps_the_nhs_number(number: str, relation: str) -> None:
    assert gs1.check_digit(f"5050898{number}") == relation[-1]
    assert parse(f"8018{relation}").fields[IdentityKind.NHS_NUMBER] == field(IdentityKind.NHS_NUMBER, number)


@pytest.mark.parametrize(
    "rest", [LAYOUT, LAYOUT.replace(",93", "\x1d93"), "\x1d" + LAYOUT, LAYOUT + "921/2,JORDAN,Ann", LAYOUT[:-1]]
)
def test_a_whole_wristband_is_read(rest: str) -> None:
    band = parse(f"8018{RELATIONS['9434765919']}{rest}")
    assert band.organisation == "RJC"
    assert band.fields == {
        IdentityKind.WRISTBAND: field(IdentityKind.WRISTBAND, RELATIONS["9434765919"]),
        IdentityKind.NHS_NUMBER: field(IdentityKind.NHS_NUMBER, "9434765919"),
        IdentityKind.HOSPITAL_NUMBER: field(IdentityKind.HOSPITAL_NUMBER, "949724"),
        IdentityKind.NAME: field(IdentityKind.NAME, "JORDAN,Dwayne"),
        IdentityKind.DATE_OF_BIRTH: field(IdentityKind.DATE_OF_BIRTH, "29-Nov-1949"),
    }


@pytest.mark.parametrize("number", ["931234", "93A12", "921/2", "91X"])
def test_a_hospital_number_may_look_like_the_next_element(number: str) -> None:
    band = parse(f"8018{RELATIONS['9434765919']}91RJC,{number},,93JORDAN,Dwayne,29-Nov-1949")
    assert band.fields[IdentityKind.HOSPITAL_NUMBER] == field(IdentityKind.HOSPITAL_NUMBER, number)
    assert band.fields[IdentityKind.NAME] == field(IdentityKind.NAME, "JORDAN,Dwayne")


def test_a_band_of_another_scheme_keeps_its_number_sealed() -> None:
    band = parse("8018401234500000067657")  # GS1, a recipient of services
    assert band.kinds == {IdentityKind.WRISTBAND}


def test_what_a_name_lacks_is_left_out() -> None:
    band = parse(f"8018{RELATIONS['9434765919']}93JORDAN,,91RJC,1")
    assert band.kinds == {
        *(IdentityKind.WRISTBAND, IdentityKind.NHS_NUMBER, IdentityKind.HOSPITAL_NUMBER, IdentityKind.NAME),
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("801850508981009690538391" + LAYOUT[2:], CheckError),  # as published: number and check digit are wrong
        ("8018505089810096905380", CheckError),  # its right check digit; the NHS number fails its own
        ("801850508989737383249", FormError),  # published without the check digit
        ("505089894347659192", KindError),
        ("8018505089894347659192,JORDAN", FormError),
        ("8018505089800000000003", RangeError),
    ],
)
def test_a_wrong_band_is_refused_and_not_repeated(
    text: str, error: type[CheckError | FormError | KindError | RangeError]
) -> None:
    said = repr(is_refused(parse, text, error))
    assert "5050898" not in said
    assert "JORDAN" not in said


def test_numbers_for_tests_count_in_tests_only() -> None:
    assert "wristband" in is_refused(wristband.parse, "8018505089894347659192", RangeError).kind


def test_two_readings_are_compared_field_by_field() -> None:
    one, other = (parse(f"8018{relation}{LAYOUT}") for relation in RELATIONS.values())
    assert one.compare(other) == {
        IdentityKind.WRISTBAND: False,
        IdentityKind.NHS_NUMBER: False,
        IdentityKind.HOSPITAL_NUMBER: True,
        IdentityKind.NAME: True,
        IdentityKind.DATE_OF_BIRTH: True,
    }


@given(st.text(strategies.CAPITALS, min_size=2, max_size=20), st.text(strategies.DIGITS, min_size=5, max_size=9))
def test_a_band_shows_nothing(name: str, number: str) -> None:
    band = parse(f"8018{RELATIONS['9434765919']}91RJC,{number},,93{name}Q,Dwayne,29-Nov-1949")
    shown = f"{band} {band!r} {band.compare(band)}"
    assert f"{name}Q" not in shown
    assert number not in shown
    assert "9434765919" not in shown


@given(strategies.nearly, st.sampled_from(("", "8018", "8018505089894347659192", "801850508989434765919291RJC,")))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str, before: str) -> None:
    is_total(parse, before + text)
