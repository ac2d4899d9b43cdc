"""The history of one subject: its newest state, its last entries, and any earlier state that those still reach.

Pure and incremental: the state after each kept entry is kept, so a fact costs one fold for itself and one for each that
stands after it. What lies before the kept entries is folded into a
base; a question about that time, or a record about a fact in it, needs the whole history again, and says so.
"""

from bisect import bisect_left
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from ledger.domain.facts import tagging
from ledger.domain.subjects.subject import AnySubject, Entry, Statement

KEPT: Final = 256
"""Entries that a cached history keeps at least."""

MOST_KEPT: Final = 16_384
"""Entries that one keeps at least, at most: one that was asked further back than it kept keeps twice as many."""

MOST_OPEN: Final = 32
"""Open deviations that a subject keeps; of a further one it keeps only that there was one (`beyond`)."""

Key = tuple[datetime, int]

LAST: Final[Key] = (datetime.max.replace(tzinfo=UTC), 2**53)
"""After every place in time."""

FIRST: Final[Key] = (datetime.min.replace(tzinfo=UTC), -1)
"""Before every place in time."""


class Open(Struct, frozen=True, kw_only=True):
    """A deviation that is not cured, as far as the facts of one subject say; see Deviation for the cures of others.

    Attributes:
        number: Position of the record that made it a deviation.
        target: Position of the fact.
        effective: When that fact stands.
        rules: Rules still broken.
    """

    number: int
    target: int
    effective: datetime
    rules: tuple[str, ...]


class Tip(NamedTuple):
    """What a history says of every moment after its last entry; most facts happen there.

    Attributes:
        last: After this place in time it is so.
        state: The newest state.
        leads: Tags that it leads to.
        deviates: Whether a deviation is open.
    """

    last: Key
    state: Any
    leads: tuple[str, ...]
    deviates: bool


_NOWHERE: Final[Key] = (LAST[0], LAST[1] + 1)


