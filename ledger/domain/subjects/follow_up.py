"""Subjects of the time after a treatment: plan, visits, contact, centre; death, later therapies; own consent.

No due date is folded: when a visit is due, and whether it is late, is worked out by `rules/following_up.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.enrolment import ConsentGiver, ConsentRecorded
from ledger.domain.facts.follow_up import (
    ContactRegained,
    FollowUpFindingKind,
    FollowUpFindingOutcome,
    FollowUpMode,
    FollowUpResponsibilityTransferred,
    FollowUpScheduled,
    FollowUpVisitCompleted,
    FollowUpWindow,
    LossCause,
    PatientDied,
    PatientLostToFollowUp,
    SubsequentTherapyGiven,
    SubsequentTherapyKind,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.subject import Entry, Subject

MOST_VISITS: Final = 256
"""Visits that one chain remembers: the newest."""

_MOST: Final = 64
"""Hand-overs between centres, later therapies and consents that are remembered: the newest."""


class Seen(Struct, frozen=True, kw_only=True):
    """A follow-up visit that took place.

    Attributes:
        visit: Its name in the plan, or any other.
        at: When.
        position: The fact.
        site: Centre that saw the patient or asked.
        found: What was found of what was looked for; what was looked for and not found is left out.
    """

    visit: str
    at: datetime
    position: int
    site: str
    mode: FollowUpMode
    found: tuple[FollowUpFindingKind, ...] = ()


class FollowUp(Struct, frozen=True, kw_only=True):
    """The long-term follow-up after the treatment of one chain.

    Attributes:
        scheduled: Position of the newest plan; 0 while there is none.
        plan: Which, with its version.
        patient: Pseudonym followed.
        product: Product given.
        treated_on: Day of the treatment, `YYYY-MM-DD`; empty while there is no plan.
        windows: Visits that the plan asks for.
        until: Last day of the follow-up, where the plan says one.
        centre: Centre responsible now.
        handed_over: (position, leaving, joining) of each change of centre.
        seen: Visits that took place.
        lost: Position of the newest loss that stands; 0 while the patient is in contact.
        lost_since: When contact was lost.
        lost_for: Why.
    """

    scheduled: int = 0
    plan: str = ""
    patient: str = ""
    product: str = ""
    treated_on: str = ""
    windows: tuple[FollowUpWindow, ...] = ()
    until: str = ""
    centre: str = ""
    handed_over: tuple[tuple[int, str, str], ...] = ()
    seen: tuple[Seen, ...] = ()
    lost: int = 0
    lost_since: datetime | None = None
    lost_for: LossCause | None = None

    @property
    def malignancies(self) -> tuple[int, ...]:
        """Positions of the visits at which a malignancy was found."""
        return tuple(one.position for one in self.seen if FollowUpFindingKind.MALIGNANCY in one.found)


def _follow_up(state: FollowUp, entry: Entry) -> FollowUp:
    fact, position = entry.content.fact, entry.position
    if isinstance(fact, FollowUpScheduled):
        return msgspec.structs.replace(
            state,
            scheduled=position,
            plan=fact.plan,
            patient=tag_of("patient", fact.patient),
            product=tag_of("product", fact.product),
            treated_on=fact.treated_on,
            windows=fact.visits,
            until=fact.until or "",
            centre=tag_of("site", fact.site),
        )
    if isinstance(fact, FollowUpVisitCompleted):
        return _in_contact(state, seen=(*state.seen, _seen(fact, entry))[-MOST_VISITS:])
    if isinstance(fact, PatientLostToFollowUp):
        return msgspec.structs.replace(state, lost=position, lost_since=entry.at, lost_for=fact.cause)
    if isinstance(fact, ContactRegained):
        return _in_contact(state)
    if isinstance(fact, FollowUpResponsibilityTransferred):
        change = (position, tag_of("site", fact.leaving), tag_of("site", fact.joining))
        return msgspec.structs.replace(state, centre=change[2], handed_over=(*state.handed_over, change)[-_MOST:])
    return state


def _seen(fact: FollowUpVisitCompleted, entry: Entry) -> Seen:
    found = (one.kind for one in fact.findings if one.outcome is FollowUpFindingOutcome.FOUND)
    return Seen(
        visit=fact.visit,
        at=entry.at,
        position=entry.position,
        site=tag_of("site", fact.site),
        mode=fact.mode,
        found=tuple(dict.fromkeys(found)),
    )


def _in_contact(state: FollowUp, **more: tuple[Seen, ...]) -> FollowUp:
    """A patient who was seen is not lost any more."""
    return msgspec.structs.replace(state, lost=0, lost_since=None, lost_for=None, **more)


FOLLOW_UP = Subject(
    name="FollowUp",
    kinds=("coi",),
    types=frozenset(
        (
            "FollowUpScheduled",
            "FollowUpVisitCompleted",
            "PatientLostToFollowUp",
            "ContactRegained",
            "FollowUpResponsibilityTransferred",
        )
    ),
    empty=FollowUp(),
    fold=_follow_up,
)


class Therapy(Struct, frozen=True, kw_only=True):
    """A therapy given after the treatment.

    Attributes:
        position: The fact.
        day: Day on which it was given, where it says one.
        at: When it is said to have happened.
    """

    position: int
    kind: SubsequentTherapyKind
    at: datetime
    day: str = ""


class Afterwards(Struct, frozen=True, kw_only=True):
    """What became of a patient, whatever chain it is told of.

    Attributes:
        died: Position of the report of death; 0 while nobody reported one.
        died_on: Day of death, `YYYY-MM-DD`; empty where it is not known.
        died_by: When the death had happened at the latest.
        therapies: Later therapies, oldest first.
    """

    died: int = 0
    died_on: str = ""
    died_by: datetime | None = None
    therapies: tuple[Therapy, ...] = ()


def _afterwards(state: Afterwards, entry: Entry) -> Afterwards:
    fact = entry.content.fact
    if isinstance(fact, PatientDied):
        day = fact.died_on or state.died_on
        by = entry.at if state.died_by is None else min(state.died_by, entry.at)
        return msgspec.structs.replace(state, died=state.died or entry.position, died_on=day, died_by=by)
    if isinstance(fact, SubsequentTherapyGiven):
        one = Therapy(position=entry.position, kind=fact.kind, at=entry.at, day=fact.given_on or "")
        return msgspec.structs.replace(state, therapies=(*state.therapies, one)[-_MOST:])
    return state


AFTERWARDS = Subject(
    name="Afterwards",
    kinds=("patient",),
    types=frozenset(("PatientDied", "SubsequentTherapyGiven")),
    empty=Afterwards(),
    fold=_afterwards,
)


class Due(Struct, frozen=True, kw_only=True):
    """A consent given for a child, after which own consent is due.

    Attributes:
        day: Day on which own consent is due, `YYYY-MM-DD`.
        position: The consent that says so.
        met: Position of the own consent given since; 0 while there is none.
        met_at: When that was given.
    """

    day: str
    position: int
    met: int = 0
    met_at: datetime | None = None


class OwnConsent(Struct, frozen=True, kw_only=True):
    """When a patient or donor who was treated as a child is asked for their own consent (at 16, at 18)."""

    dues: tuple[Due, ...] = ()


def _own_consent(state: OwnConsent, entry: Entry) -> OwnConsent:
    fact = entry.content.fact
    if not isinstance(fact, ConsentRecorded):
        return state
    dues = state.dues
    if fact.given_by is ConsentGiver.SELF:
        met: Mapping[str, object] = {"met": entry.position, "met_at": entry.at}
        dues = tuple(one if one.met else msgspec.structs.replace(one, **met) for one in dues)
    if fact.reconsent_due is not None:
        dues = (*dues, Due(day=fact.reconsent_due, position=entry.position))
    return OwnConsent(dues=dues[-_MOST:])


OWN_CONSENT = Subject(
    name="OwnConsent",
    kinds=("patient", "donor"),
    types=frozenset(("ConsentRecorded",)),
    empty=OwnConsent(),
    fold=_own_consent,
)
