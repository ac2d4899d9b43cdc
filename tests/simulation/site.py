"""A site: a device that saves each request under its key before it sends it, and sends it until it is answered."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from ledger.domain.receipt import Draft, LedgerError, NotFound, Overloaded, Receipt, Refused, Unavailable
from tests.simulation.deeds import Call, Deed, batch, single
from tests.simulation.network import Network
from tests.simulation.server import Answer, Server
from tests.simulation.timeline import Timeline

_PATIENCE = timedelta(seconds=150)
"""After this the same request is sent again."""

_LONGEST = timedelta(hours=2)
"""Between two attempts at most."""

_MOST_IN_A_BATCH = 6

_LOOKS_UP = 0.25
"""Chance that a device asks what became of its key instead of sending again."""


class Counter:
    """Numbers the events of a run by which the order of answers and requests is told."""

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.newest = 0

    def next(self) -> int:
        """One more event."""
        self.newest += 1
        return self.newest


class Site:
    """The device of one site.

    Attributes:
        outbox: calls without an answer, oldest first: on its disk.
        calls: every call that it ever made, with the answers: what the oracle reads.
    """

    def __init__(self, name: str, timeline: Timeline, network: Network, hub: Sequence[Server], order: Counter) -> None:
        """Switch it on."""
        self.name = name
        self._timeline, self._network, self._hub, self._order = timeline, network, hub, order
        self.outbox: list[Call] = []
        self.calls: list[Call] = []
        self._flying: dict[Call, int] = {}
        self._on = True

    def key(self) -> UUID:
        """A new key."""
        return UUID(int=self._timeline.chance.getrandbits(128), version=4)

    def tell(self, deed: Deed) -> None:
        """Save a call of a deed, and send it when it is its turn."""
        self._save(single(deed, self.key()))

    def reuse(self, call: Call, deed: Deed) -> None:
        """What no device may do: send something else under a key that is in use."""
        impostor = single(deed, call.key)
        impostor.impostor = True
        call.shares = impostor.shares = True
        self._save(impostor)

    def _save(self, call: Call) -> None:
        self.outbox.append(call)
        self.calls.append(call)
        self._timeline.soon(self.pump, 1.0)

    def crash(self) -> None:
        """Forget what is not on the disk; begin again after a while."""
        self._timeline.say(f"the device of {self.name} starts anew")
        self._on = False
        self._flying.clear()
        self._timeline.after(timedelta(seconds=self._timeline.chance.uniform(5, 3_600)), self._again)

    def _again(self) -> None:
        self._on = True
        self.pump()

    def pump(self) -> None:
        """Send what may be sent."""
        if not self._on:
            return
        self._gather()
        for call in self.outbox[: self._network.weather.window]:
            if call not in self._flying:
                self._attempt(call)

    def _gather(self) -> None:
        """Make one batch of what has queued and was never sent."""
        fresh = [call for call in self.outbox if not call.tries and not call.impostor and len(call.deeds) == 1]
        many = fresh[:_MOST_IN_A_BATCH]
        if len(many) < 2 or not self._network.is_up(self.name):
            return
        if self._timeline.chance.random() >= self._network.weather.batches:
            return
        for call in many:
            call.deeds[0].calls.remove(call)
            self.outbox.remove(call)
            self.calls.remove(call)
        one = batch([call.deeds[0] for call in many], self.key())
        self.outbox.insert(0, one)
        self.calls.append(one)

    def _attempt(self, call: Call) -> None:
        call.tries += 1
        call.first_sent = call.first_sent or self._order.next()
        token = self._flying[call] = call.tries
        server = self._timeline.chance.choice(self._hub)
        said = " ".join(deed.what for deed in call.deeds)
        self._timeline.say(f"{self.name} sends {said} to {server.name}, key {str(call.key)[:8]}, try {call.tries}")
        if call.tries > 1 and not call.shares and self._timeline.chance.random() < _LOOKS_UP:
            self._network.send(self.name, lambda: server.look_up(call.items[0].recorder, call.key, self._heard(call)))
        else:
            self._network.send(self.name, lambda: server.receive(call.work, self._reply(call)))
        wait = min(_PATIENCE * 2 ** min(call.tries - 1, 6), _LONGEST)
        self._timeline.after(wait, lambda: self._again_if(call, token))

    def _reply(self, call: Call) -> Callable[[Answer], None]:
        return lambda answer: self._network.send(self.name, lambda: self._answered(call, answer))

    def _heard(self, call: Call) -> Callable[[tuple[Receipt, ...] | LedgerError], None]:
        """What GetReceipt says; that nothing is known of the key is no answer."""

        def hear(found: tuple[Receipt, ...] | LedgerError) -> None:
            if isinstance(found, NotFound) or call.shares:
                return
            self._reply(call)(found[0] if isinstance(found, tuple) and isinstance(call.work, Draft) else found)

        return hear

    def _again_if(self, call: Call, token: int) -> None:
        """No answer came to this attempt."""
        if self._flying.get(call) == token:
            del self._flying[call]
            self.pump()

    def _answered(self, call: Call, answer: Answer) -> None:
        if not self._on:
            return
        self._timeline.say(f"{self.name} hears of {str(call.key)[:8]}: {told(answer)}")
        if isinstance(answer, Unavailable | Overloaded):
            return
        call.answers.append(answer)
        if call.settled:
            return
        call.settled = self._order.next()
        self._flying.pop(call, None)
        self.outbox.remove(call)
        self._settle(call, answer)
        self._timeline.soon(self.pump, 1.0)

    def _settle(self, call: Call, answer: Answer) -> None:
        if isinstance(answer, tuple):
            for deed, receipt in zip(call.deeds, answer, strict=True):
                deed.settle(receipt)
        elif isinstance(answer, Refused) and answer.item is not None:
            self._sort_out(call, answer)
        else:
            for deed in call.deeds:
                deed.settle(answer)

    def _sort_out(self, call: Call, refused: Refused) -> None:
        """One item barred its batch: the others are sent again, each on its own and under a new key."""
        assert refused.item is not None
        again = [single(deed, self.key()) for number, deed in enumerate(call.deeds) if number != refused.item]
        self.outbox[:0] = again
        self.calls += again
        call.deeds[refused.item].settle(refused)


def told(answer: Answer) -> str:
    """An answer in a few words."""
    if isinstance(answer, tuple):
        return ", ".join(told(one) for one in answer)
    if isinstance(answer, Receipt):
        rules = " ".join(sorted({finding.rule for finding in answer.findings}))
        return f"{answer.state.removeprefix('RECEIPT_STATE_').lower()} at {answer.position} {rules}".rstrip()
    return f"{type(answer).__name__}: {answer}"
