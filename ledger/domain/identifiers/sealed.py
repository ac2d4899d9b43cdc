"""Identity that passes through on its way to a comparison: held, compared, never shown.

A wristband must be read to know whose it is, and the ledger keeps no identity. So what is read is sealed: it has no
text, no hash and no pickle, a log line or a traceback shows its kind only, and taking it out is a word that a reader
of the code can search for.
"""

import hmac
from enum import StrEnum
from typing import Final, NoReturn

_UTF8: Final = "utf-8"


class IdentityKind(StrEnum):
    """Which identity something is. The words of the identity checks are the same."""

    NAME = "NAME"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    NHS_NUMBER = "NHS_NUMBER"
    """The NHS, CHI or Health and Care number."""
    HOSPITAL_NUMBER = "HOSPITAL_NUMBER"
    WRISTBAND = "WRISTBAND"
    """A wristband's own number, or what nobody says the meaning of on a wristband."""
    DONOR = "DONOR"
    """A donor's number at a facility or registry."""


class Sealed:
    """One piece of identity.

    Attributes:
        kind: What it is.
    """

    __slots__ = ("_value", "kind")

    def __init__(self, kind: IdentityKind, value: str) -> None:
        self.kind = kind
        self._value = value

    def reveal(self) -> str:
        """Returns the identity itself, for the hospital's own map at the edge; nothing else may ask."""
        return self._value

    def __eq__(self, other: object) -> bool:
        """Compares kind and value, without telling by its duration where they differ."""
        if not isinstance(other, Sealed):
            return NotImplemented
        mine, theirs = (one.reveal().encode(_UTF8, "surrogatepass") for one in (self, other))
        return self.kind is other.kind and hmac.compare_digest(mine, theirs)

    __hash__ = None  # type: ignore[assignment] # no function of identity is kept, so none is offered

    def __repr__(self) -> str:
        return f"<sealed {self.kind}>"

    def __reduce__(self) -> NoReturn:
        message = "identity is not written anywhere; compare it where it was read"
        raise TypeError(message)
