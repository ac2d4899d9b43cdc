"""Identifiers to try: well built ones of each kind, and texts that are almost one."""

from hypothesis import strategies as st

from ledger.domain.identifiers import gs1, nhs_number
from ledger.domain.identifiers.coi import Coi
from ledger.domain.identifiers.isbt128 import Din, ProductCode

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
SIGNS = "!\"%&'()*+,-./:;<=>?_abcdefghijklmnopqrstuvwxyz" + CAPITALS + DIGITS

facilities = st.from_regex("[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}", fullmatch=True)
din_values = st.builds(lambda facility, rest: facility + rest, facilities, st.text(DIGITS, min_size=8, max_size=8))
dins = st.builds(Din, din_values, st.sampled_from(("00", "01", "15", "25", "AB")))
coi_values = st.builds(
    lambda facility, year, sequence: f"CH{facility}{year}{sequence}",
    facilities,
    st.text(DIGITS, min_size=2, max_size=2),
    st.text(CAPITALS + DIGITS, min_size=6, max_size=6),
)
cois = st.builds(Coi, coi_values)
product_codes = st.builds(ProductCode, st.from_regex("[A-Z][A-Z0-9]{4}[A-Za-z0-9][A-Z0-9][a-z0-9]", fullmatch=True))


def keys(digits: int) -> st.SearchStrategy[str]:
    """GS1 keys of so many digits, with their check digit."""
    return st.text(DIGITS, min_size=digits - 1, max_size=digits - 1).map(lambda body: body + gs1.check_digit(body))


def numbers(body: str) -> list[str]:
    """The NHS number that nine digits begin; none where the check would be ten."""
    return [body + digit for digit in DIGITS if nhs_number.is_valid(body + digit)]


nhs_numbers = st.from_regex("[467][0-9]{8}", fullmatch=True).filter(numbers).map(lambda body: numbers(body)[0])
serials = st.text(SIGNS, min_size=1, max_size=20).filter(lambda text: not text.startswith(("(10)", "(21)")))
BEGINNINGS = (
    *("=", "=+02000", "=<", "=>", "=$", "&/CH", "&,4", "&#0102", "&:", "SEC: ", "8018505089", "]C101", "]d2", "(01)"),
    *("urn:epc:id:sgtin:", "urn:epc:id:itip:", "https://id.gs1.org/01/", "7003", "00", "93", "MIA "),
)
nearly = st.one_of(
    st.text(max_size=60),
    st.text(CAPITALS + DIGITS + "=&<>,/+()\x1d]", max_size=60),
    st.builds(
        lambda head, rest: head + rest,
        st.sampled_from(BEGINNINGS),
        st.one_of(st.text(max_size=40), st.text(DIGITS, max_size=40), st.text(SIGNS, max_size=40)),
    ),
)
"""Texts that are no identifier, and some that nearly are."""
