"""Reading lists asked of a server."""

from collections.abc import Callable
from datetime import datetime

from coi.ledger.v1 import inspection_pb2 as wire
from coi_client import Client
from ledger.api import DEFAULT_ROWS, AsOf, ListCounts, ListPage, ListQuestion
from services.mapping import lists


class RemoteLists:
    """The reading lists behind a client."""

    def __init__(self, client: Client, axes: Callable[[AsOf | None], wire.AsOf]) -> None:
        """Nothing is sent until something is asked."""
        self._client, self._axes = client, axes

    def read(
        self, question: ListQuestion, size: int = DEFAULT_ROWS, token: str = "", as_of: AsOf | None = None
    ) -> ListPage:
        """A page of a list."""
        request = wire.ReadListRequest(question=self._asked(question, as_of), page_size=size, page_token=token)
        return lists.read_page(self._client.read_list(request))

    def count(self, question: ListQuestion, by: str, as_of: AsOf | None = None) -> ListCounts:
        """Its rows, counted."""
        request = wire.CountListRequest(question=self._asked(question, as_of), by=by)
        return lists.read_counts(self._client.count_list(request), by)

    def _asked(self, question: ListQuestion, as_of: AsOf | None) -> wire.ListQuestion:
        return wire.ListQuestion(
            name=question.name,
            site=question.site,
            organisation=question.organisation,
            person=question.person,
            product=question.product,
            rule=question.rule,
            about=question.about,
            period=_period(question.start, question.end),
            as_of=self._axes(as_of),
        )


def _period(start: datetime | None, end: datetime | None) -> wire.Span:
    told = wire.Span()
    if start is not None:
        told.start.FromDatetime(start)
    if end is not None:
        told.end.FromDatetime(end)
    return told
