"""What a person typed, as a tag: typed whole, as scheme and value, or as a value. Several meanings are an error."""

from ledger.domain.identifiers import nhs_number
from ledger.domain.identifiers import tag as tags
from services.cli.failing import FINDING, Failure
from services.cli.source import Source


def resolved(source: Source, text: str, *, preferred: str = "") -> str:
    """Finds the one tag that a text means.

    Args:
        source: Where to look.
        text: What was typed.
        preferred: A kind that wins when there are several.

    Raises:
        Failure: The ledger knows nothing, or several things, of that name.
    """
    if ":" not in text and nhs_number.is_in(text):
        raise Failure("this is the number of a person; the ledger knows none: give the chain or the pseudonym", FINDING)
    if text.partition(":")[0] in tags.KINDS and text.count(":") > 1:
        return text
    known = source.find(text)
    found = [label for label in known if tags.kind_of(label) == preferred] or sorted(known)
    if len(found) == 1:
        return found[0]
    if found:
        raise Failure(f"{text!r} names {len(found)} things: {', '.join(found)}. Give one of these", FINDING)
    example = "kind:scheme:value, for example lot:lot.VEC:V123"
    raise Failure(f"nothing named {text!r} is in the ledger; if you expected it, write it whole: {example}", FINDING)
