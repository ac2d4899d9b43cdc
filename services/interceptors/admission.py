"""How many calls run at once.

What comes on top is told to come back, before any work. The bedside has places of its own.
"""

from dataclasses import dataclass, field
from typing import Final

from ledger.domain.receipt import Overloaded

_COME_BACK: Final = 0.25
_COME_BACK_STREAMING: Final = 5.0
_BEDSIDE: Final = "/coi.ledger.v1.AdministrationService/"


@dataclass
class Admission:
    """Counts the calls under way.

    Attributes:
        most: Calls at once.
        reserved: Of these, places that only bedside calls may take.
        streams: Streams of facts at once, beside the calls: each lasts up to half an hour.
        running: Calls under way now.
        streaming: Streams of facts under way now.
        shed: Calls that were told to come back.
    """

    most: int = 224
    reserved: int = 32
    streams: int = 32
    running: int = field(default=0, init=False)
    streaming: int = field(default=0, init=False)
    shed: int = field(default=0, init=False)

    def enter(self, method: str) -> None:
        """Takes a place.

        Raises:
            Overloaded: There is none.
        """
        if self.running >= (self.most if method.startswith(_BEDSIDE) else self.most - self.reserved):
            self.shed += 1
            raise Overloaded(_COME_BACK)
        self.running += 1

    def leave(self) -> None:
        """Gives the place back."""
        self.running -= 1

    def enter_stream(self) -> None:
        """Takes the place of a stream.

        Raises:
            Overloaded: There is none.
        """
        if self.streaming >= self.streams:
            self.shed += 1
            raise Overloaded(_COME_BACK_STREAMING)
        self.streaming += 1

    def leave_stream(self) -> None:
        """Gives it back."""
        self.streaming -= 1
