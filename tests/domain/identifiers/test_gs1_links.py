"""Digital Links and EPC names. The pairs were published side by side, so each must name the same elements."""

import pytest
from hypothesis import given, settings

from ledger.domain.identifiers import gs1_elements, gs1_links
from ledger.domain.identifiers.errors import CheckError, FormError, KindError
from ledger.domain.identifiers.gs1_elements import Element
from tests.domain.identifiers import strategies
from tests.domain.identifiers.failing import is_refused, is_total

PAIRS = {  # EPC name: Digital Link, as other programs translate GS1's examples
    "id:sgtin:4012345.011111.98%22": "/01/04012345111118/21/98%22",
    "id:sgtin:415056789012.0.987654": "/01/04150567890128/21/987654",
    "id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()": "/01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29",
    "id:sscc:4012345.3111111111": "/00/340123451111111111",
    "id:sgln:4012345.00005.122": "/414/4012345000054/254/122",
    "id:sgln:4012345.00005.0": "/414/4012345000054",
    "id:grai:4012345.00022.334455": "/8003/04012345000221334455",
    "id:giai:4012345.ABC345": "/8004/4012345ABC345",
    "id:gsrn:4012345.0000006765": "/8018/401234500000067657",
    "id:gsrnp:4012345.0000000007": "/8017/401234500000000074",
    "id:gdti:4012345.00009.PO-4711": "/253/4012345000092PO-4711",
    "id:gdti:987659999999..9": "/253/98765999999929",
    "id:cpi:0614141.11111111111111-A%23%2F.1234": "/8010/061414111111111111111-A%23%2F/8011/1234",
    "id:ginc:0614141.xyz47%2F11": "/401/0614141xyz47%2F11",
    "id:gsin:4012345.222333444": "/402/40123452223334442",
    "id:itip:4012345.011111.01.02.987": "/8006/040123451111180102/21/987",
    "id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB": "/01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB",
    "id:pgln:4000001.00000": "/417/4000001000005",
    "id:pgln:999999999999.": "/417/9999999999994",
    "class:lgtin:4012345.012345.Lot987": "/01/04012345123456/10/Lot987",
    "idpat:sgtin:4012345.012345.*": "/01/04012345123456",
    "idpat:grai:4012345.99999.*": "/8003/04012345999990",
    "idpat:gdti:4012345.11111.*": "/253/4012345111118",
    "idpat:sgcn:4012345.22222.*": "/255/4012345222227",
    "idpat:cpi:4012345.AB12.*": "/8010/4012345AB12",
    "idpat:itip:4012345.012345.01.02.*": "/8006/040123451234560102",
    "idpat:upui:4012345.012345.*": "/01/04012345123456",
    "id:sscc:4012345.0000000011": "/00/040123450000000115",
}


@pytest.mark.parametrize(("name", "link"), PAIRS.items())
def test_a_name_and_its_link_are_the_same_elements(name: str, link: str) -> None:
    elements = gs1_links.parse_name(f"urn:epc:{name}")
    assert gs1_links.parse_link(f"https://id.gs1.org{link}") == elements
    assert gs1_links.link(elements) == f"https://id.gs1.org{link}"
    assert gs1_elements.parse(gs1_elements.scanned(elements)) == elements


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/some/path/01/4012345123456/10/Lot987?17=261231&linkType=all#top",
        "http://example.org:8080/01/04012345123456/10/Lot987/?17=261231",
    ],
)
def test_any_address_can_hold_a_link(link: str) -> None:
    lot = (Element("01", "04012345123456"), Element("10", "Lot987"), Element("17", "261231"))
    assert gs1_links.parse_link(link) == lot


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("https://example.org", KindError),
        ("https://example.org/products/12", KindError),
        ("https://example.org/01", KindError),
        ("ftp://example.org/01/04012345123456", KindError),
        ("https://[/01/04012345123457", CheckError),
        ("https://example.org/01/04012345123456/10/a%20b", FormError),
        ("https://example.org/01/04012345123456/10/a%FF", FormError),
        ("https://example.org/01/04012345123456/77/1", KindError),
    ],
)
def test_what_is_no_link_is_refused(text: str, error: type[KindError | CheckError | FormError]) -> None:
    is_refused(gs1_links.parse_link, text, error)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("urn:epc:id:sgtin:4012345.011111", FormError),
        ("urn:epc:id:sgtin:4012345.01111.1", FormError),
        ("urn:epc:id:sgtin:40123.0111111111.1", FormError),
        ("urn:epc:id:sgtin:4012345.O11111.1", FormError),
        ("urn:epc:id:usdod:CJ783.4711", KindError),
        ("urn:epc:tag:sgtin-96:3.4012345.011111.1", KindError),
        ("urn:uuid:7d444840-9dc0-11d1-b245-5ffdce74fad2", KindError),
    ],
)
def test_what_is_no_name_is_refused(text: str, error: type[KindError | FormError]) -> None:
    is_refused(gs1_links.parse_name, text, error)


def test_a_link_begins_with_a_key() -> None:
    is_refused(lambda _: gs1_links.link((Element("10", "Lot987"),)), "", KindError)
    is_refused(lambda _: gs1_links.link(()), "", KindError)


@given(strategies.keys(14), strategies.serials.filter(lambda serial: serial not in {".", ".."}))
def test_what_is_written_can_be_read(key: str, serial: str) -> None:
    elements = (Element("01", key), Element("21", serial))
    assert gs1_links.parse_link(gs1_links.link(elements)) == elements


@given(strategies.nearly)
@settings(deadline=None)
@pytest.mark.parametrize("read", [gs1_links.parse_link, gs1_links.parse_name])
def test_any_text_is_read_or_refused(read: object, text: str) -> None:
    is_total(read, text)
    is_total(read, f"https://id.gs1.org/{text}")
    is_total(read, f"urn:epc:id:{text}")
