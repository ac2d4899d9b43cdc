"""The door for identifiers of published schemes: what a parser gives passes unchanged, and nothing else passes."""

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.domain.facts.birth import Malformed, Violation, born
from ledger.domain.facts.values import Identifier, Place
from ledger.domain.identifiers import gs1, nhs_number, scan, schemes
from ledger.domain.identifiers.errors import IdentifierError
from tests.domain.identifiers import strategies
from tests.domain.identifiers.test_schemes import CANONICAL
from tests.support.world import name

WAY_OUT = ", or send it as 'unverified'"


def through(scheme: str, value: str) -> Identifier:
    """What comes out of the door."""
    return born(Place, {"site": name(scheme, value)}, "place").site


def refusal(scheme: str, value: str) -> str:
    """What is wrong with an identifier."""
    with pytest.raises(Malformed) as caught:
        through(scheme, value)
    (found,) = caught.value.violations
    assert found == Violation("place.site", found.description)
    return found.description


@pytest.mark.parametrize(("scheme", "value"), CANONICAL, ids=[":".join(pair) for pair in CANONICAL])
def test_a_value_of_each_scheme_passes_unchanged(scheme: str, value: str) -> None:
    assert through(scheme, value) == Identifier(scheme=scheme, value=value)


def test_every_published_scheme_is_tried() -> None:
    assert {scheme for scheme, _ in CANONICAL} == {*schemes.CHECKS, "batch.RR8"}


_items = st.builds(lambda key, number: f"{key}.{number}", strategies.keys(14), strategies.serials)
well_built = st.one_of(
    st.tuples(st.just(schemes.DIN), strategies.din_values),
    st.tuples(st.just(schemes.COI), strategies.coi_values),
    st.tuples(st.just(schemes.SSCC), strategies.keys(18)),
    st.tuples(st.just(schemes.GTIN), strategies.keys(14)),
    st.tuples(st.just(schemes.GLN), strategies.keys(13)),
    st.tuples(st.sampled_from((schemes.LGTIN, schemes.SGTIN)), _items),
)


@given(well_built)
def test_what_is_built_as_its_standard_says_passes_unchanged(made: tuple[str, str]) -> None:
    assert through(*made) == Identifier(scheme=made[0], value=made[1])


_readings = st.one_of(
    strategies.nearly,
    strategies.dins.map(lambda din: din.wire),
    strategies.cois.map(lambda coi: coi.wire),
    strategies.cois.map(lambda coi: coi.printed),
    strategies.keys(18).map(lambda key: f"(00){key}"),
    strategies.keys(13).map(lambda key: f"]C1414{key}"),
    st.builds(
        lambda key, kind, number: f"]d201{key}{kind}{number}",
        strategies.keys(14),
        st.sampled_from(("10", "21")),
        strategies.serials,
    ),
)


@given(_readings)
def test_whatever_is_read_from_a_bar_code_passes_unchanged(reading: str) -> None:
    with suppress(IdentifierError):
        for named in scan.read(reading).named:
            assert through(named.scheme, named.value) == Identifier(scheme=named.scheme, value=named.value)


@given(strategies.nearly)
@pytest.mark.parametrize("scheme", schemes.CHECKS)
def test_the_one_spelling_that_a_parser_gives_passes_unchanged(scheme: str, text: str) -> None:
    """But for one that holds a patient's number, which passes under no scheme."""
    with suppress(IdentifierError):
        value = schemes.canonical(scheme, text)
        assume(not nhs_number.is_in(value))
        assert through(scheme, value) == Identifier(scheme=scheme, value=value)


@pytest.mark.parametrize(
    ("scheme", "value", "rule"),
    [
        ("gs1-sscc", "395060001420000017", "is no gs1-sscc: the last digit is the check digit of the others"),
        ("isbt128-din", "=A99992612345600", "is no isbt128-din: 5 characters"),
        ("isbt128-mpho", "9434765919", "is no isbt128-mpho: 29 characters"),
        ("gs1-lgtin", "09506000134352/K-7781", "is no gs1-lgtin: 14 digits, a dot, the serial"),
        ("ods", "rr8", "is no ods: 3 to 10 capital letters and digits"),
    ],
)
def test_a_refusal_names_scheme_rule_and_way_out_and_never_the_value(scheme: str, value: str, rule: str) -> None:
    told = refusal(scheme, value)
    assert told.startswith(rule)
    assert told.endswith(WAY_OUT)
    assert value not in told


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("gs1-gtin", "9506000134352"),
        ("hcpc", "CH29821"),
        ("sec", "SEC: PL001499Z549917123456 A00T041600320171231"),
    ],
)
def test_a_value_in_another_spelling_is_refused_with_the_one_that_it_has(scheme: str, value: str) -> None:
    told = refusal(scheme, value)
    assert told.startswith(f"is not written as {scheme} values are stored: send its one spelling")
    assert value not in told


def test_a_patients_number_beside_other_letters_passes_under_no_scheme() -> None:
    told = refusal("mhra", "A 0000000000")
    assert told == "holds an NHS number; the ledger keeps no identity: leave it out"


@pytest.mark.parametrize("scheme", ["ODS", "GS1-SSCC", "Unverified"])
def test_a_published_scheme_in_other_letters_is_no_way_round_its_check(scheme: str) -> None:
    assert refusal(scheme, "1") == f"has a published scheme in other letters: write {scheme.lower()!r}"


@pytest.mark.parametrize("scheme", ["batch.RR8", "lot.VEC", "ledger", "orcid", "isbt128-fin"])
def test_a_scheme_that_is_not_ours_to_check_is_taken_as_it_is(scheme: str) -> None:
    assert through(scheme, "24-001/a") == Identifier(scheme=scheme, value="24-001/a")


def test_a_lot_is_one_lot_however_its_bar_code_is_read() -> None:
    readings = (
        "(01)09506000134352(10)V123",
        "]d2010950600013435210V123",
        "https://id.gs1.org/01/09506000134352/10/V123",
    )
    lots = {(one.scheme, one.value) for text in readings for one in scan.read(text).named if one.scheme == "gs1-lgtin"}
    assert lots == {("gs1-lgtin", "09506000134352.V123")}
    assert through("gs1-lgtin", "09506000134352.V123").value == "09506000134352.V123"


@pytest.mark.parametrize("value", ["09506000134352.(10)V123", "(01)09506000134352(10)V123", "(10)V123", "V123"])
def test_no_other_spelling_of_the_lot_passes(value: str) -> None:
    assert refusal("gs1-lgtin", value).endswith(WAY_OUT)


def test_the_number_of_a_trade_item_stands_without_what_is_printed_before_it() -> None:
    for printed in ("(10)V123", "(21)V123"):
        with pytest.raises(IdentifierError, match="without the"):
            gs1.TradeItem("09506000134352", printed)


def test_what_is_unverified_is_taken_as_it_stands_and_looked_through_for_a_patients_number() -> None:
    assert through("unverified", "09506000134352/K-7781").value == "09506000134352/K-7781"
    told = refusal("unverified", "9434765919")
    assert told == "holds an NHS number; the ledger keeps no identity: leave it out"
