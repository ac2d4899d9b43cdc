"""The network between the sites and the hub: late, twice, out of order, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.timeline import Timeline


@dataclass(frozen=True)
class Weather:
    """How bad the world is.

    Attributes:
        dropped: chance that a message is lost.
        doubled: chance that a message comes a second time, up to two days later.
        slow: seconds that a message takes at most.
        trouble: chance that a batch meets a fault of the store or the death of its server.
        offline: hours that a site is cut off at most; 0 for never.
        crashes: how often the device of a site starts anew.
        servers: processes at the hub.
        window: requests that a site sends without waiting for the answer to the one before.
        batches: chance that a site sends what has queued as one batch.
        wrong_clock: a server's clock is so wrong that it must not record.
    """

    dropped: float = 0.0
    doubled: float = 0.0
    slow: float = 0.5
    trouble: float = 0.0
    offline: float = 0.0
    crashes: int = 0
    servers: int = 1
    window: int = 1
    batches: float = 0.0
    wrong_clock: bool = False


CALM = Weather()
"""Nothing goes wrong."""


def drawn(timeline: Timeline) -> Weather:
    """The weather of a run: often bad in one way, sometimes in all."""
    chance = timeline.chance

    def now_and_then(worst: float) -> float:
        return chance.choice((0.0, worst / 2, worst))

    return Weather(
        dropped=now_and_then(0.3),
        doubled=now_and_then(0.4),
        slow=chance.choice((0.5, 10.0, 120.0)),
        trouble=now_and_then(0.3),
        offline=chance.choice((0.0, 2.0, 12.0, 48.0)),
        crashes=chance.randrange(3),
        servers=chance.randint(1, 3),
        window=chance.choice((1, 1, 1, 4)),
        batches=now_and_then(1.0),
        wrong_clock=chance.random() < 0.1,
    )


class Network:
    """One link from the hub to each site.

    Attributes:
        lost: messages that never came.
        doubled: messages that came twice.
    """

    def __init__(self, timeline: Timeline, weather: Weather) -> None:
        """Every link is up."""
        self._timeline, self.weather = timeline, weather
        self._down_until: dict[str, datetime] = {}
        self.lost = self.doubled = 0

    def is_up(self, site: str) -> bool:
        """Whether messages pass."""
        return self._down_until.get(site, self._timeline.now) <= self._timeline.now

    def cut(self, site: str, hours: float, then: Callable[[], None]) -> None:
        """Take a site off the network for so long."""
        self._timeline.say(f"{site} is offline for {hours:.1f} h")
        self._down_until[site] = self._timeline.now + timedelta(hours=hours)
        self._timeline.after(timedelta(hours=hours, seconds=1), then)

    def send(self, site: str, arrive: Callable[[], None]) -> None:
        """Carry a message from or to a site, if it gets there."""
        chance, weather = self._timeline.chance, self.weather
        if not self.is_up(site) or chance.random() < weather.dropped:
            self.lost += 1
            return
        self._timeline.soon(lambda: self._arrive(site, arrive), weather.slow)
        if chance.random() < weather.doubled:
            self.doubled += 1
            late = timedelta(seconds=chance.choice((1, 60, 3_600, 172_800)) * chance.random())
            self._timeline.after(late, lambda: self._arrive(site, arrive))

    def _arrive(self, site: str, arrive: Callable[[], None]) -> None:
        if self.is_up(site):
            arrive()
        else:
            self.lost += 1
