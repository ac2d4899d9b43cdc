"""The subject of an organisation: what it is registered as, and which agreements it is a party to."""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.bases import AgreementSigned
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import OrganisationRegistered
from ledger.domain.subjects.subject import Entry, Subject

MOST: Final = 64
"""Agreements of one organisation that are kept; older ones are found when a fact names them."""


class Organisation(Struct, frozen=True, kw_only=True):
    """An organisation as registered, and the agreements that it is a party to."""

    registered: int = 0
    roles: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()


def _organisation(state: Organisation, entry: Entry) -> Organisation:
    fact = entry.content.fact
    if isinstance(fact, OrganisationRegistered) and tag_of("organisation", fact.organisation) == entry.tag:
        return msgspec.structs.replace(state, registered=entry.position, roles=fact.roles)
    if isinstance(fact, AgreementSigned) and entry.tag in {
        tag_of("organisation", fact.giver),
        tag_of("organisation", fact.acceptor),
    }:
        agreement = tag_of("agreement", fact.agreement)
        known = (*(item for item in state.agreements if item != agreement), agreement)
        return msgspec.structs.replace(state, agreements=known[-MOST:])
    return state


def _organisation_links(state: Organisation) -> Iterable[str]:
    return state.agreements


ORGANISATION = Subject(
    name="Organisation",
    kinds=("organisation",),
    types=frozenset(("OrganisationRegistered", "AgreementSigned")),
    empty=Organisation(),
    fold=_organisation,
    links=_organisation_links,
)
