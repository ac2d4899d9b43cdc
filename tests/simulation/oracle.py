"""What a run must have kept, told from outside: by what was sent, what was answered, and the stored bytes.

Leaves and root are hashed here again from the words of the format, with nothing of the ledger's evidence.
"""

import hashlib
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from ledger.domain.facts.birth import Malformed
from ledger.domain.receipt import KeyReused, LedgerError, Receipt, Refused, State
from ledger.store.moments import moment_of
from ledger.store.rows import Stored
from tests.model.law import Act
from tests.simulation.deeds import Call, Deed
from tests.simulation.opening import Opening
from tests.simulation.promises import NAMED_BY, breaches

_LATE = timedelta(hours=1)

_SAYS_WHY = timedelta(hours=24)
"""What happened longer ago is refused until a reason is given."""

_DRIFT_US = 2_000_000
"""Nothing is recorded while a server's clock is wrong by more."""

RECORDED, AS_DEVIATION, REFUSED = "OUTCOME_RECORDED", "OUTCOME_RECORDED_AS_DEVIATION", "OUTCOME_REFUSED"

_BECAME = {RECORDED: "facts recorded", AS_DEVIATION: "facts recorded as deviations", REFUSED: "facts refused"}


@dataclass(frozen=True)
class Fact:
    """A stored fact, read as plain data.

    Attributes:
        row: as it is stored.
        data: its record.
        octets: its content, canonical.
        deed: that it tells of; None for the opening.
    """

    row: Stored
    data: dict[str, Any]
    octets: bytes
    deed: Deed | None

    @property
    def key(self) -> str:
        """Id of the fact."""
        return str(self.data["content"]["id"])

    @property
    def outcome(self) -> str:
        """What became of it."""
        return str(self.data["verdict"]["outcome"])

    @property
    def filed(self) -> str:
        """The type under which the whole log finds it."""
        return "Refused" if self.outcome == REFUSED else str(self.data["content"]["type"])

    @property
    def heard(self) -> tuple[int, str]:
        """As a listener keeps it."""
        return (self.row.position, self.row.leaf.hex()[:8])


