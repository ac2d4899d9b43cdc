"""What a rule found on a fact, and what the ledger made of it.

A verdict is compared as the sorted set of (rule, tag, weight); the words beside them are for people.
"""

from enum import StrEnum

from msgspec import Struct


class Weight(StrEnum):
    """What a broken rule did to the fact."""

    BAR = "WEIGHT_BAR"
    """Refused it, or made it a deviation."""
    NOTE = "WEIGHT_NOTE"
    """Accepted, stored, listed."""
    OVERRIDDEN = "WEIGHT_OVERRIDDEN"
    """Would have barred; the owner of the risk took it on."""


class Outcome(StrEnum):
    """What became of a fact."""

    RECORDED = "OUTCOME_RECORDED"
    RECORDED_AS_DEVIATION = "OUTCOME_RECORDED_AS_DEVIATION"
    REFUSED = "OUTCOME_REFUSED"


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True, order=False):
    """One rule's result on one fact.

    Attributes:
        rule: Id of the rule, for ever.
        tag: What it is about: the tag of one thing.
        weight: What it did.
        found: What was found, in one short sentence without identity.
        must: What would have been right.
        positions: Facts concerned: for a late fact, those that it makes impossible.
    """

    rule: str
    tag: str
    weight: Weight
    found: str
    must: str
    positions: tuple[int, ...] = ()


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Sorts findings the one way in which they are stored: bars first, then by rule and tag."""
    rank = {Weight.BAR: 0, Weight.OVERRIDDEN: 1, Weight.NOTE: 2}
    return tuple(sorted(findings, key=lambda f: (rank[f.weight], f.rule, f.tag, f.found)))
