"""Which calls stay open to hear of what comes. They have places and limits of their own."""

from typing import Final

_FEED: Final = "/coi.ledger.v1.FeedService/"


def listens(method: str) -> bool:
    """Tells whether a method listens: it may last long, and ends itself."""
    return method.startswith(_FEED)
