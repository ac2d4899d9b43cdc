"""How a played story leaves things, and what it leaves open: held against what the story says of its end.

A container stands as its replay leaves it (`given`, `destroyed`, `held, quarantined`); anything else as its card says,
by its word (`released`) or the beginning of its sentence (`closed as infused`). What is open are the rows of the
reading lists of unsettled things. Both are asked of the ledger as anybody asks it.
"""

from collections.abc import Iterator
from typing import Final

from ledger.api import MOST_ROWS, Container, ListQuestion
from services.cli import containers
from services.cli.running import Run
from services.cli.source import Source
from services.cli.story import StoryFile

OPEN: Final = (
    "unresolved-refusals",
    "open-deviations",
    "open-transfers",
    "open-questions",
    "reports-due",
    "notices-unanswered",
    "follow-up-due",
    "follow-up-lost",
)
"""Reading lists of what nobody has settled yet. A story that says how it ends names each that is not empty; it may name
any other list too."""

_CONTAINER: Final = "material:"
NOTHING: Final = "not known"


def differences(told: StoryFile, source: Source, run: Run | None = None, *, alone: bool = True) -> Iterator[str]:
    """Tells where the ledger does not stand as a story ends; nothing of a story that does not say.

    Args:
        told: The story, as it was played to its end.
        source: The ledger.
        run: Under whose ids it was played.
        alone: The ledger holds nothing else, so that its lists are those of the story.
    """
    if not told.state:
        return
    known: dict[str, Container] = {}
    for thing, wanted in told.state.items():
        tag = thing if run is None else run.tag(thing)
        found = _stands(source, tag, known)
        if wanted not in found:
            yield f"{tag}: expected {wanted}, found {found[-1]}"
    for name in dict.fromkeys((*OPEN, *told.open)) if alone else ():
        rows = len(source.lists.read(ListQuestion(name=name), MOST_ROWS).rows)
        if rows != (wanted_rows := told.open.get(name, 0)):
            yield f"list {name}: expected {wanted_rows}, found {rows}"


def _stands(source: Source, tag: str, known: dict[str, Container]) -> tuple[str, ...]:
    """How a thing stands, in the words that may be said of it; the story of a container tells all that it meets."""
    card = next((card for card in source.look_up(tag).cards if card.tag == tag), None)
    if card is None:
        return (NOTHING,)
    if not tag.startswith(_CONTAINER):
        return card.status, card.sentence.partition(",")[0].rstrip(".").lower()
    if tag not in known:
        known |= containers.newest(source.replay(tag))
    return (", ".join(known[tag].status),) if tag in known else (NOTHING,)
