"""Rule L12: is a special made because a prescriber asked for it, for one patient who needs it?"""

from collections.abc import Iterator
from types import MappingProxyType

from ledger.domain.facts.enrolment import TherapyPrescribed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import RouteConfirmed
from ledger.domain.facts.terms import Route
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.rules.treating import WRITTEN, To, prescribed, to_be_given
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.routes import CHAIN_ROUTE
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.treatment import PRESCRIPTIONS

_NEED = "the special need of that patient, in the prescription or with the route"


def _asked_for(case: Case) -> Iterator[Broken]:
    """L12: solicited, without the prescriber's specification, or without a need of that patient."""
    fact = case.fact
    if isinstance(fact, RouteConfirmed):
        if fact.route is Route.SPECIAL and fact.special_need is None:
            tag = tag_of("coi", fact.coi) or tag_of("patient", fact.patient)
            yield Broken(tag=tag, found="a special, and no special need is said", must=_NEED)
    elif isinstance(fact, TherapyPrescribed):
        if fact.special is not None and not fact.special.unsolicited:
            tag = tag_of("coi", fact.coi) or tag_of("patient", fact.patient)
            yield Broken(tag=tag, found="the order was solicited", must="an order that nobody solicited")
    else:
        for to in to_be_given(case):
            if case.state(CHAIN_ROUTE, to.chain).route is Route.SPECIAL:
                yield from _supplied(case, to)


def _supplied(case: Case, to: To) -> Iterator[Broken]:
    orders = [item.special for item in prescribed(case, to, WRITTEN) if item.special is not None]
    if not orders:
        found = "a special, prescribed without a specification"
        yield Broken(tag=to.about, found=found, must="the prescriber's specification")
        return
    if not any(order.unsolicited for order in orders):
        yield Broken(tag=to.about, found="the order was solicited", must="an order that nobody solicited")
    if not case.state(CHAIN_ROUTE, to.chain).special_need and not any(order.need for order in orders):
        yield Broken(tag=to.about, found="a special, and no special need is said", must=_NEED)


L12 = Rule(
    id="L12",
    revision=1,
    text="A special is supplied on a solicited order, without the prescriber's specification, or without a special "
    "need of that prescriber's patient. The conditions bind the supply: at the bedside they are a note.",
    source="HMR 2012 reg 167",
    owner=Owner.NOBODY,
    override="none",
    types=("RouteConfirmed", "TherapyPrescribed", "ProductDispensed", "AdministrationStarted"),
    reads=(MATERIAL, BATCH_RECORD, CHAIN, CHAIN_ROUTE, PRODUCT, PRESCRIPTIONS, PATIENT_LINKS),
    judge=_asked_for,
    weights=MappingProxyType({"AdministrationStarted": Weight.NOTE}),
)
