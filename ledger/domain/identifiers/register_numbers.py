"""Numbers that registers give to people and licences in the UK: their shape only, since none has a public check.

Shapes as UK Core and NHS Prescription Services publish them for people, and as the registers print them for licences.
Equal numbers are the same person, so each has one spelling here: what people write in several ways comes out in one.
"""

import re
from typing import Final

from ledger.domain.identifiers.errors import FormError

_GMC: Final = re.compile("[0-9]{7}")
_NMC: Final = re.compile("[0-9]{2}[A-Z][0-9]{4}[A-Z]")
_GPHC: Final = re.compile("[0-9]{7}")
_HCPC: Final = re.compile("([A-Z]{2})([0-9]{1,6})")
_HTA: Final = re.compile("[0-9]{5}")
_MHRA: Final = re.compile("(?=.*[0-9])[A-Z][A-Za-z0-9()./-]*(?: [A-Za-z0-9()./-]+)*")
_MHRA_LONGEST: Final = 40


def gmc(text: str) -> str:
    """Returns a General Medical Council reference number: 7 digits, without the C of a consultant code.

    Raises:
        IdentifierError: It is none.
    """
    return _shaped(_GMC, text, "GMC number", "7 digits, without a letter before them")


def nmc(text: str) -> str:
    """Returns a PIN of the Nursing and Midwifery Council: 2 digits, a letter, 4 digits, a letter.

    Raises:
        IdentifierError: It is none.
    """
    return _shaped(_NMC, text, "NMC PIN", "2 digits, a capital letter, 4 digits, a capital letter")


def gphc(text: str) -> str:
    """Returns a registration number of the General Pharmaceutical Council: 7 digits.

    Raises:
        IdentifierError: It is none.
    """
    return _shaped(_GPHC, text, "GPhC number", "7 digits")


def hcpc(text: str) -> str:
    """Returns a Health and Care Professions Council number: the 2 letters of the profession and 6 digits.

    Raises:
        IdentifierError: It is none.
    """
    match = _HCPC.fullmatch(text)
    if match is None:
        raise FormError("HCPC number", "2 capital letters of the profession and up to 6 digits", _REGISTER)
    return f"{match[1]}{match[2]:0>6}"


def hta(text: str) -> str:
    """Returns a licensing number of the Human Tissue Authority: 5 digits.

    Raises:
        IdentifierError: It is none.
    """
    return _shaped(_HTA, text, "HTA licence number", "5 digits")


def mhra(text: str) -> str:
    """Returns a licence or authorisation number of the MHRA: kind and number as printed, `MIA(IMP) 17136`.

    Raises:
        IdentifierError: It is none.
    """
    rule = "as printed: begins with the capital letters of the kind, has a number, at most 40 characters"
    if len(text) > _MHRA_LONGEST:
        raise FormError("MHRA licence number", rule, _REGISTER)
    return _shaped(_MHRA, text, "MHRA licence number", rule)


_REGISTER: Final = "look it up in its register"


def _shaped(form: re.Pattern[str], text: str, kind: str, rule: str) -> str:
    if not form.fullmatch(text):
        raise FormError(kind, rule, _REGISTER)
    return text
