"""Asking a list: filters, pages that stay on one position, and rows counted by what they have in common."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.identifiers.tag import kind_of
from ledger.store.moments import microseconds, moment_of
from ledger.views.catalogue import BY_NAME
from ledger.views.entries import FLAWED, FOR_EVER, Entry, Group, Place, Wanted
from ledger.views.keeping import Views
from ledger.views.listing import NEVER, Cell, CellKind, Described, Listing, Timing

MOST_ROWS: Final = 500
"""Rows of one page."""

DEFAULT_ROWS: Final = 100
"""Rows of a page when nobody says how many."""

MOST_GROUPS: Final = 1_000
"""Groups of one count."""

BY: Final = ("site", "organisation", "person", "rule", "product", "what", "month")
"""What rows can be counted by."""

_SEAL: Final = 16
_NEVER: Final = microseconds(NEVER)


class ListQuestion(Struct, frozen=True, kw_only=True):
    """What is asked of a list: the rows of which everything given here holds.

    Attributes:
        name: Name of the list.
        site: Tag of a site; empty for any, as all the others.
        organisation: Tag of an organisation.
        person: Tag of a person.
        product: Tag of a product.
        rule: Id of a rule.
        about: Tag of any thing that a row names: a chain, a batch, a container, a case.
        start: The time of the row is not before this.
        end: The time of the row is before this.
        on: For a list of spans: the moment asked for; None for now.
    """

    name: str
    site: str = ""
    organisation: str = ""
    person: str = ""
    product: str = ""
    rule: str = ""
    about: str = ""
    start: datetime | None = None
    end: datetime | None = None
    on: datetime | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that rows must bear, the one that is likely to be the rarest first."""
        rule = f"rule:{self.rule}" if self.rule else ""
        found = (self.about, self.person, self.product, rule, self.site, self.organisation)
        return tuple(dict.fromkeys(filter(None, found)))


class ListRow(Struct, frozen=True, kw_only=True):
    """One row.

    Attributes:
        root: What it is about: a tag, or `fact:POSITION`.
        since: Position from which it stands so.
        at: Its time; None where it has none yet.
        late: It was due, and is late.
        cells: Values in the order of the columns.
        measure: What can be added up.
        flawed: This program could not work the row out.
    """

    root: str
    since: int
    at: datetime | None
    late: bool = False
    cells: tuple[Cell, ...]
    measure: int | None = None
    flawed: bool = False


class ListPage(Struct, frozen=True, kw_only=True):
    """One page of a list.

    Attributes:
        listing: The list.
        rows: In the order of time.
        next_token: Brings the next page; empty at the end.
        through: Complete through this position, on every page of it.
        at: The moment by which late is told, and for which a list of spans was asked.
    """

    listing: Described
    rows: tuple[ListRow, ...]
    next_token: str
    through: int
    at: datetime


class ListCounts(Struct, frozen=True, kw_only=True):
    """Rows of a list, counted.

    Attributes:
        listing: The list.
        by: What they were counted by.
        groups: In order; rows that have nothing of the kind are in none.
        complete: There are no more groups than are given.
        through: Complete through this position.
    """

    listing: Described
    by: str
    groups: tuple[Group, ...]
    complete: bool
    through: int


class Spot(Struct, frozen=True, array_like=True):
    """Where a reader of a list is: the position of the first page, the moment asked for, and the last row had."""

    known: int
    now: int
    at: int
    root: str
    part: str


def listing_of(name: str) -> Listing:
    """Returns a list by its name.

    Raises:
        Malformed: There is none.
    """
    if name not in BY_NAME:
        known = ", ".join(BY_NAME)
        raise Malformed([Violation("name", f"{name[:60]!r} is no list: choose one of {known}")])
    return BY_NAME[name]


def checked(question: ListQuestion) -> Listing:
    """Returns the list that a question asks.

    Raises:
        Malformed: There is no such list, or it cannot be asked so.
    """
    listing, wrong = listing_of(question.name), list[Violation]()
    for kind in ("site", "organisation", "person", "product"):
        tag: str = getattr(question, kind)
        if tag and kind_of(tag) != kind:
            wrong.append(Violation(kind, f"must be the tag of a {kind}: {kind}:SCHEME:VALUE"))
    if listing.timing is Timing.SPAN and (question.start is not None or question.end is not None):
        wrong.append(Violation("period", f"{listing.name} is asked for one moment, not for a period: give as_of"))
    if listing.timing is not Timing.SPAN and question.on is not None:
        text = f"{listing.name} has no rows of a moment: give a period, or the position it was known at"
        wrong.append(Violation("as_of.occurred", text))
    if question.start is not None and question.end is not None and question.start >= question.end:
        wrong.append(Violation("period", "must end after it starts: its end is not in it"))
    if wrong:
        raise Malformed(wrong)
    return listing


