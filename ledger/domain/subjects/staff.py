"""The subject of a member of staff: the id used first, the roles held, the steps trained for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct

from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import PersonRegistered, Role, RoleGranted
from ledger.domain.facts.staff import RoleEnded, TrainingCompleted
from ledger.domain.subjects.subject import Entry, Subject
from ledger.domain.subjects.validity import in_force

MOST: Final = 256
"""Grants and trainings of one person that are kept: a working life of them."""


class Grant(Struct, frozen=True, kw_only=True):
    """A role somebody holds.

    Attributes:
        scope: Site, organisation or licence.
        steps: Fact types that it covers; none means all of the role.
        products: Products that it covers; none means all.
        ended: First moment without it; None means that nobody ended it.
        ended_steps: Steps that were taken out of it.
    """

    role: Role
    scope: str
    steps: tuple[str, ...]
    products: tuple[str, ...]
    effective_from: str
    effective_to: str | None
    ended: datetime | None = None
    ended_steps: tuple[str, ...] = ()

    def covers(self, moment: datetime, step: str) -> bool:
        """Whether it is held at a moment, for a step."""
        if (self.ended is not None and moment >= self.ended) or step in self.ended_steps:
            return False
        return in_force(moment, self.effective_from, self.effective_to) and (not self.steps or step in self.steps)


class Training(Struct, frozen=True, kw_only=True):
    """What somebody was trained for at a site.

    Attributes:
        product: For one product; empty means all.
        steps: Fact types.
    """

    position: int
    site: str
    product: str
    steps: tuple[str, ...]
    effective_from: str
    effective_to: str | None


class Person(Struct, frozen=True, kw_only=True):
    """A member of staff: the id used first, roles, training.

    Attributes:
        until: Last day of the newest entry; empty while none is said.
    """

    first: str = ""
    registered: int = 0
    until: str = ""
    roles: tuple[Grant, ...] = ()
    training: tuple[Training, ...] = ()


def _person(state: Person, entry: Entry) -> Person:
    """Who is registered, granted a role or trained; not who wrote it down, though the fact bears that tag too."""
    fact = entry.content.fact
    if isinstance(fact, PersonRegistered):
        if entry.tag not in {tag_of("person", number) for number in (fact.person, *fact.numbers)}:
            return state
        first = state.first or tag_of("person", fact.person)
        registered, until = state.registered or entry.position, fact.effective_to or ""
        return msgspec.structs.replace(state, first=first, registered=registered, until=until)
    if not isinstance(fact, RoleGranted | RoleEnded | TrainingCompleted):
        return state
    if tag_of("person", fact.person) != entry.tag:
        return state
    return _told(state, entry, fact)


def _told(state: Person, entry: Entry, fact: RoleGranted | RoleEnded | TrainingCompleted) -> Person:
    if isinstance(fact, RoleGranted):
        return msgspec.structs.replace(state, roles=(*state.roles, _grant(fact))[-MOST:])
    if isinstance(fact, RoleEnded):
        return msgspec.structs.replace(state, roles=tuple(_ended(grant, fact, entry) for grant in state.roles))
    training = Training(
        position=entry.position,
        site=tag_of("site", fact.site),
        product=tag_of("product", fact.product),
        steps=fact.steps,
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
    )
    return msgspec.structs.replace(state, training=(*state.training, training)[-MOST:])


def _scope(fact: RoleGranted | RoleEnded) -> str:
    return tag_of("site", fact.site) or tag_of("organisation", fact.organisation) or tag_of("licence", fact.licence)


def _grant(fact: RoleGranted) -> Grant:
    return Grant(
        role=fact.role,
        scope=_scope(fact),
        steps=fact.steps,
        products=tuple(tag_of("product", item) for item in fact.products),
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
    )


def _ended(grant: Grant, fact: RoleEnded, entry: Entry) -> Grant:
    """A role that ends, ends in the scope named; where steps are named, only they end."""
    if grant.ended is not None or (grant.role, grant.scope) != (fact.role, _scope(fact)):
        return grant
    if fact.steps:
        steps = tuple(dict.fromkeys((*grant.ended_steps, *fact.steps)))
        return msgspec.structs.replace(grant, ended_steps=steps[-MOST:])
    return msgspec.structs.replace(grant, ended=entry.at)


def _person_links(state: Person) -> Iterable[str]:
    return filter(None, (state.first,))


PERSON = Subject(
    name="Person",
    kinds=("person",),
    types=frozenset(("PersonRegistered", "RoleGranted", "RoleEnded", "TrainingCompleted")),
    empty=Person(),
    fold=_person,
    links=_person_links,
)
