"""What is done in the world, and the calls that tell of it. The oracle knows the world by these, not by the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed
from ledger.domain.receipt import Draft, DraftBatch, LedgerError, Receipt, Refused
from tests.model import world
from tests.model.law import Act
from tests.simulation.server import Answer


@dataclass(frozen=True)
class About:
    """What a record about a fact makes of it.

    Attributes:
        position: of the fact.
        act: what it means from now on; None when it no longer counts.
    """

    position: int
    act: Act | None


@dataclass(eq=False)
class Deed:
    """Something that somebody did, or says about a fact, and wants on record.

    Attributes:
        what: for people.
        site: where.
        draft: as it is told; its key is another in each call.
        act: its meaning to the plain law; None where that has nothing to say.
        decision: it takes effect when it is recorded.
        needs: deeds after which the ledger must accept it, if they stand on record in their order; None if it need not.
        asides: deeds of the same chain that spoil that, where they are accepted before it.
        about: for a record about a fact.
        calls: that tell of it, the newest last.
        over: nobody tells it again.
        answer: the last answer.
    """

    what: str
    site: str
    draft: Draft
    act: Act | None = None
    decision: bool = False
    needs: tuple["Deed", ...] | None = None
    asides: Sequence["Deed"] = ()
    about: About | None = None
    mend: Callable[["Deed", Refused], bool] | None = None
    calls: list["Call"] = field(default_factory=list)
    over: bool = False
    answer: Receipt | LedgerError | Malformed | None = None
    _waiting: list[Callable[[], None]] = field(default_factory=list)

    @property
    def recorded(self) -> bool:
        """It is on record, as its teller was told."""
        return isinstance(self.answer, Receipt)

    @property
    def position(self) -> int:
        """Where it stands, or its refusal."""
        assert isinstance(self.answer, Receipt | Refused), self.answer
        return self.answer.position

    def when_over(self, act: Callable[[], None]) -> None:
        """Call back once it is over."""
        if self.over:
            act()
        else:
            self._waiting.append(act)

    def settle(self, answer: Receipt | LedgerError | Malformed) -> None:
        """Take an answer: it is over, unless somebody mends it."""
        self.answer = answer
        if isinstance(answer, Refused) and self.mend is not None and self.mend(self, answer):
            return
        self.finish()

    def finish(self) -> None:
        """Nobody tells it again."""
        self.over = True
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()


@dataclass(eq=False)
class Call:
    """One request under one key, sent as often as it takes.

    Attributes:
        key: saved before the first attempt.
        site: that sends it.
        work: what is sent, the same each time.
        deeds: that it tells of, in order.
        impostor: it is sent under a key of another call.
        shares: its key is one of two calls.
        tries: how often it was sent.
        first_sent: number of that event in the run; 0 for never.
        settled: number of the event of the first answer; 0 for none.
        answers: every answer that came, in order.
    """

    key: UUID
    site: str
    work: Draft | DraftBatch
    deeds: tuple[Deed, ...]
    impostor: bool = False
    shares: bool = False
    tries: int = 0
    first_sent: int = 0
    settled: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def items(self) -> tuple[Draft, ...]:
        """What it wants on record."""
        return self.work.items if isinstance(self.work, DraftBatch) else (self.work,)


def keyed(draft: Draft, key: UUID) -> Draft:
    """The same draft under a key, signed again where it was signed."""
    content = msgspec.structs.replace(draft.content, id=key)
    if content.envelope.signatures:
        signature = content.envelope.signatures[0]
        bare = msgspec.structs.replace(content.envelope, signatures=())
        content = msgspec.structs.replace(content, envelope=bare)
        content = world.with_signature(content, signature.signed_at, signature.meaning)
    return world.as_draft(content)


def single(deed: Deed, key: UUID) -> Call:
    """A call of one deed."""
    call = Call(key, deed.site, keyed(deed.draft, key), (deed,))
    deed.calls.append(call)
    return call


def batch(deeds: Sequence[Deed], key: UUID) -> Call:
    """A call of several deeds of one site, all or none."""
    items = tuple(keyed(deed.draft, contents.item_id(key, number)) for number, deed in enumerate(deeds))
    work = DraftBatch(id=key, items=items, organisation=items[0].recorder.organisation)
    call = Call(key, deeds[0].site, work, tuple(deeds))
    for deed in deeds:
        deed.calls.append(call)
    return call
