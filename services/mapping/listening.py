"""Reads what a listener wants, or every violation with its path."""

from typing import Final

from coi.ledger.v1.feed_pb2 import FeedFilter, FollowRequest, ListFeedRequest
from ledger.api import Wanted
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from services.mapping import incoming

MOST_CHOSEN: Final = 64
"""Tags, and types, in one filter."""
MOST_FACTS: Final = 1_000
"""Facts on one page."""
USUAL_FACTS: Final = 100
"""Facts on a page when the caller does not say."""
LONGEST_WAIT: Final = 60
"""Seconds that a page is waited for."""

_LAST: Final = 2**53 - 1


def wanted(request: FollowRequest | ListFeedRequest) -> Wanted:
    """Reads whose feed is asked for, and what of it; checks the rest of the request.

    Raises:
        Malformed: With every violation and its path.
    """
    incoming.check(request)
    wrong = [*_bounds(request), *_filter(request.filter)]
    organisation = None
    if request.HasField("organisation"):
        try:
            recorder = incoming.organisation(request.organisation, "organisation")
            organisation = tag_of("organisation", recorder.organisation)
        except Malformed as error:
            wrong += error.violations
    if wrong:
        raise Malformed(wrong)
    return Wanted(
        organisation=organisation,
        tags=frozenset(request.filter.tags),
        types=frozenset(request.filter.types),
        refusals=request.filter.refusals,
    )


def _bounds(request: FollowRequest | ListFeedRequest) -> list[Violation]:
    wrong = []
    if request.after_position > _LAST:
        wrong.append(Violation("after_position", f"{request.after_position} is no position: at most {_LAST}"))
    if isinstance(request, ListFeedRequest):
        size, wait = request.page_size, request.wait_seconds
        if request.HasField("page_size") and not 1 <= size <= MOST_FACTS:
            wrong.append(Violation("page_size", f"{size} is out of bounds: 1 to {MOST_FACTS}"))
        if wait > LONGEST_WAIT:
            wrong.append(Violation("wait_seconds", f"{wait} is too long: at most {LONGEST_WAIT}, then ask again"))
    return wrong


def _filter(chosen: FeedFilter) -> list[Violation]:
    many = [
        Violation(f"filter.{name}", f"at most {MOST_CHOSEN}; given: {len(given)}")
        for name, given in (("tags", chosen.tags), ("types", chosen.types))
        if len(given) > MOST_CHOSEN
    ]
    if many:
        return many
    wrong: list[Violation] = []
    for number, text in enumerate(chosen.tags):
        try:
            incoming.label(text, f"filter.tags[{number}]")
        except Malformed as error:
            wrong += error.violations
    for number, name in enumerate(chosen.types):
        if name not in TYPES:
            told = f"{name!r} is no type of fact that this server knows: ListFactTypes names them"
            wrong.append(Violation(f"filter.types[{number}]", told))
    return wrong
