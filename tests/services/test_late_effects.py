"""Later facts that were too many for the transaction are looked at after it, and told to whoever reads the fact."""

import json
from collections import Counter

from click.testing import CliRunner
from structlog.testing import capture_logs

from ledger.api import Commit
from services.cli import main
from services.operations.late_effects import LateEffects
from services.server import ServerThread
from tests.support import world
from tests.support.judged import Asked, given, note
from tests.support.waiting import until
from tests.support.world import DEVIATION, tag

LATER = 1_001
CONSIGNMENT = tag("consignment", world.FIRST_CONSIGNMENT)


def late_dispatch() -> Asked:
    """A dispatch that comes after a thousand and one receipts of its consignment, of which it allows one."""
    asked = given(*world.until("dispatch"))
    first = world.time("2026-04-08T00:00Z")
    asked.tell_at_once(
        [
            world.receipt(at=first + world.duration(60 * minute), materials=None, exceptions=[DEVIATION])
            for minute in range(LATER)
        ]
    )
    asked.when(world.dispatch()).then_noted(note("C1", CONSIGNMENT))
    return asked


def test_what_a_late_fact_makes_impossible_in_a_long_history_is_told_after_its_commit() -> None:
    asked = late_dispatch()
    position = asked.position
    (effect,) = asked.ledger.fact(position).late_effects
    assert (effect.rule, effect.tag, effect.found) == ("C1", CONSIGNMENT, "makes 1000 later facts impossible")
    assert effect.positions == tuple(range(position - LATER + 1, position))
    assert asked.ledger.fact(position - 1).late_effects == ()

    with capture_logs(), ServerThread(asked.ledger) as server:
        shown = CliRunner().invoke(main, ["show", str(position), "--json", "--target", server.address])
        told = CliRunner().invoke(main, ["show", str(position), "--target", server.address], env={"COLUMNS": "80"})
    assert json.loads(shown.stdout)["late_effects"][0]["positions"] == list(effect.positions)
    assert "looked at since" in told.stdout

    with capture_logs() as lines:
        looking = LateEffects()
        looking.committed(Commit(1, 1, 0.1, 0, Counter(), Counter(), left_out=(position, position + 1)))
        looking.start(asked.ledger)
        until(lambda: len(lines) == 2)
        looking.stop()
    assert lines == [
        {
            "event": "later facts looked at",
            "log_level": "info",
            "position": position,
            "impossible": {"C1": list(effect.positions)},
        },
        {
            "event": "later facts were not looked at",
            "log_level": "warning",
            "position": position + 1,
            "cause": "NotFound",
        },
    ]
