"""One batch under the writers' lock: keys looked up, drafts decided in order, rows made, one append."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Final
from uuid import UUID

from ledger.domain import decision
from ledger.domain.decision import Command, Decision
from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.record import Record, Stamp
from ledger.domain.receipt import Draft, KeyReused, LedgerError, Receipt, Unavailable
from ledger.domain.rules.catalogue import NUMBER
from ledger.domain.rules.context import Missing, foresee
from ledger.evidence import leaf as leaves
from ledger.store import answers, filing
from ledger.store.log import Appending
from ledger.store.moments import moment_of
from ledger.store.rows import FactRow, Head, KeyRow, Stored
from ledger.store.rulebook import Rulebook, adoptable
from ledger.store.subjects_cache import SubjectsCache

_DRIFT_US: Final = 2_000_000
_BACKWARDS_US: Final = 60_000_000
_ROUNDS: Final = 24
_CATCH_UP: Final = 5_000

Key = tuple[str, UUID]
Waiting = tuple[Draft, Future[Receipt]]
Answer = Receipt | LedgerError | Malformed


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
        self._spent: dict[Key, tuple[bytes, Answer, int]] = {}
        self._answers: list[tuple[Future[Receipt], Answer]] = []
        self._replayed = False

    @property
    def size(self) -> int:
        """Size of the log with this batch."""
        return self._head.size + len(self._rows)

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
            self._held = f"server and store clocks differ by {abs(store - now) / 1e6:.1f} s"
        elif back > _BACKWARDS_US:
            self._held = f"our clock is {back / 1e6:.0f} s before the last record"
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
        known = self._block.keys([_key(draft) for draft, _ in waiting if not draft.validate_only])
        stored = {row.position: row for row in self._block.facts([key.position for key in known.values()])}
        if not self._why_held():
            self._prefetch([draft for draft, _ in waiting if draft.validate_only or _key(draft) not in known])
        for draft, future in waiting:
            key = None if draft.validate_only else known.get(_key(draft))
            if key is not None:
                self._answers.append((future, self._replay(draft, key, stored[key.position])))
            else:
                self._answers.append((future, self._one(draft)))

    def _why_held(self) -> str:
        """Why nothing new may be recorded, or empty; a rulebook adopted in this very batch counts."""
        if not self._held and self._rulebook.number > NUMBER:
            number = self._rulebook.number
            self._held = f"rulebook {number} is in force, this program has {NUMBER}: upgrade it"
        return self._held

    def _replay(self, draft: Draft, key: KeyRow, stored: Stored) -> Answer:
        self._replayed = True
        if key.hash != contents.digest(draft.octets):
            return KeyReused(draft.content.id, key.position)
        record = filing.readable(stored)
        if record is None:
            return Unavailable(f"the answer at {key.position} was stored by a program newer than this one: ask that")
        return answers.answer(record, stored.leaf, repeated=True)

    def _prefetch(self, drafts: Sequence[Draft]) -> None:
        """Loads the context of the whole batch, a round at a time: one query each.

        Several facts may come to need what only links between them lead to; all that they name is loaded too.
        """
        for _ in range(_ROUNDS):
            missing = Missing()
            for draft in drafts:
                decision.decide(self._command(draft), self._cache, missing)
            if len(drafts) > 1:
                foresee([draft.content for draft in drafts], self._cache, missing)
            if not missing:
                return
            self._cache.fetch(missing, self._block, self._head.size)

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
        digest = contents.digest(draft.octets)
        if not draft.validate_only and (before := self._spent.get(_key(draft))) is not None:
            same, answer, position = before
            return answers.repeated(answer) if same == digest else KeyReused(draft.content.id, position)
        if reason := self._why_held():
            return Unavailable(f"appends are held: {reason}")
        if faults := adoptable(draft.content.fact):
            return Malformed(faults)
        command = self._command(draft)
        for _ in range(_ROUNDS):
            missing = Missing()
            decided = decision.decide(command, self._cache, missing)
            if decided is not None:
                break
            self._cache.fetch(missing, self._block, self._head.size)
        else:
            message = "the context of a fact could not be completed"
            raise RuntimeError(message)
        if draft.validate_only:
            return answers.judged_only(command, decided)
        return self._file(draft, command, decided, digest)

    def _file(self, draft: Draft, command: Command, decided: Decision, digest: bytes) -> Answer:
        """Makes the rows of a decision, and lets later drafts see it."""
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
        key = KeyRow(organisation=organisation, id=draft.content.id, hash=digest, position=command.position, size=1)
        self._keys.append(key)
        old = decided.target.record.verdict.tags if decided.target is not None else ()
        before = decided.target.effect.tags if decided.target is not None and decided.target.effect is not None else ()
        self._cache.advance(record, decided.stated, edges, (*old, *before))
        self._rulebook.take([record])
        answer = answers.answer(record, leaf, repeated=False)
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
                if isinstance(answer, Receipt):
                    future.set_result(answer)
                else:
                    future.set_exception(answer)


def _key(draft: Draft) -> Key:
    return (filing.organisation_of(draft.recorder.organisation), draft.content.id)
