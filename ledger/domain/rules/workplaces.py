"""Rule I7: is only one patient's batch open where it is worked on?"""

from collections.abc import Iterator

from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.processing import LineCleared
from ledger.domain.rules.case import Case, tags_of
from ledger.domain.rules.frame import batch
from ledger.domain.rules.identity import is_autologous
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import PRODUCT
from ledger.domain.subjects.zones import ZONE


def _one_at_a_time(case: Case) -> Iterator[Broken]:
    """I7: two autologous batches in one work zone, and it was not cleared between them."""
    fact = case.fact
    if isinstance(fact, LineCleared):
        if not fact.clear:
            found = "found not clear"
            yield Broken(tag=tag_of("zone", fact.zone), found=found, must="cleared before the next batch", note=True)
        return
    zones = {tag_of("zone", case.envelope.place.zone)} - {""}
    if isinstance(fact, BatchOpened):
        zones.update(tags_of("zone", fact.zones))
    ours = batch(case)
    if _autologous(case, ours):
        for zone in sorted(zones):
            for other in _not_cleared(case, zone, ours):
                yield Broken(
                    tag=zone,
                    found=f"{other} is open in it, and it was not cleared for {ours}",
                    must="line clearance between two batches of two patients",
                )


def _not_cleared(case: Case, zone: str, ours: str) -> Iterator[str]:
    """Autologous batches that are open in a zone and came to it after it was last cleared for ours."""
    state = case.state(ZONE, zone)
    cleared = state.cleared(ours)
    for other, came in state.batches:
        if other == ours or case.state(BATCH_RECORD, other).ended or not _autologous(case, other):
            continue
        if cleared is None or cleared < max(came, state.cleared(other) or came):
            yield other


def _autologous(case: Case, tag: str) -> bool:
    fact, record = case.fact, case.state(BATCH_RECORD, tag)
    if isinstance(fact, BatchOpened) and tag_of("batch", fact.batch) == tag:
        return is_autologous(case, tag_of("coi", fact.coi), tag_of("product", fact.product))
    return is_autologous(case, record.coi, record.product)


I7 = Rule(
    id="I7",
    revision=1,
    text="Two autologous batches are open in the same work zone without line clearance. The work zone is the open "
    "manipulation area or the device chamber named in the batch record, not the room; clearance is per zone and per "
    "change of batch. Completion, closing or early end of a batch frees its zones.",
    source="EU GMP Part IV (ATMP) s9 (unverified)",
    owner=Owner.QUALITY,
    override="none",
    types=("LineCleared", "BatchOpened", "ManufactureCompleted"),
    reads=(ZONE, BATCH_RECORD, CHAIN, PRODUCT),
    judge=_one_at_a_time,
)