def spot_in(token: str, question: ListQuestion, origin: str) -> Spot:
    """Reads a page token.

    Raises:
        Malformed: It is no token of this question in this log.
    """
    try:
        octets = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        if octets[:_SEAL] == _seal(octets[_SEAL:], question, origin):
            return msgspec.msgpack.decode(octets[_SEAL:], type=Spot)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        pass
    way_out = "send the token as it came, with the very question that it came from, or none to begin again"
    raise Malformed([Violation("page_token", f"is no token of this question: {way_out}")])


def token_of(spot: Spot, question: ListQuestion, origin: str) -> str:
    """Writes a page token."""
    packed = msgspec.msgpack.encode(spot)
    return base64.urlsafe_b64encode(_seal(packed, question, origin) + packed).decode()


def _seal(packed: bytes, question: ListQuestion, origin: str) -> bytes:
    said = msgspec.json.encode((origin, question))
    return hashlib.sha256(len(said).to_bytes(8, "big") + said + packed).digest()[:_SEAL]


def wanted(question: ListQuestion, spot: Spot, limit: int) -> Wanted:
    """Says which entries a question wants."""
    asked = Wanted(
        list=question.name,
        labels=question.labels,
        known=spot.known,
        after=Place(spot.at, spot.root, spot.part),
        limit=limit,
    )
    if BY_NAME[question.name].timing is Timing.SPAN:
        return msgspec.structs.replace(asked, start=spot.now + 1, begun=spot.now)
    start = asked.start if question.start is None else microseconds(question.start)
    end = FOR_EVER if question.end is None else microseconds(question.end)
    return msgspec.structs.replace(asked, start=start, end=end)


def first_spot(question: ListQuestion, known: int, now: datetime) -> Spot:
    """Returns where the reader of a list begins."""
    return Spot(known, microseconds(question.on or now), -(2**63), "", "")


def page(views: Views, question: ListQuestion, spot: Spot, size: int, origin: str) -> ListPage:
    """Reads one page."""
    listing = checked(question)
    found = views.page(wanted(question, spot, size + 1))
    shown, token = found[:size], ""
    if len(found) > size:
        last = shown[-1]
        token = token_of(Spot(spot.known, spot.now, last.at, last.root, last.part), question, origin)
    return ListPage(
        listing=listing.described,
        rows=tuple(_row(listing, one, spot.now) for one in shown),
        next_token=token,
        through=spot.known,
        at=moment_of(spot.now),
    )


def counts(views: Views, question: ListQuestion, by: str, spot: Spot) -> ListCounts:
    """Counts rows.

    Raises:
        Malformed: They cannot be counted by this.
    """
    listing = checked(question)
    if by not in BY:
        raise Malformed([Violation("by", f"{by[:60]!r} is nothing to count by: choose one of {', '.join(BY)}")])
    groups = views.groups(wanted(question, spot, MOST_GROUPS + 1), by)
    return ListCounts(
        listing=listing.described,
        by=by,
        groups=tuple(groups[:MOST_GROUPS]),
        complete=len(groups) <= MOST_GROUPS,
        through=spot.known,
    )


def _row(listing: Listing, one: Entry, now: int) -> ListRow:
    return ListRow(
        root=one.root,
        since=one.since,
        at=None if one.at >= _NEVER else moment_of(one.at),
        late=listing.timing is Timing.DUE and one.at <= now,
        cells=tuple(_cells(listing, one.cells)),
        measure=one.measure,
        flawed=one.part == FLAWED,
    )


def _cells(listing: Listing, octets: bytes) -> Sequence[Cell]:
    values: list[object] = msgspec.json.decode(octets)
    types = {CellKind.TIME: datetime, CellKind.TEXTS: tuple[str, ...]}
    kinds = [types.get(column.kind) for column in listing.columns]
    return [
        value if kind is None or value is None else msgspec.convert(value, kind)  # type: ignore[misc]
        for kind, value in zip(kinds, values, strict=True)
    ]
