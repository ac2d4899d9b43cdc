"""How many calls run at once.

What comes on top is told to come back, before any work. The bedside has places of its own, and so have listeners: they
stay for long and do little, and must not take the places of those who record.
"""

from dataclasses import dataclass, field
from typing import Final

from ledger.domain.receipt import Overloaded
from services.interceptors.lasting import converses, listens

_COME_BACK: Final = 0.25
_LISTEN_LATER: Final = 5.0
_STREAM_LATER: Final = 5.0
_BEDSIDE: Final = "/coi.ledger.v1.AdministrationService/"


@dataclass
class Admission:
    """Counts the calls under way.

    Attributes:
        most: Calls at once.
        reserved: Of these, places that only bedside calls may take.
        most_listening: Listeners at once, beside those calls.
        streams: Streams of facts at once, beside the calls: each lasts up to half an hour.
        running: Calls under way now, without listeners and streams.
        listening: Listeners now.
        streaming: Streams of facts under way now.
        shed: Calls that were told to come back.
    """

    most: int = 224
    reserved: int = 32
    most_listening: int = 64
    streams: int = 32
    running: int = field(default=0, init=False)
    listening: int = field(default=0, init=False)
    streaming: int = field(default=0, init=False)
    shed: int = field(default=0, init=False)

    def enter(self, method: str) -> None:
        """Takes a place.

        Raises:
            Overloaded: There is none.
        """
        if listens(method):
            self._sit_down()
            return
        if converses(method):
            self._open()
            return
        if self.running >= (self.most if method.startswith(_BEDSIDE) else self.most - self.reserved):
            self.shed += 1
            raise Overloaded(_COME_BACK)
        self.running += 1

    def leave(self, method: str) -> None:
        """Gives the place back."""
        if listens(method):
            self.listening -= 1
        elif converses(method):
            self.streaming -= 1
        else:
            self.running -= 1

    def _sit_down(self) -> None:
        if self.listening >= self.most_listening:
            self.shed += 1
            raise Overloaded(_LISTEN_LATER)
        self.listening += 1

    def _open(self) -> None:
        if self.streaming >= self.streams:
            self.shed += 1
            raise Overloaded(_STREAM_LATER)
        self.streaming += 1
