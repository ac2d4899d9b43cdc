"""Rule R7: an unlabelled container is given only where the label exemption is shown.

The ledger computes the exemption, claimed or not, and who began without a label is held to it at the end. What was made
centrally may have its labels kept elsewhere: that none is known is a note.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ledger.domain import civil_time
from ledger.domain.facts.administration import (
    AdministrationEnded,
    AdministrationIntent,
    AdministrationStarted,
    RemainderDisposition,
)
from ledger.domain.facts.labels import LabelRegime
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


_DECENTRALISED = (ManufacturingMode.POINT_OF_CARE, ManufacturingMode.MODULAR)
_ALONGSIDE = frozenset((LabelRegime.SHIPPING, LabelRegime.IN_PROCESS))
"""Labels of a journey or of work going on: nothing is given under one of them alone."""


def _labelled_or_exempt(case: Case) -> Iterator[Broken]:
    """R7_2: as R7, and an exemption that nobody claimed is worked out as well."""
    fact = case.fact
    if isinstance(fact, AdministrationStarted):
        tag = tag_of("material", fact.material)
        if not _labelled(case, tag):
            yield from _weighed(case, fact, tag)
    elif isinstance(fact, AdministrationEnded):
        tag = tag_of("material", fact.material)
        begun = case.state(LABELS, tag).begun
        if begun and not _labelled(case, tag) and fact.remainder in _RETAINED:
            found = f"begun unlabelled (fact {begun}), and the rest is {fact.remainder.name.lower()}"
            must = "the rest destroyed, or labelled before anything else"
            yield Broken(tag=tag, found=found, must=must, note=not _must_show(case, tag))


def _labelled(case: Case, tag: str) -> bool:
    """Whether a label is on it under which something is given."""
    return any(label.regime not in _ALONGSIDE for label in case.state(LABELS, tag).applied)


def _must_show(case: Case, tag: str) -> bool:
    """Whether the ledger has to have its label: made at a point of care or in a modular unit, or claimed exempt."""
    decentralised = case.linked(BATCH_RECORD, case.batch_of(tag)).mode in _DECENTRALISED
    return decentralised or bool(case.state(LABELS, tag).claimed)


def _weighed(case: Case, fact: AdministrationStarted, tag: str) -> Iterator[Broken]:
    """Bars what was made at a point of care or in a modular unit, or is claimed; other labels may be kept elsewhere."""
    note = not fact.label_exemption_claimed and not _must_show(case, tag)
    if note:
        yield Broken(
            tag=tag, found="no label of it is on record", must="a label, applied before it is given", note=True
        )
        return
    yield from _not_shown(case, fact, tag)


R7_2 = replace(
    R7,
    revision=2,
    text="An unlabelled container is started although the label exemption is not shown: made at the point of care, "
    "started within the limit after completion, nothing retained for later administration. The exemption is worked "
    "out from times and intent, whether or not it is claimed. Judged at the start on the intent and at the end on the "
    "disposition; any remainder is destroyed or labelled before anything else. A label of a journey or of work going "
    "on is none to give under. What was made neither at a point of care nor in a modular unit, and is not claimed to "
    "be exempt, is a note: its labels may be kept elsewhere.",
    judge=_labelled_or_exempt,
)