class Oracle:
    """Holds a run against what it must have kept; every question gives the ways in which it did not."""

    def __init__(self, rows: Sequence[Stored], calls: Sequence[Call], opening: Opening) -> None:
        """Read the log.

        Args:
            rows: all of it, in order.
            calls: every call that was made.
            opening: what was there before.
        """
        self._calls = calls
        self.deeds = {item.octets: deed for call in calls for item, deed in zip(call.items, call.deeds, strict=True)}
        self.facts = [self._fact(row) for row in rows]
        self.new = self.facts[opening.size :]
        self._opening = opening

    def _fact(self, row: Stored) -> Fact:
        data = msgspec.json.decode(row.record)
        octets = msgspec.json.encode(data["content"], order="sorted")
        return Fact(row, data, octets, self.deeds.get(octets))

    def all(self, commits: Sequence[tuple[int, int, int]], root: bytes) -> Iterator[str]:
        """Everything that is wrong."""
        yield from self.positions(commits)
        yield from self.hashes(root)
        yield from self.once()
        yield from self.answers()
        yield from self.order()
        yield from self.law()
        yield from self.lawful()

    # ------------------------------------------------------------------------------------------- the log itself

    def positions(self, commits: Sequence[tuple[int, int, int]]) -> Iterator[str]:
        """Positions are gapless; times rise strictly from commit to commit and are one within a commit."""
        for place, fact in enumerate(self.facts, 1):
            if fact.row.position != place or fact.data["stamp"]["position"] != place:
                yield f"position {fact.row.position} stands at {place}"
        times = {fact.row.position: fact.row.recorded_at for fact in self.facts}
        sizes = [self._opening.size, *(size for size, _, _ in commits)]
        if sizes[-1] != len(self.facts):
            yield f"{len(self.facts)} facts are stored, {sizes[-1]} were committed"
        for first, (size, at, now) in zip(sizes, commits, strict=False):
            if abs(at - now) > _DRIFT_US:
                yield f"facts {first + 1} to {size} were committed at {at}, when it was {now}"
            if {times.get(position) for position in range(first + 1, size + 1)} != {at}:
                yield f"facts {first + 1} to {size} were committed at {at} and say otherwise"
            if first and times.get(first, 0) >= at:
                yield f"the commit of {first + 1} is not later than the one before"

    def hashes(self, root: bytes) -> Iterator[str]:
        """Every leaf is the hash of what is stored; the root is that of all leaves."""
        for fact in self.facts:
            if leaf(fact.row) != fact.row.leaf:
                yield f"the leaf of {fact.row.position} is not that of its bytes"
        if tree([fact.row.leaf for fact in self.facts]) != root:
            yield "the root is not that of the leaves"

    # ------------------------------------------------------------------------------------------- exactly once

    def once(self) -> Iterator[str]:
        """Nothing is stored twice, nothing that was not sent, and nothing but what was sent."""
        for key, count in Counter(fact.key for fact in self.facts).items():
            if count > 1:
                yield f"key {key} is stored {count} times"
        kept = Counter(id(fact.deed) for fact in self.new if fact.outcome != REFUSED)
        for fact in self.new:
            if fact.deed is None:
                yield f"fact {fact.row.position} is not what was sent under {fact.key}"
            elif kept[id(fact.deed)] > 1:
                yield f"{fact.deed.what} is recorded {kept[id(fact.deed)]} times, one is {fact.row.position}"

    def answers(self) -> Iterator[str]:
        """Every key has one answer for ever, and the log says the same."""
        stored = {fact.key: fact for fact in self.facts}
        for call in self._calls:
            if len({essence(answer) for answer in call.answers}) > 1:
                yield f"{_name(call)} was answered in different ways: {call.answers}"
            for answer in call.answers[:1]:
                yield from self._answer(call, answer, stored)

    def _answer(self, call: Call, answer: object, stored: dict[str, Fact]) -> Iterator[str]:
        if isinstance(answer, KeyReused):
            if not call.shares:
                yield f"{_name(call)} was told that its key was used, and it was not"
        elif isinstance(answer, Refused):
            item = call.items[answer.item or 0]
            yield from _kept(call, str(item.content.id), item.octets, answer.position, REFUSED, stored)
            torn = [one for one in call.items if one is not item and str(one.content.id) in stored]
            if torn:
                yield f"{_name(call)} was refused, and {len(torn)} of its items are stored"
        elif isinstance(answer, Receipt | tuple):
            receipts = answer if isinstance(answer, tuple) else (answer,)
            for item, receipt in zip(call.items, receipts, strict=True):
                outcome = AS_DEVIATION if receipt.state is State.RECORDED_AS_DEVIATION else RECORDED
                key = str(item.content.id)
                yield from _kept(call, key, item.octets, receipt.position, outcome, stored)
                if key in stored and stored[key].row.leaf != receipt.leaf_hash:
                    yield f"{_name(call)} was told another leaf than the one of {receipt.position}"
        else:
            yield f"{_name(call)} was answered with {answer!r}"

    def order(self) -> Iterator[str]:
        """What was sent after an answer stands after what was answered."""
        told = sorted((call.settled, _last(call)) for call in self._calls if call.settled and _last(call))
        sent = sorted((call.first_sent, _first(call), call.key) for call in self._calls if _first(call))
        shared = {call.key for call in self._calls if call.shares}
        newest = place = 0
        for when, position, key in sent:
            while place < len(told) and told[place][0] < when:
                newest = max(newest, told[place][1])
                place += 1
            if position <= newest and key not in shared:
                yield f"{key} stands at {position}, and was sent after {newest} was answered"

    # ------------------------------------------------------------------------------------------------- the law

    def law(self) -> Iterator[str]:
        """Nothing is accepted that breaks a promise as known then; what is broken in the end is named."""
        counted = dict(self._opening.acts)
        for fact in self.new:
            if fact.outcome == REFUSED or fact.deed is None:
                continue
            if fact.deed.about is not None:
                self._restate(counted, fact.deed)
            elif fact.deed.act is not None:
                counted[fact.row.position] = self._act(fact.deed, fact.deed.act, fact.row)
                yield from self._accepted(fact, fact.deed, counted.values())
        for breach in breaches(counted.values()):
            if not self._is_named(breach.position, NAMED_BY[breach.promise]):
                yield f"nobody says that {breach.position} breaks {breach.promise} of {breach.about}"

    @staticmethod
    def _accepted(fact: Fact, deed: Deed, known: Iterable[Act]) -> Iterator[str]:
        """What was accepted and not as a deviation breaks nothing that was known."""
        for breach in breaches(known) if fact.outcome == RECORDED else ():
            if breach.position == fact.row.position:
                yield f"{deed.what} was accepted at {breach.position} and breaks {breach.promise} of {breach.about}"

    def _restate(self, counted: dict[int, Act], deed: Deed) -> None:
        assert deed.about is not None
        target = deed.about.position
        if deed.about.act is None:
            counted.pop(target, None)
        else:
            fact = self.facts[target - 1]
            counted[target] = self._act(fact.deed or deed, deed.about.act, fact.row)

    @staticmethod
    def _act(deed: Deed, act: Act, row: Stored) -> Act:
        recorded = moment_of(row.recorded_at)
        return replace(act, position=row.position, at=recorded if deed.decision else min(act.at, recorded))

    def _is_named(self, position: int, rules: set[str]) -> bool:
        """By a finding on the fact, on a record about it, or on the fact that made it impossible."""
        for fact in self.new:
            verdict = fact.data["verdict"]
            own = position in (fact.row.position, verdict.get("effect", {}).get("target", 0))
            for found in verdict.get("findings", ()):
                if found["rule"] in rules and (own or position in found.get("positions", ())):
                    return True
        return False

    def lawful(self) -> Iterator[str]:
        """What is right is not refused: refused facts, lost messages and other patients change nothing."""
        for fact in self.expected():
            if fact.outcome != RECORDED and fact.deed is not None:
                rules = sorted({found["rule"] for found in fact.data["verdict"].get("findings", ())})
                yield f"{fact.deed.what} was right and is {fact.outcome} at {fact.row.position} for {rules}"

    def expected(self) -> Iterator[Fact]:
        """Facts that must have been accepted."""
        standing = {id(fact.deed): fact for fact in self.new if fact.outcome == RECORDED}
        accepted = {id(fact.deed): fact.row.position for fact in self.new if fact.outcome != REFUSED}
        for fact in self.new:
            deed = fact.deed
            if deed is None or deed.needs is None or _is_ahead(fact, deed) or _owes_a_reason(fact, deed):
                continue
            spoilt = any(accepted.get(id(one), fact.row.position) < fact.row.position for one in deed.asides)
            if _after_unrecorded(fact):
                spoilt = spoilt or any(call in one.calls for one in deed.asides for call in deed.calls)
            if not spoilt and all(self._stands(standing.get(id(need)), need, fact, deed) for need in deed.needs):
                yield fact

    def counts(self) -> Counter[str]:
        """How often what became of a fact."""
        counts = Counter({"facts refused": 0})
        for fact in self.new:
            counts[_BECAME[fact.outcome]] += 1
            counts["open deviations cured"] += len(fact.data["verdict"].get("cures", ()))
            about = fact.deed is not None and fact.deed.about is not None and fact.outcome != REFUSED
            counts["facts restated by a record"] += about
            counts["facts an hour late"] += fact.deed is not None and _lateness(fact, fact.deed) > _LATE
        counts["facts that had to be accepted"] = sum(1 for _ in self.expected())
        return counts

    def _stands(self, need: Fact | None, told: Deed, fact: Fact, deed: Deed) -> bool:
        """Whether what is needed was on record, in force when the deed was done."""
        if need is None or need.row.position >= fact.row.position:
            return False
        if not told.decision:
            return True
        done = deed.draft.content.envelope.occurred_at.time
        return deed.decision or moment_of(need.row.recorded_at) <= min(done, moment_of(fact.row.recorded_at))


