"""A verification in the words of an inspector: where the log breaks, and how it compares with what somebody noted."""

from typing import Final

from msgspec import Struct

from ledger.api import Ledger, StoredFact, Verification
from ledger.domain.identifiers import tag as tags
from ledger.domain.receipt import LedgerError
from services.cli import screen

REASONS: Final = {
    "the stored bytes do not hash to the leaf": (
        "the stored bytes are not those that were recorded (they do not hash to the leaf)"
    ),
    "there is no fact at this position": "the fact that was recorded here is gone",
    "the stored bytes are no record": "the stored bytes are not those that were recorded (they are no record at all)",
}
"""Reasons that say more to an inspector in other words."""


class Noted(Struct, frozen=True, kw_only=True):
    """How a log compares with a size and a root that somebody noted."""

    holds: bool
    words: str


def compared(result: Verification, size: int, root: str | None) -> Noted:
    """Compares a verified log with what somebody noted earlier."""
    if result.size < size:
        lost = screen.plural(size - result.size, "fact is", "facts are")
        return Noted(holds=False, words=f"the log has {result.size} facts, you noted {size}: {lost} gone from its end")
    if root is None:
        return Noted(holds=True, words=f"it is not shorter than the {screen.plural(size, 'fact')} that you noted")
    if result.size > size:
        grown = f"it has grown from the {size} that you noted to {screen.plural(result.size, 'fact')}"
        return Noted(holds=True, words=f"{grown}; the root at {size} is not compared, only the size")
    if result.root.hex() != root.lower():
        return Noted(holds=False, words=f"its root is not the root that you noted at {size}: these are other facts")
    return Noted(holds=True, words="size and root are those that you noted")


def break_of(ledger: Ledger, result: Verification) -> str:
    """Says where a log breaks: which fact, of which chain, recorded when, and what is wrong with it."""
    reason = REASONS.get(result.reason, result.reason)
    try:
        fact = ledger.fact(result.first_break)
    except LedgerError:
        return f"first break at position {result.first_break}: {reason}"
    return f"first break at position {result.first_break}, {_named(fact)}: {reason}"


def _named(fact: StoredFact) -> str:
    """The fact as it reads now; what was changed in it reads changed."""
    name = screen.printable(fact.type)
    if fact.record is None:
        return name
    verdict, content, stamp = fact.record.verdict, fact.record.content, fact.record.stamp
    chain = next((tag for tag in (*verdict.tags, *verdict.inherited) if tags.kind_of(tag) == "coi"), "")
    about = f" of chain {screen.printable(chain.rpartition(':')[2])}" if chain else ""
    shown = screen.clock(stamp.recorded_at, content.envelope.occurred_at.utc_offset)
    return f"{name}{about}, recorded {shown:%-d %b %Y %H:%M}"
