"""Rule L1: is whoever does it entitled to, here, for this product?"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.domain import civil_time
from ledger.domain.facts.certification import QpCertified
from ledger.domain.facts.custody import ConsignmentDispatched, ConsignmentReceived
from ledger.domain.facts.importing import ImportVerified
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import OrderAccepted
from ledger.domain.facts.processing import ProcessStepPerformed
from ledger.domain.facts.registry import Activity
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import frame
from ledger.domain.rules.bases import Asked, Flaw, flaws, known
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.provenance import is_sample
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.authorisations import AUTHORISATION
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.papers import AGREEMENT, LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import PRODUCT
from ledger.domain.subjects.releases import BATCH_FOR_USE
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.starting_material import MATERIAL_STATUS
from ledger.domain.subjects.validity import in_force


class Need(StrEnum):
    """What it means that a site names and registered no basis at all."""

    ALWAYS = "always"
    """The activity is licensed: the rule is broken."""
    NOTED = "noted"
    """It may be licensed under another fact, or elsewhere: a note."""
    RELIED_ON = "relied on"
    """Most who do it need none: only a basis that is named or registered is judged, and noted."""


class Licensed(NamedTuple):
    """The licensed activity that a fact type is; any of several will do."""

    activities: tuple[Activity, ...]
    need: Need = Need.ALWAYS
    bound: bool = True


_MAKING: Final = Licensed((Activity.MANUFACTURE,))
_TAKING: Final = Licensed((Activity.PROCUREMENT,))
_CERTIFYING: Final = (Activity.CERTIFICATION, Activity.MANUFACTURE, Activity.ASSEMBLY, Activity.IMPORT)

LICENSED: Final[Mapping[str, Licensed]] = MappingProxyType(
    {
        "ApheresisPerformed": _TAKING,
        "ProcurementPerformed": _TAKING,
        "MaterialReleasedForCirculation": Licensed(
            (Activity.DISTRIBUTION, Activity.STORAGE, Activity.PROCESSING, Activity.PROCUREMENT)
        ),
        "MaterialCryopreserved": Licensed((Activity.PROCESSING, Activity.MANUFACTURE), Need.NOTED),
        "DonorTestsResulted": Licensed((Activity.TESTING,), Need.RELIED_ON),
        "QualityTestResulted": Licensed((Activity.TESTING,), Need.RELIED_ON),
        "ConsignmentDispatched": Licensed((Activity.DISTRIBUTION, Activity.WHOLESALE, Activity.EXPORT), Need.RELIED_ON),
        "ConsignmentReceived": Licensed((Activity.IMPORT,), Need.RELIED_ON),
        "OrderAccepted": Licensed((Activity.MANUFACTURE,), Need.NOTED),
        **dict.fromkeys(sorted(frame.MAKING), _MAKING),
        "QpCertified": Licensed(_CERTIFYING, bound=False),
        "QualityControllerReleased": Licensed(_CERTIFYING, Need.NOTED, bound=False),
        "ImportVerified": Licensed((Activity.IMPORT, Activity.WHOLESALE), bound=False),
    }
)
"""The licensed activity that a fact type is. Storing, redirecting, rejecting and returning keep cells safe: none."""


def licensed(case: Case) -> Licensed:
    """The licensed activity that a fact is."""
    fact = case.fact
    if not isinstance(fact, ProcessStepPerformed):
        return LICENSED[case.content.type]
    activity = fact.activity or Activity.MANUFACTURE
    need = Need.ALWAYS if frame.making(case) or _goes_on(case, fact) else Need.NOTED
    return Licensed((activity,), Need.RELIED_ON if activity is Activity.ADMINISTRATION else need)


def _goes_on(case: Case, fact: ProcessStepPerformed) -> bool:
    """Whether a step that says neither batch nor activity goes on with what a batch made and nobody finished.

    That is manufacture. Without it the step may be tissue processing, or make a released product ready to be given.
    """
    if fact.activity is not None or fact.batch is not None:
        return False
    return any(_unfinished(case, material) for material in tags_of("material", fact.handles()))


def _unfinished(case: Case, material: str) -> bool:
    state = case.standing(material)
    released = case.state(BATCH_FOR_USE, state.batch).of(material, state.completed_at)
    return bool(state.batch) and state.completed_at is None and not released and not is_sample(case, material)


def asked(case: Case) -> Asked:
    """What a basis of a fact has to carry."""
    what, fact = licensed(case), case.fact
    site = tag_of("site", fact.site) if isinstance(fact, OrderAccepted) else case.site
    return Asked(case=case, activities=what.activities, site=site, bound=what.bound)


def candidates(case: Case) -> tuple[str, ...]:
    """Tags of the bases that a fact can rest on.

    The one that it names; else those that its site registered for the activity; for a certification the licence of the
    batch; for a site abroad the product's authorisations that name it.
    """
    if named := _named(case):
        return named
    if case.content.type not in LICENSED:
        return ()
    what = asked(case)
    registered = (item.basis for item in case.state(SITE_STATUS, what.site).bases if item.activity in what.activities)
    of_batch = "" if what.bound else case.state(BATCH_RECORD, frame.batch(case)).licence
    return tuple(dict.fromkeys((*filter(None, (of_batch,)), *registered, *_abroad(case, what))))


def _named(case: Case) -> tuple[str, ...]:
    envelope, fact = case.envelope, case.fact
    told = (
        tag_of("licence", envelope.licence)
        or tag_of("agreement", envelope.agreement)
        or tag_of("authorisation", envelope.authorisation)
    )
    if not told and isinstance(fact, BatchOpened | QpCertified | ImportVerified):
        told = tag_of("licence", fact.licence)
    if not told and isinstance(fact, ConsignmentDispatched | ConsignmentReceived):
        told = tag_of("licence", fact.border_licence) or tag_of("agreement", fact.border_agreement)
    return (told,) if told else ()


def _abroad(case: Case, what: Asked) -> Iterator[str]:
    """A site outside the United Kingdom works under the authorisation that names it (practice, HMR 17(1)(c))."""
    if what.abroad():
        authorisations = case.product(frame.therapy(case)).authorisations
        yield from (tag for tag in authorisations if what.site in case.state(AUTHORISATION, tag).sites)


def found_wrong(case: Case, basis: str) -> tuple[Flaw, ...]:
    """Everything that is wrong with a basis of a fact; nothing when it carries the fact."""
    return tuple(_wrong(case, asked(case), basis))


def _wrong(case: Case, what: Asked, basis: str) -> Iterator[Flaw]:
    here = case.state(SITE_STATUS, what.site)
    if what.bound and here.effective_to is not None and case.at >= civil_time.day_end(here.effective_to):
        yield Flaw(words=f"the site was registered until {here.effective_to}")
    named = basis in _named(case)
    registered = [item for item in here.bases if item.basis == basis and item.activity in what.activities]
    asked_of_site = bool(registered) if not named else kind_of(basis) != "licence" and not known(case, basis)
    if asked_of_site and not any(in_force(case.at, item.effective_from, item.effective_to) for item in registered):
        yield Flaw(words=f"{basis} is not registered by the site for {what.words}")
    yield from flaws(what, basis)


@frame.once
def _judged(case: Case) -> tuple[tuple[str, tuple[Flaw, ...]], ...]:
    """The bases that a fact can rest on, each with what is wrong with it."""
    return tuple((basis, found_wrong(case, basis)) for basis in candidates(case))


def relied_on(case: Case) -> str:
    """Tag of the basis that carries a fact; empty when none does."""
    if case.content.type not in LICENSED:
        return ""
    clean = [basis for basis, wrong in _judged(case) if not wrong]
    mild = [basis for basis, wrong in _judged(case) if all(flaw.mild for flaw in wrong)]
    return next(iter((*clean, *mild)), "")


def _held(case: Case) -> Iterator[Broken]:
    """L1: no basis held by that organisation, for that activity, product and site, valid at the time."""
    what, need = asked(case), licensed(case).need
    judged = [wrong for _, wrong in _judged(case)]
    if not all(judged) or (not judged and need is Need.RELIED_ON):
        return
    mild = any(all(flaw.mild for flaw in wrong) for wrong in judged)
    silent = isinstance(case.fact, ProcessStepPerformed) and case.fact.activity is None
    told = "; ".join(next((flaw.words for flaw in wrong if not flaw.mild), wrong[0].words) for wrong in judged)
    yield Broken(
        tag=what.site,
        found=told or f"the site registered no basis for {what.words}",
        must=f"a licence or agreement for {what.words} at this site, in force then"
        + (", or its activity said where it is another" if silent else ""),
        note=mild or need is Need.RELIED_ON or (not judged and need is Need.NOTED),
    )


L1 = Rule(
    id="L1",
    revision=1,
    text="No licence or agreement is held by that organisation for that activity, product and site, valid when the "
    "activity started. At least one basis; the one relied on is named or registered by the site. Abroad, the site is "
    "named in an authorisation in force, and cells are taken and tested under a supplier agreement of an import or "
    "export licence. An agreement without a copy here is a note; so are test results and journeys.",
    source="HMR 2012 regs 17, 26; Human Tissue (Quality and Safety) Regulations 2007",
    owner=Owner.NOBODY,
    override="none",
    types=tuple(LICENSED),
    reads=(
        SITE_STATUS,
        LICENCE,
        AGREEMENT,
        AUTHORISATION,
        MATERIAL,
        MATERIAL_STATUS,
        BATCH_RECORD,
        BATCH_FOR_USE,
        CHAIN,
        PRODUCT,
    ),
    judge=_held,
    timed=True,
)
