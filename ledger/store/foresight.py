"""Deciding ahead: the facts of one batch before their turn, so that what they need is loaded for all of them at once.

What was decided ahead stands when its turn comes, unless the batch has decided something by then that it rests on; only
then is it decided again. Most facts of a batch have nothing to do with each other, so most are decided once. One that
names what an earlier one of the batch names (a stream of one chain) would be decided again nearly always: ahead of its
turn, only what its rules read is loaded.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from ledger.domain import decision
from ledger.domain.decision import Command, Decision
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.context import Missing, foresee
from ledger.domain.subjects.history import FIRST, Key
from ledger.store.log import Reading
from ledger.store.subjects_cache import Reads, SubjectsCache

_ROUNDS: Final = 48

_THINGS: Final = frozenset(("coi", "material", "batch", "consignment", "donation"))
"""Kinds of tags of what nearly every fact changes that names it; registers and people hardly ever change."""


class _Ahead(NamedTuple):
    """What was decided of a command before its turn, and what that rests on."""

    command: Command
    decided: Decision
    reads: Reads


class Foresight:
    """The decisions of one batch."""

    def __init__(self, cache: SubjectsCache, reading: Reading, through: int) -> None:
        """Decides with these subjects, loaded from the log up to a position."""
        self._cache, self._reading, self._through = cache, reading, through
        self._ahead: dict[int, _Ahead] = {}

    def look(self, commands: Sequence[Command]) -> None:
        """Decides commands ahead, as if each were the first, a round of loading at a time: one query each.

        Several facts may come to need what only links between them lead to; once something has to be loaded at all,
        what they name is loaded too.
        """
        self._meet(commands)
        waiting = list(zip(commands, _follow(commands), strict=True))
        for _ in range(_ROUNDS):
            missing = Missing()
            waiting = [
                (command, follows)
                for command, follows in waiting
                if not (self._prepares(command, missing) if follows else self._decides(command, missing))
            ]
            if not missing:
                return
            if len(commands) > 1:
                foresee([command.content for command in commands], self._cache, missing)
            self._cache.fetch(missing, self._reading, self._through)

    def decide(self, command: Command) -> Decision:
        """Decides a command whose turn has come."""
        ahead = self._ahead.pop(command.position, None)
        if ahead is not None and self._stands(ahead, command):
            return ahead.decided
        self._meet([command])
        self._cache.watch()  # what is asked for now is no longer what the last of those decided ahead rests on
        for _ in range(_ROUNDS):
            missing = Missing()
            decided = _decided(command, self._cache, missing)
            if decided is not None:
                return decided
            self._cache.fetch(missing, self._reading, self._through)
        message = "the context of a fact could not be completed"
        raise RuntimeError(message)

    def _meet(self, commands: Sequence[Command]) -> None:
        self._cache.meet((tag for command in commands for tag in tagging.named(command.content)), self._reading)

    def _decides(self, command: Command, missing: Missing) -> bool:
        """Decides one command ahead; False when something is missing, which is then noted."""
        mine, reads = Missing(), self._cache.watch()
        decided = _decided(command, self._cache, mine)
        if decided is not None:
            self._ahead[command.position] = _Ahead(command, decided, reads)
            return True
        missing.take(mine)
        return False

    def _prepares(self, command: Command, missing: Missing) -> bool:
        """Looks whether all is at hand for one command; False when something is missing, which is then noted."""
        mine = Missing()
        decision.prepare(command, self._cache, mine)
        missing.take(mine)
        return not mine

    def _stands(self, ahead: _Ahead, command: Command) -> bool:
        same = ahead.command.content is command.content and ahead.command.parameters is command.parameters
        given = (command.recorder, command.position, command.recorded_at, command.rulebook, command.validate_only)
        then = ahead.command
        before = (then.recorder, then.position, then.recorded_at, then.rulebook, then.validate_only)
        return same and given == before and self._cache.unchanged(ahead.reads, _asked_about(command))


def _asked_about(command: Command) -> Key:
    """The earliest place in time that is asked about of a command; of a record about a fact, anything may be."""
    kind = TYPES[command.content.type].about.kind
    if kind is Kind.RECORD:
        return FIRST
    return (tagging.effective(command.content, kind, command.recorded_at), command.position)


def _follow(commands: Sequence[Command]) -> Iterator[bool]:
    """Says of each command whether it is about something that an earlier one of them is about, and may change."""
    seen: set[str] = set()
    for command in commands:
        things = {tag for tag in tagging.named(command.content) if kind_of(tag) in _THINGS}
        yield not things.isdisjoint(seen)
        if not command.validate_only:
            seen |= things


def _decided(command: Command, cache: SubjectsCache, missing: Missing) -> Decision | None:
    decided = decision.decide(command, cache, missing)
    return None if decided is None else decision.cleared(decided, missing)


def numbered(commands: Sequence[Command]) -> list[Command]:
    """Gives commands that are decided one after the other the positions that they will have."""
    found, position = [], commands[0].position if commands else 0
    for command in commands:
        found.append(msgspec.structs.replace(command, position=position))
        position += not command.validate_only
    return found
