"""A story told at random: in another order, forced, corrected, withdrawn, late. The same seed tells the same story."""

import random

from tests.support import world
from tests.support.judged import Asked, given
from tests.support.world import DEVIATION, OTHER_CHAIN, OTHER_PATIENT


def random_story(seed: int, *, cached: bool = True) -> Asked:
    """The story in another order, corrected, withdrawn, forced and late; nothing stays in memory unless `cached`."""
    chance = random.Random(seed)
    ledger = given(*world.registers())
    ledger.cached = cached
    told = [
        *world.story(),
        world.chain(OTHER_CHAIN, OTHER_PATIENT),
        world.check(patient=OTHER_PATIENT, scanned_patient=OTHER_PATIENT),
        world.suspension(since="2026-04-14T07:00Z"),
        world.withdrawal(),
        world.start(patient=OTHER_PATIENT, exceptions=[DEVIATION]),
        world.second_dispatch(consignment=world.OTHER_CONSIGNMENT, exceptions=[DEVIATION]),
    ]
    for _ in range(chance.randrange(1, 12)):
        first, second = chance.randrange(len(told)), chance.randrange(len(told))
        told[first], told[second] = told[second], told[first]
    for draft in told:
        ledger.tell(draft)
        about = chance.randrange(20, ledger.position + 1)
        match chance.randrange(6):
            case 0:
                ledger.tell(world.as_deviation(about))
            case 1:
                ledger.tell(world.did_not_happen(about))
            case 2:
                ledger.tell(world.corrected(about, draft, with_envelope=True, exceptions=[DEVIATION]))
            case _:
                pass
    return ledger
