"""Who is party to a chain: which organisations its facts concern, and since when. Pure, one fact after the other.

A chain is opened by CoiAssigned: whoever records it, and whom it names, are the first parties. After that only a fact
recorded by a party makes another organisation one. So nobody joins a chain by sending a fact about it, and nobody is
drawn in by a stranger. Who took over an organisation stands in its place from then on. Who is only told of something
(a report, a notice, a disclosure) does not take part in it. A refusal makes nobody a party. A party stays one,
whatever is corrected later: what was told cannot be untold, and who was told must be known.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from ledger.audit.asked import own_tags
from ledger.domain.facts import counting
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record
from ledger.domain.facts.registry import SiteRegistered
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.subject import Statement

OPENING: Final = "CoiAssigned"
"""The type that opens a chain."""

TELLING: Final = frozenset(
    ("ReportSubmitted", "NoticeSent", "NoticeAnswered", "LegalHoldPlaced", "LegalHoldLifted", "DisclosureMade")
)
"""Types that name an organisation which was told of something, or asks for it, and is no party to it by that."""


class Gain(Struct, frozen=True):
    """How an organisation became party to a chain.

    Attributes:
        position: Of the fact that did it.
        missed: Others had recorded facts of the chain before: the organisation has not been sent those.
    """

    position: int
    missed: bool


class Parties(Struct, frozen=True):
    """The parties of one chain, as of a position.

    Attributes:
        since: By the organisation's tag: how it became a party.
        recorders: Organisations that recorded facts of the chain, parties or not.
        through: Position up to which facts were taken into account.
    """

    since: Mapping[str, Gain] = MappingProxyType({})
    recorders: frozenset[str] = frozenset()
    through: int = 0

    @property
    def weight(self) -> int:
        """What a bounded store counts."""
        return 1 + len(self.since) + len(self.recorders)

    def includes(self, organisation: str, position: int) -> bool:
        """Whether an organisation was a party when the fact at a position was recorded, by that fact at the latest."""
        gain = self.since.get(organisation)
        return gain is not None and gain.position <= position


class Mention(Struct, frozen=True):
    """What one recorded fact of a chain says about who takes part in it.

    Attributes:
        position: Its position.
        recorder: Tag of the organisation that recorded it.
        names: Tags of the organisations that it names, or whose sites it names.
        opens: It opens this chain.
        stands_for: Organisations that the recorder had taken over by then: it takes part where they did.
    """

    position: int
    recorder: str
    names: frozenset[str] = frozenset()
    opens: bool = False
    stands_for: frozenset[str] = frozenset()


def admit(parties: Parties, mention: Mention) -> Parties:
    """Takes the next fact of a chain into account."""
    recorder = mention.recorder
    ours = parties.since.keys() & {recorder, *mention.stands_for}
    entitled = bool(ours) or (mention.opens and not parties.since)
    joining = {recorder, *mention.names} - parties.since.keys() if entitled else set()
    gained = {one: Gain(mention.position, missed=bool(parties.recorders - {one})) for one in joining}
    return Parties(
        since=MappingProxyType({**parties.since, **gained}) if gained else parties.since,
        recorders=parties.recorders | {recorder},
        through=mention.position,
    )


def mention(
    record: Record, recorder: str, chain: str, run_by: Mapping[str, str], stands_for: frozenset[str] = frozenset()
) -> Mention:
    """Reads what a recorded fact says about who takes part in a chain.

    Args:
        record: The fact; for a record about a fact, what it makes of that one counts.
        recorder: Tag of the organisation that recorded it.
        chain: Tag of the chain.
        run_by: Who runs each site that the fact names, by their tags.
        stands_for: Whom the recorder had taken over by then.
    """
    effect = record.verdict.effect
    content = counting.inside(record.content) if effect is None else effect.content
    if (record.content if content is None else content).type in TELLING:
        return Mention(record.stamp.position, recorder, stands_for=stands_for)
    tags = own_tags(record)
    named = {tag for tag in tags if kind_of(tag) == "organisation"} | {run_by.get(tag, "") for tag in sites(record)}
    opens = content is not None and content.type == OPENING and chain in tags
    return Mention(record.stamp.position, recorder, frozenset(named - {""}), opens, stands_for)


def sites(record: Record) -> set[str]:
    """Tags of the sites that a fact names: where it was done, whither a consignment goes."""
    return {tag for tag in own_tags(record) if kind_of(tag) == "site"}


def counts(record: Record) -> bool:
    """Whether a fact can make anybody a party: not what was refused, nor what nobody judged but for history."""
    judged = record.verdict.judged or isinstance(record.content.fact, HistoricRecordImported)
    return record.verdict.outcome is not Outcome.REFUSED and judged


def operator_of(site: str, known: Iterable[Statement], record: Record) -> str:
    """Tag of the organisation that runs a site, as the register said when a fact was recorded; empty if it did not.

    Args:
        site: Tag of the site.
        known: What the register says of it, in the order of positions; what lies after the fact is left out.
        record: The fact.
    """
    entries: dict[int, Statement] = {}
    for stated in known:
        if stated.known <= record.stamp.position:
            entries[stated.target] = stated
    at = record.stamp.recorded_at
    newest = max((one for one in entries.values() if one.effective <= at and _of(one, site)), key=_place, default=None)
    return "" if newest is None else _of(newest, site)


def _place(stated: Statement) -> tuple[datetime, int]:
    return stated.key


def _of(stated: Statement, site: str) -> str:
    """Who runs the site by one entry; empty when the entry no longer counts, or is that of another site."""
    fact = stated.content.fact if stated.content is not None else None
    if isinstance(fact, SiteRegistered) and tag_of("site", fact.site) == site:
        return tag_of("organisation", fact.organisation)
    return ""
