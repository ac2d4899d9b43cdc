"""The containers of a story as a table: where each is, who has it, how it stands, and what nobody knows."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from ledger.api import Container, Story
from services.cli import screen, timeline

_GONE = frozenset(("given", "used up", "destroyed"))
_BAD = frozenset(("lost", "quarantined", "rejected", "damaged", "returned"))


def newest(story: Story) -> dict[str, Container]:
    """Each container as it stands after the last step, in the order in which the story met them."""
    found: dict[str, Container] = {}
    for step in story.steps:
        found.update({one.container: one for one in step.containers})
    return found


def last(story: Story, *, width: int = 80) -> Table:
    """How each container stands after the last step."""
    grid = _grid(width, step=False)
    for one in newest(story).values():
        grid.add_row(*_cells(one, width))
    return grid


def every(story: Story, *, width: int = 80) -> Table:
    """How each container stood after every step that changed it."""
    grid = _grid(width, step=True)
    for row in timeline.rows(story):
        for place, one in enumerate(row.step.containers):
            lead = (str(row.step.fact.position), f"{row.day[4:-5]} {row.time}") if place == 0 else ("", "")
            grid.add_row(*lead, *_cells(one, width))
    return grid


def _grid(width: int, *, step: bool) -> Table:
    wide = width >= timeline.WIDE
    grid = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    if step:
        grid.add_column("#", justify="right", no_wrap=True)
        grid.add_column("time", max_width=12 if wide else 6, overflow="fold")
    grid.add_column("container", max_width=32 if wide and not step else 16, overflow="fold")
    grid.add_column("with", max_width=24 if wide else 14, overflow="fold")
    if wide:
        grid.add_column("left", max_width=20, overflow="fold")
    grid.add_column("how it stands", overflow="fold")
    return grid


def _cells(one: Container, width: int) -> tuple[str | Text, ...]:
    gone = _GONE.intersection(one.status)
    left = "" if gone else "\n".join(screen.printable(amount) for amount in one.remaining)
    wide = width >= timeline.WIDE
    return (_value(one.container), _with(one), *([left] if wide else []), _standing(one, left="" if wide else left))


def _value(tag: str) -> str:
    """A thing without its kind and scheme: what stands on it."""
    return screen.printable(tag.split(":", 2)[-1])


def _with(one: Container) -> str:
    """Who has it, and where."""
    place = _value(one.zone or one.site or one.consignment)
    holder = _value(one.holder)
    return "\n".join(dict.fromkeys(part for part in (holder, place) if part)) or "-"


def _standing(one: Container, *, left: str) -> Text:
    text = Text()
    for words, style in _pieces(one, left):
        if text:
            text.append("; ")
        text.append(words, style=style)
    return text


def _pieces(one: Container, left: str) -> Iterator[tuple[str, str]]:
    for word in one.status:
        yield word, "red" if word in _BAD else "dim" if word in _GONE else ""
    if one.temperature:
        yield screen.printable(one.temperature), ""
    if left:
        yield left.replace("\n", ", "), ""
    for gap in one.gaps:
        yield " ".join(_value(word) for word in gap.split()), "yellow"
    for question in one.questions:
        yield screen.printable(question), "yellow"
