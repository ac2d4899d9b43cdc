"""Where a listener is in the feed, and when it may connect again; the two faces of the client perform it."""

from collections.abc import Collection
from dataclasses import dataclass

from coi.ledger.v1 import feed_pb2 as wire
from coi.ledger.v1.values_pb2 import Identifier
from coi_client import errors
from coi_client.answers import Heard
from coi_client.errors import Failure
from coi_client.retrying import Retrying


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whose feed, and what of it.

    Attributes:
        organisation: For whom; left out: the operator, who hears of everything.
        tags: Only facts that bear one of these.
        types: Only facts of one of these types, or about one.
        refusals: Refused reports too.
    """

    organisation: Identifier | None = None
    tags: Collection[str] = ()
    types: Collection[str] = ()
    refusals: bool = False

    @property
    def _filter(self) -> wire.FeedFilter:
        return wire.FeedFilter(tags=self.tags, types=self.types, refusals=self.refusals)

    def page(self, after: int, size: int, wait: int) -> wire.ListFeedRequest:
        """Asks for one page of it."""
        return wire.ListFeedRequest(
            after_position=after, organisation=self.organisation, filter=self._filter, page_size=size, wait_seconds=wait
        )

    def stream(self, after: int, *, until_head: bool) -> wire.FollowRequest:
        """Asks for all of it."""
        return wire.FollowRequest(
            after_position=after, organisation=self.organisation, filter=self._filter, until_head=until_head
        )


def heard(event: wire.FollowResponse) -> Heard:
    """Reads one piece of a feed. After a gain alone, the fact that did it is still to come."""
    match event.WhichOneof("event"):
        case "fact":
            return Heard(event.fact.position, fact=event.fact)
        case "party_gained":
            return Heard(event.party_gained.position - 1, gained=event.party_gained)
        case _:
            return Heard(event.through_position)


class Following:
    """One listener.

    Attributes:
        position: The last position that was given to the caller.
        done: There is no more to come: the head was reached, and that was wanted.
    """

    def __init__(self, retrying: Retrying, after: int, wanted: Wanted, *, until_head: bool) -> None:
        """Starts after a position."""
        self.position = after
        self.done = False
        self._retrying = retrying
        self._wanted = wanted
        self._until_head = until_head
        self._attempt = 0

    def request(self) -> wire.FollowRequest:
        """What to ask for now."""
        return self._wanted.stream(self.position, until_head=self._until_head)

    def take(self, event: wire.FollowResponse) -> Heard:
        """Takes the next piece: the line is good, and the place has moved."""
        self._attempt = 0
        found = heard(event)
        self.position = max(self.position, found.position)
        return found

    def ended(self) -> float:
        """The server ended the stream, as it does in good order now and then: returns the seconds to wait."""
        self.done = self._until_head
        return self._retrying.first_pause

    def broken(self, failure: Failure) -> float:
        """The line broke: returns the seconds to wait.

        Raises:
            ClientError: It broke too often without anything heard in between, or waiting cannot mend it.
        """
        self._attempt += 1
        seconds = self._retrying.pause(failure, self._attempt)
        if seconds is None:
            raise errors.of(failure)
        return seconds