class History:
    """What is known of one subject under one tag. Not thread-safe."""

    __slots__ = (
        *("_base", "_cured", "_keys", "_leads", "_merged", "_open", "_statements", "_states"),
        *("beyond", "keep", "subject", "tag", "tip", "unfolded"),
    )

    def __init__(self, subject: AnySubject, tag: str) -> None:
        """Starts with nothing known."""
        self.subject = subject
        self.tag = tag
        self.tip: Tip | None = None
        self.unfolded: tuple[int, ...] = ()
        self.beyond = 0
        self.keep = KEPT
        self._base: Any = subject.empty
        self._merged = 0
        self._keys: list[Key] = []
        self._states: list[Any] = []
        self._statements: dict[Key, Statement] = {}
        self._open: dict[int, Open] = {}
        self._cured: dict[int, tuple[Open, ...]] = {}
        self._leads: tuple[str, ...] | None = None

    @property
    def newest(self) -> Any:  # noqa: ANN401 - each subject has its own state
        """The state after everything that is known."""
        return self._states[-1] if self._states else self._base

    @property
    def whole(self) -> bool:
        """Nothing was folded into the base: every question can be answered."""
        return self._merged == 0

    @property
    def weight(self) -> int:
        """Entries kept: what a cache counts."""
        return len(self._keys) + 1

    @property
    def known(self) -> bool:
        """At least one fact counts."""
        return bool(self._keys) or self._merged > 0

    def leads(self) -> tuple[str, ...]:
        """Tags that the newest state leads to."""
        if self._leads is None:
            self._leads = tuple(self.subject.links(self.newest))
        return self._leads

    def ends_before(self, key: Key) -> bool:
        """Whether everything known stands before a place in time, so that the newest state is the state there."""
        return self._keys[-1] < key if self._keys else self._merged == 0

    def topped(self) -> "Tip":
        """Works out the tip, which is kept until something more is known."""
        last = self._keys[-1] if self._keys else _NOWHERE if self._merged else FIRST
        self.tip = Tip(last, self.newest, self.leads(), self.deviates)
        return self.tip

    @property
    def deviates(self) -> bool:
        """Whether a deviation is open."""
        return bool(self._open)

    def open_deviations(self) -> tuple[Open, ...]:
        """Deviations that no fact of this subject has cured, oldest first; one of another subject may have."""
        if not self._open:
            return ()
        return tuple(self._open[number] for number in sorted(self._open))

    def add(self, stated: Statement) -> bool:
        """Takes one more record into account; records must come in the order of their positions.

        Returns:
            False when that needs the whole history: drop this one and load it again.
        """
        self.tip = None
        if stated.known != stated.target and not self._withdraw(stated.target):
            return False
        if self._folds(stated):
            if self._merged and (not self._keys or stated.key < self._keys[0]):
                return False
            self._insert(stated)
            self._note_open(stated)
        return True

    def _folds(self, stated: Statement) -> bool:
        return stated.content is not None and self.subject.folds(stated, self.tag)

    def _withdraw(self, target: int) -> bool:
        place = self._place_of(target)
        self._open = {number: gone for number, gone in self._open.items() if gone.target != target}
        if self._cured:
            self._take_back(target)
        if place is None:
            return self.whole
        del self._statements[self._keys.pop(place)]
        self._refold(place)
        return True

    def _take_back(self, target: int) -> None:
        """A fact that no longer counts as it did cures nothing, and nothing of it is to be cured."""
        for was in self._cured.pop(target, ()):
            now = self._open.get(was.number)
            rules = was.rules if now is None else tuple(sorted({*was.rules, *now.rules}))
            self._open[was.number] = msgspec.structs.replace(was, rules=rules)
        for curing, gone in self._cured.items():
            self._cured[curing] = tuple(was for was in gone if was.target != target)

    def _place_of(self, target: int) -> int | None:
        return next((place for place, key in enumerate(self._keys) if key[1] == target), None)

    def _insert(self, stated: Statement) -> None:
        place = bisect_left(self._keys, stated.key)
        self._keys.insert(place, stated.key)
        self._statements[stated.key] = stated
        self._refold(place)

    def _before(self, place: int) -> Any:  # noqa: ANN401 - each subject has its own state
        return self._states[place - 1] if place else self._base

    def _refold(self, place: int) -> None:
        """Folds what stands at or after a place; what stands before it is not touched."""
        state = self._before(place)
        self._leads = None
        del self._states[place:]
        for key in self._keys[place:]:
            state = self._step(state, self._statements[key])
            self._states.append(state)

    def _step(self, state: Any, stated: Statement) -> Any:  # noqa: ANN401 - each subject has its own state
        if stated.content is None:
            return state
        subject, tag = self.subject, self.tag
        entry = Entry(tag=tag, position=stated.target, at=stated.effective, content=stated.content)
        try:
            if subject.cure is None:
                return subject.fold(state, entry)
            if rules := tuple(cure.rule for cure in stated.cures if tagging.deviation(cure.deviation) == tag):
                state = subject.cure(state, rules)
            return subject.fold(state, entry) if subject.states(stated, tag) else state
        except Exception:  # noqa: BLE001 - no stored fact may ever stop appends: it is held and flagged
            self.unfolded = tuple(sorted({*self.unfolded, stated.target}))
            return state

    def _note_open(self, stated: Statement) -> None:
        """Of facts folded here alone: a history that is loaded again must know no more and no less."""
        if not self.subject.states(stated, self.tag):
            return
        for number in {cure.deviation for cure in stated.cures} & self._open.keys():
            self._close(self._open.pop(number), stated)
        if stated.broken and len(self._open) >= MOST_OPEN:
            self.beyond = self.beyond or stated.known
        elif stated.broken:
            self._open[stated.known] = Open(
                number=stated.known, target=stated.target, effective=stated.effective, rules=stated.broken
            )

    def _close(self, was: Open, stated: Statement) -> None:
        """Cures some or all rules of a deviation, and keeps which, until the cure is taken back."""
        cured = {cure.rule for cure in stated.cures if cure.deviation == was.number}
        gone, rest = (tuple(rule for rule in was.rules if (rule in cured) is which) for which in (True, False))
        if gone:
            one = msgspec.structs.replace(was, rules=gone)
            self._cured[stated.target] = (*self._cured.get(stated.target, ()), one)
        if rest:
            self._open[was.number] = msgspec.structs.replace(was, rules=rest)

    def reaches(self, key: Key, without: int = 0) -> bool:
        """Whether the state just before a place in time, without one original, can be told from what is kept."""
        if self.whole:
            return True
        kept = without == 0 or self.statement_of(without) is not None
        return kept and bool(self._keys) and key >= self._keys[0]

    def state(self, key: Key, without: int = 0) -> Any:  # noqa: ANN401 - each subject has its own state
        """Returns the state just before a place in time, leaving out the entry of one original."""
        end = bisect_left(self._keys, key)
        gone = self._place_of(without) if without else None
        if gone is None or gone >= end:
            return self._before(end)
        state = self._before(gone)
        for place in self._keys[gone + 1 : end]:
            state = self._step(state, self._statements[place])
        return state

    def steps(self) -> list[tuple[datetime, Any]]:
        """Returns the state after each kept entry, with the moment from which it stands, in order."""
        return [(effective, state) for (effective, _), state in zip(self._keys, self._states, strict=True)]

    def statements(self) -> list[Statement]:
        """Returns the facts that count, in the order of their effect, as far as they are kept."""
        return [self._statements[place] for place in self._keys]

    def later(self, key: Key) -> list[Statement]:
        """Returns the facts at or after a place in time, in order."""
        return [self._statements[place] for place in self._keys[bisect_left(self._keys, key) :]]

    def step(self, state: Any, stated: Statement) -> Any:  # noqa: ANN401 - each subject has its own state
        """Folds one statement into a given state, if it concerns this subject."""
        return self._step(state, stated) if self._folds(stated) else state

    def statement_of(self, target: int) -> Statement | None:
        """Returns what counts of one original, if it is among the kept entries."""
        place = self._place_of(target)
        return None if place is None else self._statements[self._keys[place]]

    def with_(self, stated: Statement) -> "History | None":
        """Returns a history that knows one more record, this one if that says nothing to it; None needs the whole."""
        if stated.known == stated.target and not self._folds(stated):
            return self
        copy = History(self.subject, self.tag)
        copy._base, copy._merged, copy._states = self._base, self._merged, list(self._states)
        copy._keys, copy._statements = list(self._keys), dict(self._statements)
        copy._open, copy._cured = dict(self._open), dict(self._cured)
        copy.unfolded, copy.beyond, copy._leads = self.unfolded, self.beyond, self._leads
        return copy if copy.add(stated) else None

    def instead_of(self, old: "History") -> None:
        """Takes the place of one that was asked further back than it kept: keeps twice as many, lest it be soon again.

        A room or a device that many chains use at once is asked so by every one of them that runs a little behind;
        each time all that was ever said of it would be read.
        """
        self.keep = min(2 * old.keep, MOST_KEPT)

    def compact(self) -> None:
        """Folds all but the last entries into the base, once there are twice as many as are kept."""
        if len(self._keys) < 2 * self.keep:
            return
        over = len(self._keys) - self.keep
        self._base = self._before(over)
        for key in self._keys[:over]:
            del self._statements[key]
        self._merged += over
        del self._keys[:over], self._states[:over]
        kept = {target for _, target in self._keys}
        self._cured = {curing: was for curing, was in self._cured.items() if curing in kept}
