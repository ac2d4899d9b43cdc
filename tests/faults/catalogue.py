"""Every fault that is played: on each change in a short run, and by the campaign for as long as it is given."""

from typing import Final

from tests.faults import (
    clocks,
    cuts,
    disk_faults,
    hammer,
    inspectors,
    keys,
    kills,
    overload,
    pauses,
    power,
    silence,
    standby,
)
from tests.faults.fault import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    *hammer.FAULTS,
    *keys.FAULTS,
    *kills.FAULTS,
    *power.FAULTS,
    *disk_faults.FAULTS,
    *standby.FAULTS,
    *cuts.FAULTS,
    *silence.FAULTS,
    *pauses.FAULTS,
    *overload.FAULTS,
    *inspectors.FAULTS,
    *clocks.FAULTS,
)
