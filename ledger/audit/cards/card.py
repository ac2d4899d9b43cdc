"""The card of a thing: what it is, how it stands, who has it, what is left, what may come next, what is not settled."""

from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from ledger.domain.facts.values import Quantity
from ledger.domain.subjects import amount
from ledger.domain.subjects.amount import Amounts
from ledger.domain.subjects.subject import Subject

S = TypeVar("S")


class OpenQuestion(Struct, frozen=True, kw_only=True):
    """Something about a thing that nobody has settled.

    Attributes:
        position: Of the refused report, or of the record that is a deviation.
        type: Type of the fact that was sent.
        state: `reported, refused` or `deviation`.
        rules: Rules that are still broken.
        sentence: What is open, and the way out.
    """

    position: int
    type: str
    state: str
    rules: tuple[str, ...] = ()
    sentence: str


class Card(Struct, frozen=True, kw_only=True):
    """One thing. Tags are empty where nothing is known.

    Attributes:
        tag: Its tag.
        what: What it is: `collected cells`, `final container`, `consignment`.
        status: How it stands, in one word.
        sentence: The same in one sentence for the person with the scanner.
        holder: Organisation that has it.
        place: Site where it is, or the consignment in which it travels.
        remaining: What is left in it; a negative amount is shown as it is.
        expires_at: Last moment at which it may be used, in UTC.
        conditions: What must hold while it is kept, carried or used; one short sentence each.
        chain: Chain of identity that it belongs to.
        donation: Donation that it came from.
        batch: Batch that made it.
        product: Product that it is, or is to become.
        holds: What is in it, or came of it: containers, donations.
        open: What nobody has settled, newest first.
        more_open: There are more of these than are listed.
        next: Fact types that naturally come next; none is asked for.
    """

    tag: str
    what: str
    status: str
    sentence: str
    holder: str = ""
    place: str = ""
    remaining: tuple[Quantity, ...] = ()
    expires_at: datetime | None = None
    conditions: tuple[str, ...] = ()
    chain: str = ""
    donation: str = ""
    batch: str = ""
    product: str = ""
    holds: tuple[str, ...] = ()
    open: tuple[OpenQuestion, ...] = ()
    more_open: bool = False
    next: tuple[str, ...] = ()


class States(Protocol):
    """The states of subjects as of one question."""

    @property
    def at(self) -> datetime:
        """The moment that is asked about: expiry is told by it."""
        ...

    def state(self, subject: Subject[S], tag: str) -> S:
        """The state of a subject under a tag; its empty state where nothing is known, or where there is no tag."""
        ...


class Maker(Protocol):
    """Makes the card of one kind of thing."""

    def __call__(self, states: States, tag: str) -> Card:
        """Makes it."""
        ...


class Layer(Protocol):
    """Adds to a card what a further subject knows of the thing, or returns it as it was."""

    def __call__(self, states: States, card: Card) -> Card:
        """Adds it."""
        ...


def quantities(amounts: Amounts) -> tuple[Quantity, ...]:
    """Returns amounts as they are sent, in the same order."""
    return tuple(Quantity(value=f"{number:f}", unit=unit, of=of or None) for unit, of, number in amounts)


def spoken(amounts: Amounts) -> str:
    """Says amounts: `118 mL, 1.40 10*9 viable-cd3`."""
    return ", ".join(amount.spoken(number, unit, of) for unit, of, number in amounts)


def clock(moment: datetime) -> str:
    """Says a moment: `9 Apr 2026 12:06 UTC`."""
    return f"{moment:%-d %b %Y %H:%M} UTC"


def fields_of(card: Card) -> dict[str, Any]:
    """Returns the fields of a card that are not empty, to compare and to show."""
    return {
        name: value for name in card.__struct_fields__ if (value := getattr(card, name)) not in ("", (), None, False)
    }
