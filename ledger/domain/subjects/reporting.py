"""The subject of what has to be reported: when it was learnt of, and which reports were sent. No due date is folded."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from ledger.domain.facts import tagging
from ledger.domain.facts.about import Fact
from ledger.domain.facts.content import Content
from ledger.domain.facts.exceptional_supply import OutOfSpecificationSupplyAccepted
from ledger.domain.facts.licensing import Authority, MasterFileVersionApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.safety import DeviationRaised
from ledger.domain.facts.sites import SiteSuspendedByHolder
from ledger.domain.facts.vigilance import (
    AdverseEventReported,
    AdverseReactionKind,
    AdverseReactionReported,
    DefectReported,
    ReportKind,
    ReportSubmitted,
    Seriousness,
    UrgentSafetyMeasureTaken,
)
from ledger.domain.subjects.subject import Entry, Subject

_MOST: Final = 64
"""Reports that one case, batch or site remembers: the newest."""

_TISSUE: Final = (ReportKind.SERIOUS_ADVERSE_EVENT_OR_REACTION, ReportKind.SERIOUS_ADVERSE_FOLLOW_UP)
_FATAL: Final = frozenset((Seriousness.DEATH, Seriousness.LIFE_THREATENING))

ABOUT: Final = ("case", "batch", "deviation", "site", "masterfile", "authorisation", "coi")
"""What a report can be about: fields of `ReportSubmitted`, and the kinds of their tags."""


_Sort = tuple[ReportKind, bool, bool]
"""Which report; of something serious; of something fatal."""

_Told = Callable[[Any], Iterator[_Sort]]


class Learnt(Struct, frozen=True, kw_only=True):
    """Somebody learnt of something that is to be reported.

    Attributes:
        report: Which report.
        at: When they learnt of it.
        serious: An adverse reaction that meets a criterion of seriousness.
        fatal: One of which somebody died or could have died.
    """

    report: ReportKind
    at: datetime
    serious: bool = False
    fatal: bool = False

    @property
    def of(self) -> _Sort:
        """What is to be reported, whenever it was learnt of."""
        return (self.report, self.serious, self.fatal)


class Submitted(Struct, frozen=True, kw_only=True):
    """A report that was sent.

    Attributes:
        own: Its recipient is the organisation that recorded it: nobody else was told, and it meets no clock.
        authority: The authority that got it; None where that is not said.
        period_to: Last day that a periodic report covers, `YYYY-MM-DD`; empty where that is not said.
    """

    report: ReportKind
    at: datetime
    position: int
    own: bool = False
    authority: Authority | None = None
    period_to: str = ""


class Reporting(Struct, frozen=True, kw_only=True):
    """What has to be reported of one case, batch, deviation, site or trial, and what was.

    Attributes:
        learnt: The earliest of each sort; of issues that a control site notifies each one.
        submitted: Reports, newest last.
        since: Of a master file: when its first version took effect, from which it is reported on each year.
    """

    learnt: tuple[Learnt, ...] = ()
    submitted: tuple[Submitted, ...] = ()
    since: datetime | None = None


def _reaction(fact: AdverseReactionReported) -> Iterator[_Sort]:
    serious, fatal = fact.seriousness is not Seriousness.NOT_SERIOUS, fact.seriousness in _FATAL
    if fact.kind is AdverseReactionKind.SUSPECTED_ADVERSE_REACTION:
        yield ReportKind.SUSPECTED_ADVERSE_REACTION, serious, fatal
    elif fact.kind is AdverseReactionKind.SUSAR:
        yield ReportKind.SUSAR, True, fatal
    elif fact.kind is AdverseReactionKind.SERIOUS_ADVERSE_REACTION or serious:
        yield from ((report, True, fatal) for report in _TISSUE)


def _event(fact: AdverseEventReported) -> Iterator[_Sort]:
    if fact.harm_possible is not False:
        yield from ((report, True, False) for report in _TISSUE)


def _defect(fact: DefectReported) -> Iterator[_Sort]:
    if fact.may_lead_to_recall is not False:
        yield ReportKind.DEFECT, False, False


def _measure(_fact: UrgentSafetyMeasureTaken) -> Iterator[_Sort]:
    yield ReportKind.URGENT_SAFETY_MEASURE, False, False


def _supply(_fact: OutOfSpecificationSupplyAccepted) -> Iterator[_Sort]:
    yield ReportKind.OUT_OF_SPECIFICATION, False, False


def _deviation(fact: DeviationRaised) -> Iterator[_Sort]:
    if fact.calls_for is not None:
        yield fact.calls_for, False, False


def _stopped(_fact: SiteSuspendedByHolder) -> Iterator[_Sort]:
    """That a site was suspended is an issue that the control site notifies (our reading: no list of them is known)."""
    yield ReportKind.REPORTABLE_ISSUE, False, False


def _version(_fact: MasterFileVersionApproved) -> Iterator[_Sort]:
    """Nothing by itself: the report of each year runs from the first version (`Reporting.since`)."""
    yield from ()


def _sent(fact: ReportSubmitted) -> Iterator[_Sort]:
    """What no earlier fact tells, and the report itself says when it was learnt of."""
    if fact.known_at is not None:
        yield fact.report, False, False


_LEARNT: Final[Mapping[type[Fact], tuple[tuple[str, ...], Callable[[Any], Iterator[_Sort]]]]] = MappingProxyType(
    {
        AdverseReactionReported: (("case",), _reaction),
        AdverseEventReported: (("case",), _event),
        DefectReported: (("case",), _defect),
        UrgentSafetyMeasureTaken: (("authorisation",), _measure),
        OutOfSpecificationSupplyAccepted: (("batch",), _supply),
        DeviationRaised: ((), _deviation),
        SiteSuspendedByHolder: (("site",), _stopped),
        MasterFileVersionApproved: (("masterfile",), _version),
        ReportSubmitted: (ABOUT, _sent),
    }
)
"""Facts by which somebody learns of something, what that is about, and what is to be reported of it."""


def places(fact: Fact) -> tuple[str, ...]:
    """Returns the tags under which a fact starts or meets reporting clocks."""
    kinds = _LEARNT[type(fact)][0] if type(fact) in _LEARNT else ()
    return tuple(tag for kind in kinds if (tag := tag_of(kind, getattr(fact, kind))))


def learnt(content: Content, at: datetime) -> tuple[Learnt, ...]:
    """Returns what a fact tells that has to be reported.

    Args:
        content: The fact.
        at: When it counts from: nobody learns of a thing later than they report it.
    """
    fact = content.fact
    if type(fact) not in _LEARNT:
        return ()
    known = getattr(fact, "known_at", None)
    moment = at if known is None else min(known, at)
    return tuple(
        Learnt(report=report, at=moment, serious=serious, fatal=fatal)
        for report, serious, fatal in _LEARNT[type(fact)][1](fact)
    )


def _reporting(state: Reporting, entry: Entry) -> Reporting:
    fact = entry.content.fact
    raised = isinstance(fact, DeviationRaised) and entry.tag == tagging.deviation(entry.position)
    if not raised and entry.tag not in places(fact):
        return state
    earliest = {_told_apart(item): item for item in state.learnt}
    for item in learnt(entry.content, entry.at):
        of = _told_apart(item)
        if of not in earliest or item.at < earliest[of].at:
            earliest[of] = item
    state = msgspec.structs.replace(state, learnt=tuple(earliest.values())[-_MOST:])
    if isinstance(fact, MasterFileVersionApproved):
        return msgspec.structs.replace(state, since=min(state.since or entry.at, entry.at))
    if isinstance(fact, ReportSubmitted):
        own = tag_of("organisation", fact.recipient) == tag_of("organisation", entry.content.envelope.organisation)
        sent = Submitted(
            report=fact.report,
            at=entry.at,
            position=entry.position,
            own=own,
            authority=fact.authority,
            period_to=fact.period_to or "",
        )
        state = msgspec.structs.replace(state, submitted=(*state.submitted, sent)[-_MOST:])
    return state


def _told_apart(item: Learnt) -> object:
    """By what things that were learnt are told apart: issues that a control site notifies by when they were, too."""
    return (item.of, item.at) if item.report is ReportKind.REPORTABLE_ISSUE else item.of


REPORTING = Subject(
    name="Reporting",
    kinds=ABOUT,
    types=frozenset(struct.__name__ for struct in _LEARNT),
    empty=Reporting(),
    fold=_reporting,
)
