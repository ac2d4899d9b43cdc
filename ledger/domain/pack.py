"""The pack for the bedside: one page before a journey, made from the verdict alone, and sealed by its hash.

Whoever shows a pack later shows bytes; their hash stands in the verdict of the fact that issued it. It names no patient
but by the chain, and it permits nothing: the check at the bedside and the giving are judged themselves.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from ledger.domain.facts import content as contents
from ledger.domain.facts.record import Clearance, InHand, Resolved
from ledger.domain.facts.shape import Time
from ledger.domain.receipt import Receipt
from ledger.domain.rules import bedside

SEAL: Final = "pack-sha256"
"""Name under which a verdict holds the seal of its pack."""


class Checks(Struct, frozen=True, kw_only=True):
    """The check to do at the bedside.

    Attributes:
        identifiers: Independent identifiers of the patient that must match.
        people: Who make it; a validated electronic check counts as one.
        valid_for_seconds: How old it may be when giving starts.
    """

    identifiers: int
    people: int
    valid_for_seconds: int


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What binds, beside the moment until which the pack holds.

    Attributes:
        in_use_seconds: From completion or thaw to use.
        giving_seconds: How long giving may last.
        outstanding_tests: Tests on condition of which it was released.
    """

    in_use_seconds: int | None = None
    giving_seconds: int | None = None
    outstanding_tests: tuple[str, ...] = ()


class Pack(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pack for the bedside.

    Attributes:
        coi: Tag of the chain.
        issued_at: When it was issued.
        containers: What is carried.
        checks: The check to do.
        limits: What else binds.
        may_be_given: As far as was known when it was issued, after a check that matches.
        sentence: The same in one sentence.
        valid_until: The earliest of all that ends it; none when nothing known does, and when it may not be given.
    """

    coi: str
    issued_at: Time
    containers: tuple[InHand, ...]
    checks: Checks
    limits: Limits
    may_be_given: bool
    sentence: str
    valid_until: Time | None = None


def packed(issued_at: datetime, found: Iterable[Resolved], told: Clearance) -> bytes:
    """Returns a pack as canonical JSON, the same for ever from the same verdict.

    Args:
        issued_at: When the fact was recorded.
        found: What the verdict resolved.
        told: The verdict's clearance.
    """
    resolved = [(item.name, item.value) for item in found]
    values = dict(resolved)
    in_use, giving = values.get(bedside.IN_USE), values.get(bedside.GIVING)
    pack = Pack(
        coi=values[bedside.CHAIN],
        issued_at=issued_at,
        containers=told.in_hand,
        checks=Checks(
            identifiers=int(values[bedside.IDENTIFIERS]),
            people=int(values[bedside.PEOPLE]),
            valid_for_seconds=int(values[bedside.HOLDS]),
        ),
        limits=Limits(
            in_use_seconds=None if in_use is None else int(in_use),
            giving_seconds=None if giving is None else int(giving),
            outstanding_tests=tuple(value for name, value in resolved if name == bedside.OUTSTANDING),
        ),
        may_be_given=told.may_follow,
        sentence=told.sentence,
        valid_until=told.until,
    )
    return contents.encode(pack)


def sealed(issued_at: datetime, found: tuple[Resolved, ...], told: Clearance) -> tuple[Resolved, ...]:
    """Returns what was resolved, with the seal of the pack where one is issued."""
    if not any(item.name == bedside.CHAIN for item in found):
        return found
    octets = packed(issued_at, found, told)
    return (*found, Resolved(name=SEAL, value=hashlib.sha256(octets).hexdigest()))


def of(receipt: Receipt) -> tuple[bytes, str]:
    """Returns the pack that a receipt tells of, and the seal that stands in the log.

    Raises:
        ValueError: It issues no pack.
    """
    seal = next((item.value for item in receipt.resolved if item.name == SEAL), "")
    if not seal or receipt.clearance is None:
        raise ValueError(f"fact {receipt.position} is a {receipt.type} and issues no pack")
    return packed(receipt.recorded_at, receipt.resolved, receipt.clearance), seal
