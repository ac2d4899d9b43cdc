"""People whom a licence names: they may speak where it is worked under, not only at a site or in an organisation.

The Human Tissue Authority designates an individual on a licence; a manufacturing licence names its Qualified Persons
and quality controllers. Who holds any other role holds it where it was granted (our encoding).
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from ledger.domain.facts.registry import Role
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.licences import LICENSED, candidates
from ledger.domain.rules.release import holds_role, scopes_of
from ledger.domain.subjects.papers import AGREEMENT, LICENCE
from ledger.domain.subjects.sites import SITE_STATUS
from ledger.domain.subjects.validity import in_force

DESIGNATED: Final = frozenset((Role.DESIGNATED_INDIVIDUAL, Role.DESIGNATED_INDIVIDUAL_DELEGATE))
"""Whom a tissue licence names, and whom they authorised."""

_NAMED: Final = DESIGNATED | {Role.QUALIFIED_PERSON, Role.QUALITY_CONTROLLER}


def may(case: Case, person: str, roles: AbstractSet[Role]) -> bool:
    """Whether a person holds one of some roles here, or one that licences name on a licence that the fact rests on."""
    if holds_role(case, person, frozenset(roles), scopes_of(case)):
        return True
    named = frozenset(roles) & _NAMED
    return bool(named) and holds_role(case, person, named, scopes_by_licence(case))


def scopes_by_licence(case: Case) -> set[str]:
    """The licences that a fact rests on, and the organisations that hold them."""
    licences = set(licences_of(case))
    return licences | ({case.state(LICENCE, tag).holder for tag in licences} - {""})


def licences_of(case: Case) -> Iterator[str]:
    """Licences that a fact rests on, of itself or through an agreement with their holder.

    A fact that is no licensed activity itself, such as an assessment, rests on what its site works under then.
    """
    for basis in candidates(case) or _of_the_site(case):
        licence = basis if kind_of(basis) == "licence" else case.state(AGREEMENT, basis).licence
        if licence:
            yield licence


def _of_the_site(case: Case) -> tuple[str, ...]:
    if case.content.type in LICENSED:
        return ()
    bases = case.state(SITE_STATUS, case.site).bases
    return tuple(item.basis for item in bases if in_force(case.at, item.effective_from, item.effective_to))
