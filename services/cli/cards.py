"""A look-up on the screen: what was read, and the card of each thing."""

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.api import Card, LookedUp, Told
from services.cli import screen

LABELS: Final = 17
"""Columns of the names of fields."""


def show(console: Console, found: LookedUp) -> None:
    """Prints what was read, then the cards, then through which position they are complete."""
    for told in found.readings:
        _reading(console, told, known=bool(found.tags))
    for one in found.identifiers:
        if not one.known:
            screen.plain(console, f"{screen.printable(one.scheme)}:{screen.printable(one.value)} is not in the ledger")
    for card in found.cards:
        _card(console, card)
    if len(found.tags) > len(found.cards):
        rest = ", ".join(found.tags[len(found.cards) :])
        screen.plain(console, f"and {rest}: ask for one of these")
    if not found.tags:
        screen.plain(console, "nothing of that name is in the ledger")
    screen.plain(console, f"complete through position {found.through}, as of {screen.said(found.at)}", "dim")


def _reading(console: Console, told: Told, *, known: bool) -> None:
    if told.identity:
        kinds = ", ".join(kind.replace("_", " ").lower() for kind in told.identity)
        screen.plain(console, f"{told.what}: {told.problem} ({kinds})", "yellow")
    elif told.what and not told.problem:
        screen.plain(console, told.what, "dim")
    elif told.what or not known:
        screen.plain(console, f"{told.what}: {told.problem}" if told.what else told.problem, "yellow")


def _card(console: Console, card: Card) -> None:
    console.print()
    console.print(Text(screen.printable(card.tag), style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", max_width=LABELS)
    table.add_column(ratio=1, overflow="fold")
    for name, words in _lines(card):
        table.add_row(Text(name), Text(screen.printable(words)))
    console.print(Padding(table, (0, 0, 1, 2)))


def _lines(card: Card) -> Iterator[tuple[str, str]]:
    yield card.what, f"{card.status.upper()}: {card.sentence}"
    for name in ("holder", "place", "chain", "donation", "batch", "product"):
        if value := getattr(card, name):
            yield name, value
    if card.remaining:
        left = (" ".join(filter(None, (one.value, one.unit, one.of))) for one in card.remaining)
        yield "remaining", ", ".join(left)
    if card.expires_at is not None:
        yield "use by", screen.said(card.expires_at)
    yield from (("condition", words) for words in card.conditions)
    yield from (("holds", tag) for tag in card.holds)
    yield from (("open", one.sentence) for one in card.open)
    if card.more_open:
        yield "open", "and more: search for them with coi search"
    if card.next:
        yield "next", ", ".join(card.next)
