"""Rule I6: does the label say whose it is, and are all copies accounted for?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.batches import BatchClosed
from ledger.domain.facts.labels import LabelApplied, LabelItem, LabelRegime, LabelsReconciled, LabelVerified
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.values import CheckOutcome, IntendedUse
from ledger.domain.rules import label_regimes
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.provenance import donations_of
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.authorisations import AUTHORISATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.giving import RECIPIENT
from ledger.domain.subjects.labelling import LABELS, PrintRun
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.organisations import ORGANISATION
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.reconciliation import BATCH_RECONCILIATION
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS

REQUIRED: Final[Mapping[LabelRegime, tuple[LabelItem, ...]]] = MappingProxyType(
    {
        LabelRegime.TISSUE: (LabelItem.DONATION, LabelItem.PATIENT),
        LabelRegime.STARTING_MATERIAL: (LabelItem.DONATION, LabelItem.COI),
        LabelRegime.PRODUCT: (LabelItem.BATCH, LabelItem.PATIENT),
        LabelRegime.EXEMPT_PRODUCT: (LabelItem.BATCH, LabelItem.PATIENT),
        LabelRegime.INVESTIGATIONAL: (LabelItem.BATCH,),
        LabelRegime.DISPENSED: (LabelItem.PATIENT,),
        LabelRegime.SHIPPING: (),
        LabelRegime.IN_PROCESS: (),
    }
)
"""Identifiers that each regime asks for, where the container has them. A patient stands only on what is autologous.

