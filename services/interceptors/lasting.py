"""Which calls may last: listeners, and streams of facts. They have places and limits of their own."""

from typing import Final

_FEED: Final = "/coi.ledger.v1.FeedService/"
_STREAM: Final = "/coi.ledger.v1.RecordsService/RecordStream"


def listens(method: str) -> bool:
    """Tells whether a method listens: it may last long, and ends itself."""
    return method.startswith(_FEED)


def converses(method: str) -> bool:
    """Tells whether a method takes a stream of facts: it lasts up to half an hour, and ends itself."""
    return method == _STREAM
