"""The rules of the rulebook that are not live yet, as data: shown beside the live ones, never asked. There are none.

Nobody may think that a rule guards when it does not, so each would say why it is still to come. No id here is the id of
a live rule.
"""

from typing import Final

from ledger.domain.rules.planned_rule import Planned

__all__ = ["PLANNED", "Planned"]

PLANNED: Final[tuple[Planned, ...]] = ()
"""Every planned rule, in the order of the rulebook."""
