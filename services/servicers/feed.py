"""Tells listeners what is recorded: as a stream, or a page at a time. One page of one listener is in memory at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from coi.ledger.v1 import feed_pb2 as wire
from ledger.api import Ledger, PartyGained, StoredFact, Wanted
from services.mapping import listening, outgoing
from services.servicers.news import News
from services.servicers.reads import Reads

LARGEST_PAGE: Final = 1024 * 1024
"""Bytes after which a page is full: with one fact more it stays under the 4 MiB that clients take."""

_SCANNING: Final = 2.0
"""Seconds after which a page that found nothing says how far it has come."""


@dataclass(frozen=True)
class Hours:
    """How long listeners stay, and how often they hear something.

    Attributes:
        beat: Seconds after which a stream with nothing to tell says its position.
        longest: Seconds after which a stream ends and is to be opened again.
    """

    beat: float = 15.0
    longest: float = 1_800.0


class _Page:
    """Events on the wire, as many as fit, and through where they are complete."""

    def __init__(self, through: int) -> None:
        self.events: list[wire.FollowResponse] = []
        self.through = through
        self.size = 0
        self.octets = 0
        self.full = False

    def read(self, ledger: Ledger, wanted: Wanted, most: int) -> "_Page":
        """Reads on. What does not fit is left to the next page, and so is everything at its position and after it."""
        found = ledger.feed(self.through, wanted, most)
        self.size, through = found.size, found.through
        for event in found.events:
            if self.octets >= LARGEST_PAGE:
                self.full, through = True, event.position - 1
                break
            self.events.append(_event(event))
            self.octets += self.events[-1].ByteSize()
        self.through = through
        return self

    @property
    def facts(self) -> int:
        """How many of the events are facts."""
        return sum(event.HasField("fact") for event in self.events)

    @property
    def at_head(self) -> bool:
        """There is no more yet."""
        return not self.full and self.through >= self.size


def _event(event: StoredFact | PartyGained) -> wire.FollowResponse:
    if isinstance(event, StoredFact):
        return wire.FollowResponse(fact=outgoing.stored_fact(event))
    return wire.FollowResponse(party_gained=outgoing.message(wire.PartyGained, event))


class FeedServicer:
    """The FeedService, method by method."""

    def __init__(self, ledger: Ledger, reads: Reads, news: News, hours: Hours) -> None:
        """Ledger and reads are shared with the other servicers; whoever made the news closes them."""
        self._ledger = ledger
        self._reads = reads
        self._news = news
        self._hours = hours

    async def Follow(self, request: wire.FollowRequest) -> AsyncIterator[wire.FollowResponse]:
        """From a position on, until the listener leaves, half an hour is over or the server stops."""
        wanted = listening.wanted(request)
        with self._news.streaming():
            self._news.reached(request.after_position)
            async for event in self._following(request, wanted):
                yield event

    async def _following(self, request: wire.FollowRequest, wanted: Wanted) -> AsyncIterator[wire.FollowResponse]:
        through, clock = request.after_position, asyncio.get_running_loop().time
        ends, told = clock() + self._hours.longest, clock()
        while True:
            page = await self._reads.page(_Page(through).read, self._ledger, wanted, listening.USUAL_FACTS)
            for event in page.events:
                yield event
            through = page.through
            self._news.reached(through)
            if page.events or page.at_head or clock() - told >= min(_SCANNING, self._hours.beat):
                yield wire.FollowResponse(through_position=through)
                told = clock()
            if self._news.over or clock() >= ends or (page.at_head and request.until_head):
                return
            if page.at_head:
                await self._news.beyond(through, min(self._hours.beat, ends - clock()))

    async def ListFeed(self, request: wire.ListFeedRequest) -> wire.ListFeedResponse:
        """One page; waited for when there is nothing and the caller wishes."""
        wanted = listening.wanted(request)
        most = request.page_size or listening.USUAL_FACTS
        clock = asyncio.get_running_loop().time
        ends = clock() + request.wait_seconds
        page = await self._filled(_Page(request.after_position), wanted, most)
        while page.at_head and not page.events and clock() < ends and not self._news.over:
            await self._news.beyond(page.through, ends - clock())
            page = await self._filled(page, wanted, most)
        return wire.ListFeedResponse(events=page.events, through_position=page.through, more=not page.at_head)

    async def _filled(self, page: "_Page", wanted: Wanted, most: int) -> "_Page":
        """Reads on until the page is full, the head is reached, or it takes too long."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _SCANNING
        while True:
            await self._reads.page(page.read, self._ledger, wanted, most - page.facts)
            if page.at_head or page.full or page.facts >= most or clock() >= ends:
                return page
