"""Published schemes: ODS codes, numbers of registers, and the one spelling that a value has."""

import pytest
from hypothesis import given, settings

from ledger.domain.identifiers import ods, register_numbers, schemes
from ledger.domain.identifiers.errors import FormError
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

CANONICAL = [
    *(("ods", code) for code in ("RR8", "RXK", "RJC", "RR813", "RR8G5", "RR8D7")),  # published by the ODS
    ("isbt128-coi", "CHA999926000017"),
    ("isbt128-din", "A999926123456"),
    ("isbt128-mpho", "A9999S1128A999926123456A00000"),
    ("isbt128-pdc", "S1128"),
    ("isbt128-consignment", "A99992600001"),
    ("sec", "PL001499Z549917123456A00T041600320171231"),
    ("gs1-sscc", "395060000260001174"),
    ("gs1-gtin", "09506000134352"),
    ("gs1-sgtin", '04012345111118.98"'),
    ("gs1-lgtin", "04012345123456.Lot987"),
    ("gs1-gln", "9506000140018"),
    ("gs1-giai", "95060001SCN0007"),
    ("gs1-grai", "04012345000221334455"),
    ("gs1-gsrn", "401234500000000074"),
    ("gmc", "7999001"),
    ("nmc", "98I0001E"),
    ("nmc", "71A2998E"),  # NHS Prescription Services' own example
    ("gphc", "2033467"),  # the same
    ("hcpc", "CH029821"),  # the same
    ("hta", "99026"),
    ("mhra", "MIA(IMP) 17136"),
    ("mhra", "MIA-POC-99017"),
    ("batch.RR8", "24-001 / anything"),
]


@pytest.mark.parametrize(("scheme", "value"), CANONICAL, ids=[":".join(pair) for pair in CANONICAL])
def test_a_canonical_value_stays_as_it_is(scheme: str, value: str) -> None:
    assert schemes.canonical(scheme, value) == value


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [("gs1-gtin", "9506000134352", "09506000134352"), ("hcpc", "CH29821", "CH029821")],
)
def test_what_has_several_spellings_gets_one(scheme: str, text: str, value: str) -> None:
    assert schemes.canonical(scheme, text) == value


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        *(("ods", text) for text in ("", "RR", "rr8", "RR8-1", "RR8 ", "A2345678901")),
        ("isbt128-pdc", "s1128"),
        *(("gmc", text) for text in ("C7999001", "799900", "79990011")),
        *(("nmc", text) for text in ("98i0001e", "98I001E")),
        ("gphc", "203346"),
        *(("hcpc", text) for text in ("CH", "CH0298211", "ch29821")),
        *(("hta", text) for text in ("9902", "A9902")),
        *(("mhra", text) for text in ("MIA", "17136", "MIA  17136", "MIA 17136 ", f"MIA {'1' * 40}")),
    ],
)
def test_what_is_none_is_refused(scheme: str, text: str) -> None:
    is_refused(schemes.CHECKS[scheme], text, FormError)


def test_a_random_code_shows_no_hierarchy() -> None:
    assert ods.is_random("G7H8J")
    assert not ods.is_random("RR813")


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("scheme", schemes.CHECKS)
def test_any_text_is_read_or_refused(scheme: str, text: str) -> None:
    is_total(schemes.CHECKS[scheme], text)
    is_total(lambda value: schemes.canonical(scheme, schemes.canonical(scheme, value)), text)


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [register_numbers.hcpc, register_numbers.mhra, ods.parse])
def test_a_canonical_value_is_its_own_canonical_value(read: object, text: str) -> None:
    assert callable(read)
    is_total(lambda value: read(read(value)), text)
