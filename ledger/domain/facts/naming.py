"""The tag of an identifier: what it names, said by the field that holds it."""

from ledger.domain.facts.values import Identifier
from ledger.domain.identifiers import tag


def tag_of(kind: str, identifier: Identifier | None) -> str:
    """Returns the tag of an identifier; empty for none."""
    return "" if identifier is None else tag.tag(kind, identifier.scheme, identifier.value)
