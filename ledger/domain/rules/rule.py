"""What a rule is: one check with an id, its words, its source, the owner of its risk, and a pure function.

A rule declares the subjects that it reads and the fact types that it judges. A released revision is never edited; a new
one stands beside it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ledger.domain.facts.registry import Role
from ledger.domain.finding import Weight
from ledger.domain.rules.case import Case
from ledger.domain.subjects.subject import AnySubject


class Owner(StrEnum):
    """Who owns the risk, and so who may take it on."""

    CLINICAL = "treating physician"
    QUALITY = "QP, QA or quality controller"
    TISSUE = "Designated Individual"
    NOBODY = "nobody"


ROLES_OF: Final[Mapping[Owner, frozenset[Role]]] = MappingProxyType(
    {
        Owner.CLINICAL: frozenset((Role.TREATING_PHYSICIAN, Role.PRESCRIBER)),
        Owner.QUALITY: frozenset((Role.QUALIFIED_PERSON, Role.QUALITY_ASSURANCE, Role.QUALITY_CONTROLLER)),
        Owner.TISSUE: frozenset((Role.DESIGNATED_INDIVIDUAL,)),
        Owner.NOBODY: frozenset(),
    }
)
"""Roles that may act for an owner."""


class Later(StrEnum):
    """Rules that a late fact asks again of its subject's later history; each reads one subject's state."""

    COUNTING = "counting"
    CUSTODY = "custody"


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule does not hold.

    Attributes:
        tag: What it is about.
        found: What was found; short, without identity.
        must: What would have been right.
        note: Never more than a note, whatever the fact.
        overridable: The owner of the risk may take it on.
    """

    tag: str
    found: str
    must: str
    note: bool = False
    overridable: bool = False


Judge = Callable[[Case], Iterable[Broken]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One revision of one rule.

    Attributes:
        id: Its id, for ever.
        revision: Counted from 1.
        text: What it refuses, in the law's words.
        source: Law, standard, section; where a reading is ours it says so.
        owner: Who owns the risk.
        together: Other owners without whom the owner may not take it on.
        override: What may lawfully bypass it, in words.
        types: Fact types that it judges.
        reads: Subjects that it reads, those on the way to them included.
        judge: The check.
        weights: Where a broken rule is not what the fact's kind says: type to weight.
        timed: It compares times, so it is asked at the ends of the uncertainty too.
        later: Whether a late fact asks it again of later history, and of which subject.
        over: Subjects that it reads over every ancestor of the materials named.
        curable: An earlier fact that comes late can make it hold; not so for how a fact was recorded.
    """

    id: str
    revision: int
    text: str
    source: str
    owner: Owner
    override: str
    types: tuple[str, ...]
    reads: tuple[AnySubject, ...]
    judge: Judge
    weights: Mapping[str, Weight] = field(default_factory=lambda: MappingProxyType({}))
    timed: bool = False
    later: tuple[Later, AnySubject] | None = None
    over: tuple[AnySubject, ...] = ()
    together: tuple[Owner, ...] = ()
    live: bool = True
    curable: bool = True
