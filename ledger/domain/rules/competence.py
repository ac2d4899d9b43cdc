"""Rule L10: was who did it trained and authorised for that step, at that site, at that time?"""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.naming import tag_of
from ledger.domain.finding import Weight
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.rules.release import scopes_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.sites import SITE_REGISTERS, SITE_STATUS
from ledger.domain.subjects.staff import PERSON, Grant, Training
from ledger.domain.subjects.validity import in_force

PERFORMED: Final = tuple(name for name, struct in TYPES.items() if struct.about.kind in (Kind.DECISION, Kind.HAPPENING))
"""Fact types that somebody performs."""

_NOTED: Final = {
    name: Weight.NOTE
    for name in PERFORMED
    if TYPES[name].about.kind is Kind.HAPPENING and TYPES[name].about.stage != "manufacture"
}


def _competent(case: Case) -> Iterator[Broken]:
    """L10: training for the step that has run out, or an authorisation for it that was taken back."""
    step, person = case.content.type, case.performer()
    training, grants = _training(case, person, step), _grants(case, person, step)
    if any(in_force(case.at, item.effective_from, item.effective_to) for item in training):
        return
    if any(grant.covers(case.at, step) for grant in grants):
        return
    must = f"trained and authorised for {step} at this site"
    if training or grants:
        since = f" (fact {training[-1].position})" if training else ""
        found = f"training for {step} has run out{since}" if training else f"authorised for {step} no more"
        yield Broken(tag=person, found=found, must=must, overridable=True)
    elif case.state(SITE_REGISTERS, case.site).training:
        yield Broken(tag=person, found=f"no training for {step} on record here", must=must, note=True)


def _training(case: Case, person: str, step: str) -> list[Training]:
    """Training for a step, here or at the control site, for the product where that is known."""
    places = {case.site, case.state(SITE_STATUS, case.site).control_site} - {""}
    product = frame.product(case)
    return [
        item
        for tag in sorted({person, *_numbers(case)})
        for item in case.state(PERSON, tag).training
        if item.site in places and step in item.steps and (not product or item.product in ("", product))
    ]


def _grants(case: Case, person: str, step: str) -> list[Grant]:
    """Roles here that say something of this very step."""
    scopes = scopes_of(case)
    return [
        grant
        for tag in sorted({person, *_numbers(case)})
        for grant in case.state(PERSON, tag).roles
        if grant.scope in scopes and step in (*grant.steps, *grant.ended_steps)
    ]


def _numbers(case: Case) -> Iterator[str]:
    """The number under which the performer signed this time."""
    yield tag_of("person", case.envelope.performed_by)


L10 = Rule(
    id="L10",
    revision=1,
    text="The operator was not trained and authorised for that step at that site at that time. A bar on decisions and "
    "in manufacture; a note with a task elsewhere, and where the site keeps training records and has none of it.",
    source="EU GMP (unverified)",
    owner=Owner.QUALITY,
    override="the site's responsible person attests competence",
    types=PERFORMED,
    reads=(PERSON, SITE_STATUS, SITE_REGISTERS),
    judge=_competent,
    weights=MappingProxyType(_NOTED),
    timed=True,
)
