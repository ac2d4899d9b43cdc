"""Where a reading command reads: a server over gRPC, or a store that it opens itself. Both answer in the same types."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ledger.api import (
    DEFAULT_FACTS,
    DEFAULT_ROWS,
    AsOf,
    LedgerInfo,
    ListCounts,
    ListPage,
    ListQuestion,
    LookedUp,
    Page,
    Question,
    Scanned,
    Scope,
    StoredFact,
    Story,
    Trace,
    rejudging,
)
from services.cli.failing import Failure, explained
from services.settings import Settings


class Lists(Protocol):
    """The reading lists, as they can be asked."""

    def read(
        self, question: ListQuestion, size: int = DEFAULT_ROWS, token: str = "", as_of: AsOf | None = None
    ) -> ListPage:
        """A page of a list."""
        ...

    def count(self, question: ListQuestion, by: str, as_of: AsOf | None = None) -> ListCounts:
        """Its rows, counted."""
        ...


class Pages(Protocol):
    """Judges again, page by page."""

    def page(self, question: rejudging.Again, after: int = 0, through: int = 0) -> rejudging.Judgement:
        """A page of facts judged again. Raises NotFound."""
        ...


class Source(Protocol):
    """What can be asked."""

    def info(self) -> LedgerInfo:
        """Describes the ledger."""
        ...

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        """The story of one thing. Raises NotFound."""
        ...

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        """Its lineage. Raises NotFound."""
        ...

    def recall_scope(self, subject: str, as_of: AsOf | None = None) -> Scope:
        """The scope of a case, or of a thing. Raises NotFound."""
        ...

    def find(self, text: str) -> tuple[str, ...]:
        """Full tags of what somebody typed."""
        ...

    def look_up(self, asked: Sequence[Scanned] | str, as_of: AsOf | None = None) -> LookedUp:
        """What bar codes or a text name, with the card of each thing that is known."""
        ...

    def search(self, question: Question, size: int = DEFAULT_FACTS, token: str = "") -> Page:
        """A page of a search."""
        ...

    @property
    def lists(self) -> Lists:
        """The reading lists."""
        ...

    @property
    def rejudging(self) -> "Pages":
        """What judges again."""
        ...

    def fact(self, position: int) -> StoredFact:
        """One stored fact. Raises NotFound."""
        ...


@contextmanager
def opened(settings: Settings, *, target: str | None, dsn: str | None, data: Path | None) -> Iterator[Source]:
    """Opens what the options name; the local server when they name nothing.

    Raises:
        Failure: They name several things, or what they name cannot be reached.
    """
    given = [name for name, value in (("--target", target), ("--dsn", dsn), ("--data", data)) if value is not None]
    if len(given) > 1:
        raise Failure(f"{' and '.join(given)} name different stores: give one of them")
    with explained(), _chosen(settings, target=target, dsn=dsn, data=data) as source:
        yield source


def _chosen(
    settings: Settings, *, target: str | None, dsn: str | None, data: Path | None
) -> AbstractContextManager[Source]:
    if dsn is not None or data is not None:
        from services import wiring

        return wiring.library(settings, dsn=dsn, data=data)
    from services.cli.remote import asked

    return asked(target or settings.target)
