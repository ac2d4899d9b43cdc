"""What is wrong with an identifier: one family, told apart by what the person with the scanner can do about it.

    IdentifierError
    ├── KindError      nothing that is read here, or not what was asked for: scan another bar code
    ├── FormError      not built as its standard says: scan it again, or type all of it
    ├── CheckError     the check character or digit disagrees: a character was misread or mistyped
    └── RangeError     well built, yet nobody can have been given it: no such date, country, number range

An error names the kind, the rule and the way out. It never holds a value: what was read may be a patient's identity.
"""

from typing import ClassVar


class IdentifierError(Exception):
    """A text is not the identifier that it was taken for.

    Attributes:
        kind: What it was taken for: `donation identification number`.
        rule: What must hold.
        remedy: What to do.
    """

    REASON: ClassVar[str] = "IDENTIFIER_INVALID"

    def __init__(self, kind: str, rule: str, remedy: str) -> None:
        super().__init__(kind, rule, remedy)
        self.kind = kind
        self.rule = rule
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.kind}: {self.rule}; {self.remedy}"


class KindError(IdentifierError):
    """It is nothing that is read here, or not what was asked for."""

    REASON: ClassVar[str] = "IDENTIFIER_KIND_UNKNOWN"


class FormError(IdentifierError):
    """It is not built as its standard says."""

    REASON: ClassVar[str] = "IDENTIFIER_FORM"


class CheckError(IdentifierError):
    """Its check character or digit disagrees with the rest."""

    REASON: ClassVar[str] = "IDENTIFIER_CHECK"


class RangeError(IdentifierError):
    """It is well built, yet nobody can have been given it."""

    REASON: ClassVar[str] = "IDENTIFIER_RANGE"


SCAN_AGAIN = "scan it again"
"""The way out for anything read by a scanner."""

TYPE_WITH_CHECK = "type all of it again, with the check character that is printed in a box behind it"
"""The way out for anything of ISBT 128 typed by hand."""
