"""The subject of a chain's legal route: by which authorisation the patient gets the product, for which indication."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ledger.domain.facts.enrolment import TherapyPrescribed
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.ordering import EligibilityConfirmed, RouteConfirmed
from ledger.domain.facts.terms import Route
from ledger.domain.subjects.subject import Entry, Subject


class ChainRoute(Struct, frozen=True, kw_only=True):
    """The route of one chain, as last confirmed.

    Attributes:
        confirmed: Position of the confirmation; 0 means that none is known.
        route: Which route.
        authorisation: Authorisation, trial, opinion or exemption; empty when none was named.
        product: Product that it was confirmed for.
        indication: Indication, as a code, from the confirmation of eligibility.
        special_need: The special need of the patient was said with it.
        arm: Arm of a trial.
        off_label: The prescription says why it is outside the indication.
    """

    confirmed: int = 0
    route: Route | None = None
    authorisation: str = ""
    product: str = ""
    indication: str = ""
    special_need: bool = False
    arm: str = ""
    off_label: bool = False


def _route(state: ChainRoute, entry: Entry) -> ChainRoute:
    fact = entry.content.fact
    if isinstance(fact, RouteConfirmed):
        return msgspec.structs.replace(
            state,
            confirmed=entry.position,
            route=fact.route,
            authorisation=tag_of("authorisation", fact.authorisation),
            product=tag_of("product", fact.product),
            special_need=fact.special_need is not None,
            arm=fact.arm or "",
        )
    if isinstance(fact, EligibilityConfirmed):
        return msgspec.structs.replace(state, indication=fact.indication)
    if isinstance(fact, TherapyPrescribed):
        return msgspec.structs.replace(state, off_label=state.off_label or fact.off_label_note is not None)
    return state


def _route_links(state: ChainRoute) -> Iterable[str]:
    return filter(None, (state.authorisation, state.product))


CHAIN_ROUTE = Subject(
    name="ChainRoute",
    kinds=("coi",),
    types=frozenset(("RouteConfirmed", "EligibilityConfirmed", "TherapyPrescribed")),
    empty=ChainRoute(),
    fold=_route,
    links=_route_links,
)