def _after_unrecorded(fact: Fact) -> bool:
    """It was refused in a batch after others, of which nothing was recorded, an aside perhaps."""
    return any(item["name"] == "unrecorded-items" for item in fact.data["verdict"].get("resolved", ()))


def _is_ahead(fact: Fact, deed: Deed) -> bool:
    """A decision that is dated later than it was recorded, by more than right clocks differ: the server was behind."""
    return deed.decision and _lateness(fact, deed) < -timedelta(microseconds=_DRIFT_US)


def _owes_a_reason(fact: Fact, deed: Deed) -> bool:
    """It reached the hub so late that it has to say why, and was told when nobody knew that it would."""
    said = deed.draft.content.envelope.late_reason is not None
    return not deed.decision and not said and _lateness(fact, deed) > _SAYS_WHY


def _lateness(fact: Fact, deed: Deed) -> timedelta:
    """From when it was done to when it was recorded."""
    return moment_of(fact.row.recorded_at) - deed.draft.content.envelope.occurred_at.time


def leaf(row: Stored) -> bytes:
    """The leaf of a fact, from the words of the format."""
    data = msgspec.json.decode(row.record)
    sender = data["stamp"]["recorder"]["organisation"]
    kind, organisation = data["content"]["type"].encode(), f"{sender['scheme']}:{sender['value']}".encode()
    commitment = hashlib.sha256(b"coi-content/v1\x00" + row.salt + row.record).digest()
    written = b"coi-leaf/v1\x00" + struct.pack(">QQ", row.position - 1, row.recorded_at)
    for text in (kind, organisation):
        written += bytes([len(text)]) + text
    return hashlib.sha256(b"\x00" + written + b"\x01" + bytes([len(commitment)]) + commitment).digest()


