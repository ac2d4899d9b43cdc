"""Rule R7: an unlabelled container is given only where the label exemption is shown.

The ledger computes the exemption; whoever claims it at the start is held to it at the end. Where no label and no claim
is known, the site may keep its labels elsewhere: nothing is said.
"""

from collections.abc import Iterator
from datetime import timedelta

from ledger.domain import civil_time
from ledger.domain.facts.administration import (
    AdministrationEnded,
    AdministrationIntent,
    AdministrationStarted,
    RemainderDisposition,
)
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.giving import LABEL_EXEMPTION
from ledger.domain.subjects.labelling import LABELS
from ledger.domain.subjects.materials import MATERIAL

_AT_ONCE = (AdministrationIntent.ALL, AdministrationIntent.NONE_RETAINED)
_RETAINED = (RemainderDisposition.KEPT, RemainderDisposition.RETURNED)


def _exempt(case: Case) -> Iterator[Broken]:
    """R7: made at the point of care, started within the limit, nothing retained."""
    fact = case.fact
    if isinstance(fact, AdministrationStarted):
        tag = tag_of("material", fact.material)
        if fact.label_exemption_claimed and not case.state(LABELS, tag).applied:
            yield from _not_shown(case, fact, tag)
    elif isinstance(fact, AdministrationEnded):
        tag = tag_of("material", fact.material)
        labels = case.state(LABELS, tag)
        if labels.claimed and not labels.applied and fact.remainder in _RETAINED:
            found = f"begun unlabelled (fact {labels.claimed}), and the rest is {fact.remainder.name.lower()}"
            yield Broken(tag=tag, found=found, must="the rest destroyed, or labelled before anything else")


def _not_shown(case: Case, fact: AdministrationStarted, tag: str) -> Iterator[Broken]:
    batch, completed = case.batch_of(tag), case.standing(tag).completed_at
    record = case.linked(BATCH_RECORD, batch)
    if record.mode is not ManufacturingMode.POINT_OF_CARE:
        yield Broken(tag=tag, found="unlabelled, and not made at the point of care", must="a label")
    limit = case.state(LABEL_EXEMPTION, record.masterfile).limit_seconds
    seconds = case.whole("label-exemption-seconds") if limit is None else limit
    if completed is None or case.at > civil_time.moved(completed, timedelta(seconds=seconds)):
        found = f"unlabelled, and not begun within {seconds} s of completion"
        yield Broken(tag=tag, found=found, must="a label, or given at once")
    if fact.intent not in _AT_ONCE:
        found = "unlabelled, and it is not said that nothing is kept"
        yield Broken(tag=tag, found=found, must="a label, or given so that nothing is kept for later")


R7 = Rule(
    id="R7",
    revision=1,
    text="An unlabelled container is started although the label exemption is not shown: made at the point of care, "
    "started within the limit after completion, nothing retained for later administration. Judged at the start on the "
    "intent and at the end on the disposition; any remainder is destroyed or labelled before anything else. "
    "An exemption is judged where it is claimed: a start that claims none, of a container without any label on record, "
    "is accepted, since labels may be kept elsewhere.",
    source="MHRA guidance, Decentralised manufacture: labelling; the limit is the master file's, else a parameter",
    owner=Owner.QUALITY,
    override="none",
    types=("AdministrationStarted", "AdministrationEnded"),
    reads=(MATERIAL, BATCH_RECORD, LABELS, LABEL_EXEMPTION),
    judge=_exempt,
    timed=True,
)