A trial's label may bear the trial's own subject number instead (CTR 46), which is no field here.
"""

_CELLS: Final = (LabelItem.CONTENTS, LabelItem.ESTABLISHMENT, LabelItem.EXPIRY)

CONTENT: Final[Mapping[LabelRegime, tuple[LabelItem, ...]]] = MappingProxyType(
    {
        LabelRegime.TISSUE: _CELLS,
        LabelRegime.STARTING_MATERIAL: _CELLS,
        LabelRegime.PRODUCT: (LabelItem.PRODUCT, LabelItem.CONTENTS, LabelItem.ROUTE, LabelItem.EXPIRY),
        LabelRegime.EXEMPT_PRODUCT: (
            LabelItem.PRODUCT,
            LabelItem.ACTIVE_SUBSTANCE,
            LabelItem.ORIGIN,
            LabelItem.CONTENTS,
            LabelItem.EXCIPIENTS,
            LabelItem.ROUTE,
            LabelItem.STORAGE,
            LabelItem.DISPOSAL,
            LabelItem.EXPIRY,
            LabelItem.HOLDER,
            LabelItem.LICENCE,
        ),
        LabelRegime.INVESTIGATIONAL: (
            LabelItem.TRIAL_USE_ONLY,
            LabelItem.SPONSOR,
            LabelItem.TRIAL,
            LabelItem.PARTICIPANT,
            LabelItem.ACTIVE_SUBSTANCE,
            LabelItem.CONTENTS,
            LabelItem.DIRECTIONS,
            LabelItem.ROUTE,
            LabelItem.STORAGE,
            LabelItem.EXPIRY,
        ),
        LabelRegime.DISPENSED: (
            LabelItem.PRODUCT,
            LabelItem.DIRECTIONS,
            LabelItem.SUPPLIER,
            LabelItem.SUPPLIED_ON,
        ),
        LabelRegime.SHIPPING: (
            LabelItem.TISSUES_AND_CELLS,
            LabelItem.SENDER,
            LabelItem.CONSIGNEE,
            LabelItem.SENT_ON,
            LabelItem.STORAGE,
            LabelItem.DO_NOT_IRRADIATE,
        ),
        LabelRegime.IN_PROCESS: (),
    }
)
"""What else each regime asks for: HMR Sch 4 para 25, Sch 24 and Sch 25, CTR 46, 2006/86 and ISO 21973."""

_FOR_THE_DONOR: Final = frozenset(
    (LabelRegime.TISSUE, LabelRegime.STARTING_MATERIAL, LabelRegime.PRODUCT, LabelRegime.EXEMPT_PRODUCT)
)
"""Regimes under which what is autologous says "for autologous use only"."""

_OF_CELLS: Final = frozenset((LabelRegime.PRODUCT, LabelRegime.EXEMPT_PRODUCT))
"""Regimes under which a medicine made of cells or tissue bears its donation code."""

_ON_A_SHEET: Final = frozenset((LabelItem.PATIENT, LabelItem.AUTOLOGOUS_USE_ONLY))
"""May stand on a sheet that is packed with tissue or starting material (2006/86 Annex II E 1)."""


def _truth(case: Case, material: str) -> dict[LabelItem, tuple[str, ...]]:
    """What the container is: chain, donations, patient of an autologous chain, batch; what is unknown is empty."""
    chain, batch = case.chain_of(material), case.batch_of(material)
    state = case.state(CHAIN, chain)
    autologous = state.intended_use is IntendedUse.AUTOLOGOUS
    donations = donations_of(case, material)
    givers = {case.state(DONATION_STATUS, tag).person for tag in donations} if not chain else set()
    return {
        LabelItem.COI: tuple(filter(None, (chain,))),
        LabelItem.DONATION: donations,
        LabelItem.PATIENT: (state.patient,) if autologous and state.patient else tuple(sorted(givers - {""})),
        LabelItem.BATCH: tuple(filter(None, (batch,))),
    }


def _right_label(case: Case) -> Iterator[Broken]:
    """I6: a label that does not fit its container, or copies that do not add up."""
    fact = case.fact
    if isinstance(fact, LabelApplied):
        yield from _applied(case, fact)
    elif isinstance(fact, LabelVerified):
        outcomes = {fact.outcome, *(check.outcome for check in fact.checks)}
        if CheckOutcome.DIFFERS in outcomes:
            tag = tag_of("material", fact.material)
            must = "a new label, applied and compared again"
            yield Broken(tag=tag, found="the label differs from chain, donation or patient", must=must, note=True)
    elif isinstance(fact, LabelsReconciled):
        yield from _reconciled(case, fact)
    elif isinstance(fact, BatchClosed):
        yield from _counted(case, tag_of("batch", fact.batch))


def _applied(case: Case, fact: LabelApplied) -> Iterator[Broken]:
    material = tag_of("material", fact.material)
    said = {
        LabelItem.COI: tag_of("coi", fact.coi),
        LabelItem.DONATION: tag_of("donation", fact.donation),
        LabelItem.PATIENT: tag_of("patient", fact.patient),
        LabelItem.BATCH: tag_of("batch", fact.batch),
    }
    truth = _truth(case, material)
    for item, value in said.items():
        if value and truth[item] and value not in truth[item]:
            must = f"the {item.name.lower()} of this container"
            yield Broken(tag=material, found=f"labelled {value}; it is {truth[item][0]}", must=must)
    asked = set(REQUIRED[fact.regime]) - (_ON_A_SHEET if fact.accompanying_sheet is not None else set())
    for item in sorted(asked):
        if truth[item] and not said[item] and item not in fact.items:
            regime = fact.regime.name.lower().replace("_", " ")
            must = f"what a {regime} label has to carry"
            found = f"no {item.name.lower()} on the label"
            yield Broken(tag=material, found=found, must=f"{must}: {item.name.lower()}", overridable=True)
    yield from _complete(case, fact, material, {item for item, value in said.items() if value})


def _complete(case: Case, fact: LabelApplied, material: str, said: set[LabelItem]) -> Iterator[Broken]:
    """What else the regime asks for and is not said to be on it: a note, since it may be there."""
    sheet = _ON_A_SHEET if fact.accompanying_sheet is not None else frozenset[LabelItem]()
    missing = _content(case, fact.regime, material) - sheet - said - set(fact.items)
    if missing:
        words = ", ".join(sorted(item.name.lower().replace("_", " ") for item in missing))
        must = f"what a {fact.regime.name.lower().replace('_', ' ')} label has to carry"
        yield Broken(tag=material, found=f"not said to be on the label: {words}", must=must, note=True)


def _content(case: Case, regime: LabelRegime, material: str) -> set[LabelItem]:
    """The content that a regime asks for of this container: by the use of its chain, and by what its product is."""
    chain = case.chain_of(material)
    data = case.product(case.product_of(case.batch_of(material), chain)).data
    wanted = set(CONTENT[regime])
    if regime in _FOR_THE_DONOR and case.state(CHAIN, chain).intended_use is IntendedUse.AUTOLOGOUS:
        wanted.add(LabelItem.AUTOLOGOUS_USE_ONLY)
    if regime in _OF_CELLS and data is not None and data.cell_or_tissue_based:
        wanted.add(LabelItem.DONATION)
    return wanted


def _reconciled(case: Case, fact: LabelsReconciled) -> Iterator[Broken]:
    tag = tag_of("batch", fact.batch) or case.site
    counted = fact.applied + fact.destroyed + fact.left
    if fact.printed != counted:
        found = f"{counted} of {fact.printed} printed labels are accounted for"
        yield Broken(tag=tag, found=found, must="every printed label used, destroyed or left", overridable=True)
    listed = case.state(BATCH_RECONCILIATION, tag_of("batch", fact.batch)).containers
    if fact.containers is not None:
        listed = tags_of("material", fact.containers.materials)
    if listed:
        runs = {run for material in listed for run in case.state(LABELS, material).printed}
        printed = _copies(runs, frozenset(listed))
        if printed is not None and printed != fact.printed:
            found = f"{printed} copies were printed for them, {fact.printed} are counted"
            yield Broken(tag=listed[0], found=found, must="every print run counted", overridable=True)


def _counted(case: Case, batch: str) -> Iterator[Broken]:
    """A batch is closed once the labels printed for its containers are counted; of what was never printed, nothing."""
    made = case.state(BATCH_RECONCILIATION, batch)
    for container in made.containers:
        labels = case.state(LABELS, container)
        counts = tuple(filter(None, (labels.counted_at, made.counted_at)))
        if labels.printed and not any(labels.printed[-1].at <= moment for moment in counts):
            found = f"its labels (printed by fact {labels.printed[-1].position}) were not counted"
            yield Broken(tag=container, found=found, must="labels reconciled before the batch closes", overridable=True)


def _copies(runs: set[PrintRun], listed: frozenset[str]) -> int | None:
    """Copies printed for exactly these containers; None when nothing is known, or a run was for others too."""
    if not runs or any(set(run.materials) - listed for run in runs):
        return None
    return sum(run.copies for run in runs)


I6 = Rule(
    id="I6",
    revision=1,
    text="A label is applied that does not carry, or does not match, each identifier that its label regime requires "
    "for the route and the stage; or the printed copies do not reconcile, or are not counted when the batch is closed. "
    "Other content of the regime that is not said to be on it is a note. The regime is the one that the sender states: "
    "that another one applies is not seen.",
    source="HMR 2012 Sch 4 Pt 3 para 25, Sch 24 Pt 5 and Sch 25 Pt 1; Clinical Trials Regulations 2004 reg 46; "
    "Directive 2006/86/EC Annex II E; ISO 21973 6.3 (partly verified); reconciliation of copies (our encoding)",
    owner=Owner.QUALITY,
    override="what is missing, or does not add up: approval by QA; an identifier of something else: none",
    types=("LabelApplied", "LabelVerified", "LabelsReconciled", "BatchClosed"),
    reads=(
        MATERIAL,
        MATERIAL_STATUS,
        BATCH_RECORD,
        BATCH_RECONCILIATION,
        CHAIN,
        PRODUCT,
        DONATION_STATUS,
        LABELS,
    ),
    judge=_right_label,
)


MORE: Final[Mapping[LabelRegime, tuple[LabelItem, ...]]] = MappingProxyType(
    {
        LabelRegime.INVESTIGATIONAL: (LabelItem.OUT_OF_REACH, LabelItem.COMPARATOR),
        LabelRegime.SHIPPING: (LabelItem.CONTACT,),
    }
)
"""What the newer revision asks for beside `CONTENT`: the warning and the blinding of CTR 46, contacts for a journey."""

_CELLS_REGIMES: Final = frozenset((LabelRegime.TISSUE, LabelRegime.STARTING_MATERIAL))

_SHEET: Final = frozenset((LabelItem.PATIENT, LabelItem.AUTOLOGOUS_USE_ONLY, LabelItem.RECIPIENT, LabelItem.DONATION))
"""May stand on the sheet packed with cells: 2006/86 Annex II E 1 (d), (e) and (g)."""


def _fitting_label(case: Case) -> Iterator[Broken]:
    """I6_2: as I6, by the regime that stage, route and registered data ask for, whatever the sender states."""
    fact = case.fact
    if not isinstance(fact, LabelApplied):
        yield from _right_label(case)
        return
    material = tag_of("material", fact.material)
    right = label_regimes.right_for(case, material)
    ruling = fact.regime
    if right and fact.regime not in right:
        found = f"labelled as {_words(fact.regime)}"
        yield Broken(tag=material, found=found, must=f"a label as {_words(right[0])}", note=True)
        if not any(label.regime in right for label in case.state(LABELS, material).applied):
            ruling = right[0]
    yield from _of_another(case, fact, material)
    lacking = _lacking(case, fact, ruling, material)
    for item in sorted(lacking):
        found, must = f"no {_item(item)} on the label", f"what a label as {_words(ruling)} has to carry: {_item(item)}"
        yield Broken(tag=material, found=found, must=must, overridable=True)
    missing = _wanted(case, ruling, material) - _said(fact, ruling) - lacking
    if missing:
        words = ", ".join(sorted(_item(item) for item in missing))
        must = f"what a label as {_words(ruling)} has to carry"
        yield Broken(tag=material, found=f"not said to be on the label: {words}", must=must, note=True)


def _words(regime: LabelRegime) -> str:
    return regime.name.lower().replace("_", " ")


def _item(item: LabelItem) -> str:
    return item.name.lower().replace("_", " ")


def _identifiers(fact: LabelApplied) -> dict[LabelItem, str]:
    """Identifiers that the label gives by value; empty for none."""
    return {
        LabelItem.COI: tag_of("coi", fact.coi),
        LabelItem.DONATION: tag_of("donation", fact.donation),
        LabelItem.PATIENT: tag_of("patient", fact.patient),
        LabelItem.BATCH: tag_of("batch", fact.batch),
    }


def _said(fact: LabelApplied, regime: LabelRegime) -> frozenset[LabelItem]:
    """What is said to stand on the label, or on the sheet packed with cells."""
    sheet = _SHEET if fact.accompanying_sheet is not None and regime in _CELLS_REGIMES else frozenset[LabelItem]()
    return sheet | {item for item, value in _identifiers(fact).items() if value} | set(fact.items)


def _of_another(case: Case, fact: LabelApplied, material: str) -> Iterator[Broken]:
    """An identifier of something else; on cells that were given for one person, that person may be named."""
    truth = _truth(case, material)
    named = _recipients(case, material)
    for item, value in _identifiers(fact).items():
        known = (*truth[item], *(named if item is LabelItem.PATIENT else ()))
        if value and truth[item] and value not in known:
            must = f"the {_item(item)} of this container"
            yield Broken(tag=material, found=f"labelled {value}; it is {known[0]}", must=must)


def _lacking(case: Case, fact: LabelApplied, regime: LabelRegime, material: str) -> set[LabelItem]:
    """Identifiers that the regime asks for, that the container has, and that are not said to be on it."""
    truth, said = _truth(case, material), _said(fact, regime)
    lacking = {item for item in REQUIRED[regime] if truth[item] and item not in said}
    chain = case.chain_of(material)
    data = case.product(case.product_of(case.batch_of(material), chain)).data
    if regime in _OF_CELLS and data is not None and data.cell_or_tissue_based and LabelItem.DONATION not in said:
        lacking.add(LabelItem.DONATION)
    named = case.state(CHAIN, chain).patient and not said & {LabelItem.PARTICIPANT, LabelItem.PATIENT}
    if regime is LabelRegime.INVESTIGATIONAL and named:
        lacking.add(LabelItem.PARTICIPANT)
    if regime in _CELLS_REGIMES and not _own(case, material):
        lacking.discard(LabelItem.PATIENT)
    if regime in _CELLS_REGIMES and _recipients(case, material) and not said & {LabelItem.RECIPIENT, LabelItem.PATIENT}:
        lacking.add(LabelItem.RECIPIENT)
    return lacking


def _own(case: Case, material: str) -> bool:
    """Whether the cells are for who gave them: only then the label names that person (2006/86 Annex II E 1(d))."""
    autologous = case.state(CHAIN, case.chain_of(material)).intended_use is IntendedUse.AUTOLOGOUS
    return autologous or any(case.state(DONATION_STATUS, tag).autologous for tag in donations_of(case, material))


def _recipients(case: Case, material: str) -> tuple[str, ...]:
    """Patients for whom donors gave the cells in a container, where they named one."""
    named = (case.state(RECIPIENT, tag).patient for tag in donations_of(case, material))
    return tuple(dict.fromkeys(filter(None, named)))


def _wanted(case: Case, regime: LabelRegime, material: str) -> set[LabelItem]:
    """The content that a regime asks for of this container."""
    wanted = _content(case, regime, material) | set(MORE.get(regime, ()))
    chain = case.chain_of(material)
    if regime is LabelRegime.SHIPPING and case.state(CHAIN, chain).intended_use is IntendedUse.AUTOLOGOUS:
        wanted.add(LabelItem.AUTOLOGOUS_USE_ONLY)
    if label_regimes.hospital_only(case, material):
        wanted.discard(LabelItem.OUT_OF_REACH)
    if not case.state(AUTHORISATION, case.state(CHAIN_ROUTE, chain).authorisation).blinded:
        wanted.discard(LabelItem.COMPARATOR)
    return wanted


I6_2 = replace(
    I6,
    revision=2,
    text="A label is applied that does not carry, or does not match, each identifier that its label regime requires "
    "for the route and the stage; or the printed copies do not reconcile, or are not counted when the batch is closed. "
    "The regime follows from the container: cells as starting material or tissue, with the recipient whom a donor "
    "named; a finished medicine by its route: licensed as a product, in a trial as investigational with the "
    "participant, under the exemption as an exempt product; cell-based ones with the donation code. A dispensing or "
    "shipping label stands beside that. That another regime is stated is a note, and so is other content of the regime "
    "that is not said to be on it. Of a special or early access no table is known: either label is taken.",
    judge=_fitting_label,
    reads=(*I6.reads, CHAIN_ROUTE, AUTHORISATION, SITE_STATUS, ORGANISATION, RECIPIENT),
)