def tree(leaves: Sequence[bytes]) -> bytes:
    """The root of RFC 6962, by its definition."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def _kept(call: Call, key: str, octets: bytes, position: int, outcome: str, stored: dict[str, Fact]) -> Iterator[str]:
    """An answer against the log."""
    fact = stored.get(key)
    if fact is None:
        yield f"{_name(call)} was answered with {position}, and is not stored"
    elif (fact.row.position, fact.outcome) != (position, outcome):
        yield f"{_name(call)} was told {outcome} at {position}, and is {fact.outcome} at {fact.row.position}"
    elif fact.octets != octets:
        yield f"{_name(call)} was told {position}, where something else is stored"


def essence(answer: object) -> object:
    """What may not differ from one answer to the next."""
    if isinstance(answer, tuple):
        return tuple(essence(one) for one in answer)
    if isinstance(answer, Receipt):
        return ("receipt", answer.position, answer.state, answer.leaf_hash, answer.findings)
    if isinstance(answer, Refused):
        return ("refused", answer.position, answer.findings, answer.item)
    if isinstance(answer, LedgerError | Malformed):
        return (type(answer).__name__, str(answer))
    return repr(answer)


def _positions(call: Call) -> list[int]:
    answer = call.answers[0] if call.answers else None
    found: Iterable[object] = answer if isinstance(answer, tuple) else (answer,)
    return [one.position for one in found if isinstance(one, Receipt | Refused)]


def _first(call: Call) -> int:
    return min(_positions(call), default=0)


def _last(call: Call) -> int:
    return max(_positions(call), default=0)


def _name(call: Call) -> str:
    return f"{'+'.join(deed.what for deed in call.deeds)} ({call.key})"
