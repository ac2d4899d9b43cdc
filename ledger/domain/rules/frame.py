"""What a fact is about, as the frame rules see it: which batch, product, mode, master file, and where it is made.

The frame of an activity is the licence, the product line, the master file, the place, the designation and the control
site under which it is done (rules L1 to L5, L8, L9).
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Final, TypeVar, cast

from ledger.domain.facts.administration import AdministrationStarted
from ledger.domain.facts.batches import RemakeStarted
from ledger.domain.facts.certification import ProductDispensed
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import ProcessStepPerformed
from ledger.domain.facts.registry import Activity, SiteKind
from ledger.domain.facts.release import PointOfCareReleased
from ledger.domain.facts.sites import SiteOnboarded
from ledger.domain.facts.values import Identifier, ManufacturingMode
from ledger.domain.rules.case import KEPT, Case, Watched
from ledger.domain.rules.custody import handled
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.products import MASTER_FILE, Version
from ledger.domain.subjects.sites import SITE_STATUS

T = TypeVar("T")

MAKING: Final = frozenset(
    (
        "BatchOpened",
        "CellsModified",
        "CellsExpanded",
        "ContainersFilled",
        "IntermediateDeclared",
        "ManufactureCompleted",
        "ProcessStepPerformed",
        "RemakeStarted",
    )
)
"""Fact types by which a medicine is made."""

MADE: Final = frozenset((Activity.MANUFACTURE, Activity.ASSEMBLY))
"""Activities for which the United Kingdom asks for a manufacturer's licence (HMR 17)."""


def once(ask: Callable[[Case], T]) -> Callable[[Case], T]:
    """Keeps an answer with the case that it is about: a dozen rules ask the same of one fact.

    Where somebody watches who asks for the time, it is kept whether the answer did: whoever is told it then did too.
    """
    name = f"{KEPT}{ask.__name__}"

    @wraps(ask)
    def kept(case: Case) -> T:
        known = case.__dict__.get(name)
        if known is None:
            before = _looks(case)
            answer = ask(case)
            case.__dict__[name] = (answer, _looks(case) != before)
            return answer
        if known[1]:
            cast("Watched", case).watch.looks += 1
        return cast("T", known[0])

    return kept


def _looks(case: Case) -> int:
    return case.watch.looks if isinstance(case, Watched) else 0


def making(case: Case) -> bool:
    """Whether a fact is manufacture or assembly: tissue may be processed, and a product reconstituted, without that.

    A step that says no activity is manufacture where it names a batch.
    """
    if isinstance(case.fact, ProcessStepPerformed):
        stated = case.fact.activity
        return stated in MADE or (stated is None and case.fact.batch is not None)
    return case.content.type in MAKING


@once
def batch(case: Case) -> str:
    """Tag of the batch that a fact is about, or empty."""
    fact = case.fact
    work = fact.work()
    named = work.batch if work is not None else getattr(fact, "batch", None)
    told = tag_of("batch", named) if isinstance(named, Identifier) else ""
    if isinstance(fact, AdministrationStarted):
        return case.batch_of(tag_of("material", fact.material)) or told
    return told


@once
def product(case: Case) -> str:
    """Tag of the product of the batch that a fact is about, or of what a step without a batch works on; or empty."""
    fact = case.fact
    if isinstance(fact, BatchOpened):
        return tag_of("product", fact.product)
    made = case.state(BATCH_RECORD, batch(case)).product
    if isinstance(fact, RemakeStarted):
        return made or case.state(BATCH_RECORD, tag_of("batch", fact.failed)).product
    if made or not isinstance(fact, ProcessStepPerformed):
        return made
    worked_on = (case.product_of(case.batch_of(item), case.chain_of(item)) for item in handled(case))
    return next(filter(None, worked_on), "")


def chain(case: Case) -> str:
    """Tag of the chain that a fact is for, or empty."""
    fact = case.fact
    named = getattr(fact, "coi", None)
    if isinstance(named, Identifier):
        return tag_of("coi", named)
    held = fact.materials if isinstance(fact, ProductDispensed) else fact.handles()
    found = case.state(BATCH_RECORD, batch(case)).coi
    return found or next((of for item in held if (of := case.chain_of(tag_of("material", item)))), "")


def therapy(case: Case) -> str:
    """Tag of the product that a fact serves: of its batch, as it says itself, or of its chain; or empty."""
    if made := product(case):
        return made
    named = getattr(case.fact, "product", None)
    if isinstance(named, Identifier):
        return tag_of("product", named)
    if isinstance(case.fact, SiteOnboarded):
        return case.state(MASTER_FILE, masterfile(case)).product
    return case.product_of("", chain(case))


def mode(case: Case) -> ManufacturingMode | None:
    """The decentralised mode in which something is made, or None when it is made centrally or not made."""
    fact = case.fact
    if not making(case) and not isinstance(fact, SiteOnboarded):
        return None
    site = case.state(SITE_STATUS, place(case))
    if site.control_site:
        return ManufacturingMode.MODULAR if site.kind == SiteKind.MODULAR else ManufacturingMode.POINT_OF_CARE
    return fact.mode if isinstance(fact, BatchOpened) and fact.mode is not ManufacturingMode.CENTRAL else None


def place(case: Case) -> str:
    """Tag of the site whose standing a fact rests on: where it is done, or which is accepted."""
    return tag_of("site", case.fact.site) if isinstance(case.fact, SiteOnboarded) else case.site


@once
def masterfile(case: Case) -> str:
    """Tag of the master file that a fact or its batch names, else the product's newest; or empty."""
    fact = case.fact
    if isinstance(fact, SiteOnboarded):
        return tag_of("masterfile", fact.masterfile)
    named = tag_of("masterfile", fact.masterfile) if isinstance(fact, BatchOpened | PointOfCareReleased) else ""
    of_product = case.product(product(case)).masterfiles
    return named or case.state(BATCH_RECORD, batch(case)).masterfile or (of_product[-1] if of_product else "")


def opened(case: Case) -> datetime | None:
    """When the batch of a fact was opened; None when the fact opens it, or when it is not known."""
    return None if isinstance(case.fact, BatchOpened) else case.state(BATCH_RECORD, batch(case)).opened_at


def version(case: Case) -> Version | None:
    """The version of the master file that a fact must follow: in force when the batch was opened, or made for it."""
    return case.state(MASTER_FILE, masterfile(case)).ruling(opened(case), case.at)
