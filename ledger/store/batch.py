"""One batch under the writers' lock: keys looked up, drafts decided in order, rows made, one append."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from ledger.domain.decision import Command, Decision
from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.facts.record import Record, Resolved, Stamp, Verdict
from ledger.domain.finding import Outcome
from ledger.domain.receipt import AppendsHeld, Draft, DraftBatch, KeyReused, LedgerError, Receipt
from ledger.domain.rules.case import CLOCKS_APART
from ledger.domain.rules.catalogue import NUMBER
from ledger.evidence import leaf as leaves
from ledger.store import answers, filing
from ledger.store.foresight import Foresight, numbered
from ledger.store.log import Appending
from ledger.store.moments import moment_of
from ledger.store.rows import FactRow, Head, KeyRow, Stored
from ledger.store.rulebook import Rulebook, adoptable
from ledger.store.subjects_cache import SubjectsCache

_DRIFT_US: Final = CLOCKS_APART // timedelta(microseconds=1)
BACKWARDS_US: Final = 60_000_000
"""How far our clock may be before the last record."""
_CATCH_UP: Final = 5_000

Key = tuple[str, UUID]
Work = Draft | DraftBatch
Waiting = tuple[Work, Future[Any]]
Answer = Receipt | tuple[Receipt, ...] | LedgerError | Malformed


class _Barred(Exception):  # noqa: N818 - what became of an item
    """An item of a batch is barred: everything decided for the batch is taken back first."""

    def __init__(self, number: int, draft: Draft, command: Command, decided: Decision) -> None:
        """Keeps the item and what was decided of it."""
        super().__init__(number)
        self.number, self.draft, self.command, self.decided = number, draft, command, decided


class Batch:
    """What happens between the lock and the commit."""

    def __init__(
        self, block: Appending, cache: SubjectsCache, rulebook: Rulebook, entropy: Callable[[int], bytes]
    ) -> None:
        """Starts from the head read under the lock."""
        self._block, self._cache, self._rulebook, self._entropy = block, cache, rulebook, entropy
        self._head = block.head()
        self._recorded_us = 0
        self._held = ""
        self._rows: list[FactRow] = []
        self._keys: list[KeyRow] = []
        self._verdicts: list[Verdict] = []
        self._spent: dict[Key, tuple[bytes, Answer, int]] = {}
        self._answers: list[tuple[Future[Any], Answer]] = []
        self._replayed = False
        self._foresight = Foresight(cache, block, self._head.size)

    @property
    def size(self) -> int:
        """Size of the log with this batch."""
        return self._head.size + len(self._rows)

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """What was decided of each fact that is recorded by this batch, in order."""
        return self._verdicts

    @property
    def head(self) -> Head:
        """The end of the log with this batch."""
        return self._block.head()

    @property
    def needs_barrier(self) -> bool:
        """An answer was taken from a stored key, and nothing that this batch commits confirms it."""
        return self._replayed and not self._rows

    def fix_time(self, now: int, *, rehearsal: bool) -> None:
        """Fixes recorded_at: now, and later than the last commit by at least a microsecond.

        Nothing new is recorded while the clocks of server and store differ by more than 2 s, or ours is more than a
        minute before the last record. Keys that are spent are answered all the same.
        """
        store = None if rehearsal else self._block.clock()
        back = self._head.recorded_at - now
        if store is not None and abs(store - now) > _DRIFT_US:
            self._held = f"server and store clocks differ by {abs(store - now) / 1e6:.1f} s: synchronise them"
        elif back > BACKWARDS_US:
            self._held = f"our clock is {back / 1e6:.0f} s before the last record: set it right"
        self._recorded_us = max(now, self._head.recorded_at + 1)

    def catch_up(self, seen: Head) -> None:
        """Takes in what others appended since this process last looked.

        A log that does not go on from there (a standby that lacked its last facts was promoted) is read anew.
        """
        head, position = self._head.size, seen.size
        changed = self._head.epoch != seen.epoch or (head == position and self._head.frontier != seen.frontier)
        if position and not changed and 0 <= head - position <= _CATCH_UP:
            rows = self._block.scan(position, head, _CATCH_UP) if head > position else []
            self._cache.catch_up(rows)
            if self._rulebook.read:
                self._rulebook.take(record for row in rows if (record := filing.readable(row)) is not None)
        else:
            self._cache.clear()
            self._rulebook.forget()
        if not self._rulebook.read:
            self._rulebook.load(self._block, head)

    def decide(self, waiting: Sequence[Waiting]) -> None:
        """Decides every draft in order; later ones see earlier ones."""
        known = self._block.keys([key for work, _ in waiting if not work.validate_only for key in _keys(work)])
        stored = {row.position: row for row in self._block.facts([at for key in known.values() for at in _range(key)])}
        if not self._why_held():
            new = (work for work, _ in waiting if work.validate_only or _key(work) not in known)
            self._foresight.look(numbered([self._command(draft) for work in new for draft in _drafts(work)]))
        for work, future in waiting:
            key = None if work.validate_only else known.get(_key(work))
            if key is not None:
                self._answers.append((future, self._replay(work, key, [stored[at] for at in _range(key)])))
            elif isinstance(work, DraftBatch):
                self._answers.append((future, self._all(work, known)))
            else:
                self._answers.append((future, self._one(work)))

    def _why_held(self) -> str:
        """Why nothing new may be recorded, or empty; a rulebook adopted in this very batch counts."""
        if not self._held and self._rulebook.number > NUMBER:
            number = self._rulebook.number
            self._held = f"rulebook {number} is in force, this program has {NUMBER}: upgrade it"
        return self._held

    def _replay(self, work: Work, key: KeyRow, stored: Sequence[Stored]) -> Answer:
        self._replayed = True
        if key.hash != _digest(work):
            return KeyReused(key.id, key.position)
        answer = answers.of_key(key.id, stored)
        return answer[0] if isinstance(answer, tuple) and isinstance(work, Draft) else answer

    def _before(self, work: Work) -> Answer | None:
        """What was answered to this key earlier in the same commit."""
        if work.validate_only or (before := self._spent.get(_key(work))) is None:
            return None
        same, answer, position = before
        return answers.repeated(answer) if same == _digest(work) else KeyReused(_key(work)[1], position)

    def _command(self, draft: Draft) -> Command:
        return Command(
            content=draft.content,
            recorder=draft.recorder,
            recorded_at=moment_of(self._recorded_us),
            position=self.size + 1,
            rulebook=self._rulebook.number,
            parameters=self._rulebook.parameters,
            validate_only=draft.validate_only,
        )

    def _one(self, draft: Draft) -> Answer:
        if (before := self._before(draft)) is not None:
            return before
        if reason := self._why_held():
            return AppendsHeld(reason)
        if faults := adoptable(draft.content.fact):
            return Malformed(faults)
        command = self._command(draft)
        decided = self._foresight.decide(command)
        return answers.judged_only(command, decided) if draft.validate_only else self._file(draft, command, decided)

    # All or none

    def _all(self, work: DraftBatch, known: Mapping[Key, KeyRow]) -> Answer:
        """Decides a batch: all of its items are filed, or the refusal of the first that is barred, or nothing."""
        if (answer := self._unfit(work, known)) is not None:
            return answer
        rows, keys, cache, rulebook = len(self._rows), len(self._keys), self._cache.mark(), self._rulebook.mark()
        receipts: list[Answer] = []
        barred: _Barred | None = None
        try:
            receipts += [self._item(work, number) for number in range(len(work.items))]
        except _Barred as found:
            barred = found
        if barred is not None or work.validate_only:
            del self._rows[rows:], self._keys[keys:], self._verdicts[rows:]
            for item in work.items:
                self._spent.pop(_key(item), None)
            self._cache.back(cache)
            self._rulebook.back(rulebook)
        answer = cast("tuple[Receipt, ...]", tuple(receipts)) if barred is None else self._refuse(work, barred)
        if not work.validate_only:
            self._spend(work, answer, rows)
        return answer

    def _unfit(self, work: DraftBatch, known: Mapping[Key, KeyRow]) -> Answer | None:
        """What to answer before anything is decided; None when it can be decided."""
        if (before := self._before(work)) is not None:
            return before
        if reason := self._why_held():
            return AppendsHeld(reason)
        faults = _adoptable(work)
        return Malformed(faults) if faults else self._taken(work, known)

    def _taken(self, work: DraftBatch, known: Mapping[Key, KeyRow]) -> KeyReused | None:
        """An item's own id was used by another request: the batch cannot be filed beside it."""
        for key in () if work.validate_only else map(_key, work.items):
            if key in known:
                return KeyReused(key[1], known[key].position)
            if key in self._spent:
                return KeyReused(key[1], self._spent[key][2])
        return None

    def _item(self, work: DraftBatch, number: int) -> Answer:
        draft = work.items[number]
        command = self._command(draft)
        decided = self._foresight.decide(command)
        if decided.verdict.outcome is Outcome.REFUSED:
            raise _Barred(number, draft, command, decided)
        filed = self._file(draft, command, decided)
        return answers.judged_only(command, decided) if work.validate_only else filed

    def _refuse(self, work: DraftBatch, barred: _Barred) -> Answer:
        """Files the refusal of one item; where it was judged after others, its verdict says so."""
        if work.validate_only:
            return answers.judged_only(barred.command, barred.decided, barred.number)
        verdict = barred.decided.verdict
        if barred.number:
            told = Resolved(name=filing.UNRECORDED, value=str(barred.number))
            verdict = msgspec.structs.replace(verdict, resolved=(*verdict.resolved, told))
        command = msgspec.structs.replace(barred.command, position=self.size + 1)
        decided = msgspec.structs.replace(barred.decided, verdict=verdict)
        return self._file(barred.draft, command, decided, key=work.id)

    def _spend(self, work: DraftBatch, answer: Answer, rows: int) -> None:
        """Spends the key of a batch beside those of its items."""
        organisation, key = _key(work)
        first = self._rows[rows].position
        size = len(self._rows) - rows
        self._keys.append(KeyRow(organisation=organisation, id=key, hash=work.digest, position=first, size=size))
        self._spent[organisation, key] = (work.digest, answer, first)

    def _file(self, draft: Draft, command: Command, decided: Decision, key: UUID | None = None) -> Answer:
        """Makes the rows of a decision, and lets later drafts see it. `key` is that of the batch that it came in."""
        digest = contents.digest(draft.octets)
        stamp = Stamp(position=command.position, recorded_at=command.recorded_at, recorder=command.recorder)
        record = Record(content=command.content, stamp=stamp, verdict=decided.verdict)
        octets = records.encode(draft.octets, stamp, decided.verdict)
        organisation = filing.organisation_of(draft.recorder.organisation)
        salt = self._entropy(leaves.SALT_SIZE)
        leaf = leaves.LeafRecord(
            position=command.position,
            recorded_at=self._recorded_us,
            type=command.content.type,
            organisation=organisation,
            commitment=leaves.commitment(salt, octets),
        ).hash()
        edges = filing.edge_rows(record, decided.target)
        self._rows.append(
            FactRow(
                position=command.position,
                type=filing.filed_type(record),
                organisation=organisation,
                recorded_at=self._recorded_us,
                record=octets,
                salt=salt,
                leaf=leaf,
                tags=filing.tag_rows(record, decided.target),
                edges=edges,
                marks=filing.marks(record),
            )
        )
        self._keys.append(KeyRow(organisation, draft.content.id, digest, command.position, 1))
        self._verdicts.append(decided.verdict)
        self._cache.advance(record, decided.stated, edges, filing.heard_before(decided.target))
        self._rulebook.take([record])
        answer = answers.answer(record, leaf, repeated=False, key=key)
        self._spent[_key(draft)] = (digest, answer, command.position)
        return answer

    def append(self) -> None:
        """Writes what was decided."""
        if not self._rows:
            return
        head = Head(
            size=self.size,
            frontier=self._head.frontier.extend(row.leaf for row in self._rows),
            recorded_at=self._recorded_us,
            epoch=self._head.epoch,
        )
        self._block.append(self._rows, self._keys, head)

    def answer(self) -> None:
        """Answers everybody; only after the commit."""
        for future, answer in self._answers:
            with suppress(InvalidStateError):
                if isinstance(answer, Receipt | tuple):
                    future.set_result(answer)
                else:
                    future.set_exception(answer)


def _key(work: Work) -> Key:
    if isinstance(work, DraftBatch):
        return (filing.organisation_of(work.organisation), work.id)
    return (filing.organisation_of(work.recorder.organisation), work.content.id)


def _keys(work: Work) -> list[Key]:
    """Every key that recording would spend."""
    return [_key(work), *map(_key, work.items)] if isinstance(work, DraftBatch) else [_key(work)]


def _digest(work: Work) -> bytes:
    return work.digest if isinstance(work, DraftBatch) else contents.digest(work.octets)


def _drafts(work: Work) -> Sequence[Draft]:
    return work.items if isinstance(work, DraftBatch) else (work,)


def _range(key: KeyRow) -> range:
    return range(key.position, key.position + key.size)


def _adoptable(work: DraftBatch) -> list[Violation]:
    return [
        Violation(f"items[{number}].{fault.path}", fault.description)
        for number, item in enumerate(work.items)
        for fault in adoptable(item.content.fact)
    ]
