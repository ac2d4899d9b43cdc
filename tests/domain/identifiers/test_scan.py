"""One entry for every reading: which things it names, and that nobody's identity comes out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.identifiers import scan, tag
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.errors import CheckError, FormError, IdentifierError, KindError, RangeError
from ledger.domain.identifiers.isbt128 import Din
from ledger.domain.identifiers.scan import Scan
from ledger.domain.identifiers.sealed import IdentityKind
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total


def tags(reading: str, symbology: str = "") -> list[str]:
    """The tags of everything that a reading names."""
    return [label for named in scan.read(reading, symbology).named for label in named.tags]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("=G12341765432170", ["donation:isbt128-din:G123417654321"]),
        ("]C0=A99992612345600\r\n", ["donation:isbt128-din:A999926123456"]),
        ("A9999 26 123456 T", ["donation:isbt128-din:A999926123456"]),
        ("&/CHA999926000001", ["coi:isbt128-coi:CHA999926000001"]),
        ("CH A9999 26 000001 *", ["coi:isbt128-coi:CHA999926000001"]),
        ("=$A999926000010203", ["consignment:isbt128-consignment:A99992600001"]),
        (
            "]d1=+03000=A99992612345600=<S11281A0&/CHA999926000001",
            [
                "material:isbt128-mpho:00000S1128A999926123456A00000",
                "coi:isbt128-coi:CHA999926000001",
                "donation:isbt128-din:A999926123456",
                "product:isbt128-pdc:S1128",
            ],
        ),
        (
            "=+04000=/A9997XYZ100T0479=A99991712345600=,000012=>019031",
            [
                "material:isbt128-mpho:A9997T0479A999917123456000012",
                "donation:isbt128-din:A999917123456",
                "product:isbt128-pdc:T0479",
            ],
        ),
        (
            "SEC: PL001499Z549917123456 A00T041600320171231",
            ["material:sec:PL001499Z549917123456A00T041600320171231"],
        ),
        (  # the bar codes of ICCBBA ST-012 6.2
            "=Z54991712345600=%T300=<T0416003&,4PL001499Z549917123456A00T041600320181231",
            [
                *("donation:isbt128-din:Z549917123456", "product:isbt128-pdc:T0416"),
                "material:sec:PL001499Z549917123456A00T041600320181231",
            ],
        ),
        ("]C100395060000260001174", ["consignment:gs1-sscc:395060000260001174"]),
        ("(00)395060000260001174", ["consignment:gs1-sscc:395060000260001174"]),
        ("00395060000260001174", ["consignment:gs1-sscc:395060000260001174"]),
        ("]E09506000134352", ["product:gs1-gtin:09506000134352"]),
        (
            "]d2010950600013435217261231" + "10ABC-1\x1d2198",
            [
                *("material:gs1-sgtin:09506000134352.98", "equipment:gs1-sgtin:09506000134352.98"),
                *("lot:gs1-lgtin:09506000134352.ABC-1", "product:gs1-gtin:09506000134352"),
            ],
        ),
        ("]C14149506000140018", ["site:gs1-gln:9506000140018"]),
        ("]C14179506000140018", ["organisation:gs1-gln:9506000140018"]),
        ("]C1800495060001SCN0007", ["equipment:gs1-giai:95060001SCN0007"]),
        ("]C1800304012345000221334455", ["equipment:gs1-grai:04012345000221334455"]),
        ("]C18017401234500000000074", ["person:gs1-gsrn:401234500000000074"]),
        (
            "https://id.gs1.org/01/04012345123456/10/Lot987",
            ["lot:gs1-lgtin:04012345123456.Lot987", "product:gs1-gtin:04012345123456"],
        ),
        ("urn:epc:id:sscc:4012345.3111111111", ["consignment:gs1-sscc:340123451111111111"]),
    ],
)
def test_a_reading_names_things_as_tags_want_them(reading: str, expected: list[str]) -> None:
    assert tags(reading) == expected
    assert {tag.kind_of(label) for label in tags(reading)} <= tag.KINDS


def test_the_symbology_may_come_beside_the_reading() -> None:
    assert tags("00395060000260001174", "]C1") == tags("]C100395060000260001174")
    assert tags("8018001000006", "]E0") == ["product:gs1-gtin:08018001000006"]
    is_refused(lambda text: scan.read(text, "]d2"), "]C100395060000260001174", KindError)


@pytest.mark.parametrize(
    ("reading", "kinds"),
    [
        (
            "]d28018505089894347659192" + "91RJC,949724,,93JORDAN,Dwayne,29-Nov-1949,",
            {"WRISTBAND", "NHS_NUMBER", "HOSPITAL_NUMBER", "NAME", "DATE_OF_BIRTH"},
        ),
        ("(8018)505089894347659192", {"WRISTBAND", "NHS_NUMBER"}),
        ("https://id.gs1.org/8018/401234500000067657", {"WRISTBAND"}),
        ("943 476 5919", {"NHS_NUMBER"}),
        ("]C09434765919", {"NHS_NUMBER"}),
        ("505089894347659192", {"NHS_NUMBER"}),
        ("=#0119491129", {"DATE_OF_BIRTH"}),
        ("&#0106949724", {"HOSPITAL_NUMBER"}),
        ("=;A9999ABCDEFGHIJKLMNOP", {"DONOR"}),
        ("&:1234ABCDEFGHIJKLM12", {"DONOR"}),
    ],
)
def test_identity_is_withheld(reading: str, kinds: set[str]) -> None:
    assert scan.read(reading, tests=True) == Scan(withheld=frozenset(map(IdentityKind, kinds)))


def test_identity_beside_a_donation_is_withheld_too() -> None:
    read = scan.read("=A99992612345600=#0119491129")
    assert [one.value for one in read.named] == ["A999926123456"]
    assert read.withheld == {IdentityKind.DATE_OF_BIRTH}


@pytest.mark.parametrize(
    ("reading", "error"),
    [
        ("", KindError),
        ("GARBAGE", KindError),
        ("RR813", KindError),
        ("395060000260001174", KindError),
        ("=>019031", KindError),
        ("]C117261231", KindError),
        ("]C1800304012345000221", KindError),
        ("CH A9999 26 000001 A", CheckError),
        ("A9999 26 123456 A", CheckError),
        ("]C100395060000260001175", CheckError),
        ("=G12341765432171", CheckError),
        ("801850508981009690538391RJC,949724,50552303,93JORDAN,Dwayne,29-Nov-1949,", CheckError),
        ("801850508989737383249", FormError),
        ("8018505089894347659192", RangeError),
        ("=" * 8_000, FormError),
    ],
)
def test_a_reading_that_names_nothing_is_refused(reading: str, error: type[IdentifierError]) -> None:
    wrong = is_refused(scan.read, reading, error)
    assert not any(piece in str(wrong) for piece in ("JORDAN", "949724", "5050898", "9926", "3950"))


@given(strategies.dins, strategies.cois)
def test_what_is_printed_or_scanned_names_the_same(din: Din, chain: Coi) -> None:
    assert scan.read(chain.printed) == scan.read(chain.wire)
    assert scan.read(f"{din.wire}{chain.wire}") == scan.read(f"{chain.wire}{din.wire}")


@given(strategies.nearly, st.sampled_from(("", "]C1", "]d2", "]E0", "]C0", "x")))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str, symbology: str) -> None:
    is_total(lambda reading: scan.read(reading, symbology), text)
    is_total(lambda reading: repr(scan.read(reading, tests=True)), text)
