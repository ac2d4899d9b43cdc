"""A stretch of a log judged again: each fact over what was known before it, by the rulebook that judged it or another.

What is read is the log as it is stored, by its index, and bounded by position; so any stretch can be judged without the
ones before it, in any process, and a run that was broken off goes on where it was. As long as no verdict differs, what
comes out is what playing the whole log from its first position gives (`rejudge`). Whether the index is that of the
records is what `verify` looks at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from ledger.audit import replay as replays
from ledger.audit.judgement import TODAY, Again, Change, Judgement, changes_of, together
from ledger.audit.rejudge import among_unrecorded, command_of, decide, difference
from ledger.domain import decision
from ledger.domain.decision import Command
from ledger.domain.facts.content import UnknownFact
from ledger.domain.facts.record import Record, Verdict
from ledger.domain.finding import Outcome
from ledger.domain.receipt import NotFound, Unavailable
from ledger.domain.rules.catalogue import NUMBER, asked
from ledger.domain.rules.context import Missing, foresee
from ledger.domain.subjects.subject import statement
from ledger.store import filing
from ledger.store.log import Reading
from ledger.store.rows import Stored
from ledger.store.rulebook import Rulebook
from ledger.store.subjects_cache import SubjectsCache

MOST_JUDGED: Final = 500
"""Facts of a page, at most."""

_PAGE: Final = 128
_ROUNDS: Final = 16

Seen = Callable[[int], None]


class Judged(NamedTuple):
    """A fact with the verdict that comes out now; None where there was nothing to judge."""

    row: Stored
    record: Record | None
    now: Verdict | None


KNOWN: Final = ("", TODAY, *map(str, range(NUMBER + 1)))
"""The rulebooks that can be judged by; empty for the one that judged each fact."""


def check(question: Again) -> None:
    """Refuses a rulebook that this program does not have.

    Raises:
        NotFound: There is none of that number.
    """
    if question.under not in KNOWN:
        raise NotFound(f"there is no rulebook {question.under!r} in this program: give {' or '.join(KNOWN[1:])}")


def story_of(reading: Reading, subject: str, through: int) -> tuple[int, ...]:
    """Returns the positions of the story of a thing, in order.

    Raises:
        NotFound: No fact bears the tag.
    """
    found = replays.positions(reading, subject, through)
    if not found:
        raise NotFound(f"no fact about {subject} is known through position {through}")
    return found


def page(reading: Reading, question: Again, after: int, through: int, most: int) -> Judgement:
    """Judges at most so many facts behind a position: of the log, or of a story.

    Args:
        reading: Reads the log.
        question: What is judged.
        after: What was judged before.
        through: The end of the log as the first page found it; 0 on the first page.
        most: Facts at most.

    Raises:
        NotFound: There is no such thing, or no such rulebook.
    """
    check(question)
    end = min(through or reading.head().size, reading.head().size)
    if not question.subject:
        last = min(after + most, end)
        return judge(reading, question, min(after, last), last).until(end)
    story = story_of(reading, question.subject, end)
    here = [position for position in story if position > after][:most]
    return msgspec.structs.replace(judge_story(reading, question, here), after=after, end=story[-1])


def judge(reading: Reading, question: Again, after: int, through: int, seen: Seen = lambda _: None) -> Judgement:
    """Judges the facts of a stretch of the log again; by the rulebook that judged them, up to the first difference.

    Args:
        reading: Reads the log.
        question: By which rulebook.
        after: Before the first position.
        through: The last position.
        seen: Told, now and then, how many facts more were looked at.
    """
    ends = [*range(after, through, _PAGE), through]
    pages = ((begin, reading.scan(begin, end, _PAGE)) for begin, end in pairwise(ends))
    found = _judged(_Desk(reading, question.under), pages, seen)
    return msgspec.structs.replace(found, after=after, through=through, end=through)


def judge_story(reading: Reading, question: Again, positions: Sequence[int], seen: Seen = lambda _: None) -> Judgement:
    """Judges facts again that stand apart, each over the whole log before it."""
    pages = ((position - 1, reading.facts([position])) for position in positions)
    found = _judged(_Desk(reading, question.under), pages, seen)
    end = positions[-1] if positions else 0
    return msgspec.structs.replace(found, through=end, end=end)


def _judged(desk: "_Desk", pages: Iterator[tuple[int, list[Stored]]], seen: Seen) -> Judgement:
    found, changes = Judgement(after=0, through=0, end=0), list[Change]()
    for begin, rows in pages:
        for one in desk.page(begin, rows):
            found = _counted(found, one)
            if one.record is None or one.now is None:
                continue
            if desk.what_if:
                changes += changes_of(one.row.position, one.record.verdict, one.now)
            elif (first := difference(one.record, one.now)) is not None:
                return msgspec.structs.replace(found, first=first)
        changes = list(together(changes))
        seen(len(rows))
    return msgspec.structs.replace(found, changes=tuple(changes))


def _counted(found: Judgement, one: Judged) -> Judgement:
    """Counts a fact."""
    record = one.record
    if record is None and not one.row.type.startswith(filing.UNJUDGED):
        return msgspec.structs.replace(found, unreadable=(*found.unreadable, one.row.position))
    if record is None or isinstance(record.content.fact, UnknownFact):
        return msgspec.structs.replace(found, unjudged=found.unjudged + 1)
    if one.now is None:
        return msgspec.structs.replace(found, taken=found.taken + 1)
    refused = found.refused + (record.verdict.outcome is Outcome.REFUSED)
    return msgspec.structs.replace(found, judged=found.judged + 1, refused=refused)


class _Desk:
    """Where facts are decided again, page by page, in order of position."""

    def __init__(self, reading: Reading, under: str) -> None:
        """Reads the rulebook to judge by, if it is another one."""
        self._reading = reading
        self._cache, self._own, self._at, self._through = SubjectsCache(), Rulebook(), -1, 0
        self._other = _other(reading, under)
        self.what_if = self._other is not None

    def page(self, begin: int, rows: Sequence[Stored]) -> Iterator[Judged]:
        """Decides the facts behind a position, all of them, in order."""
        if begin != self._at:
            self._cache.clear()
            self._own.forget()
            self._own.load(self._reading, begin)
        self._through = begin
        records = [filing.readable(row) for row in rows]
        self._prepare([record for record in records if record is not None and _judgeable(record)])
        for row, record in zip(rows, records, strict=True):
            yield Judged(row, record, self._one(row, record))
        self._cache.settle()
        self._at = rows[-1].position if rows else begin

    def _command(self, record: Record) -> Command:
        number, parameters = self._other or (self._own.number, self._own.parameters)
        if number > NUMBER:
            position = record.stamp.position
            raise Unavailable(f"{position} was judged by rulebook {number}, this program has {NUMBER}: use a newer one")
        return command_of(record, number, parameters)

    def _prepare(self, records: Sequence[Record]) -> None:
        """Loads what the facts of a page read, for all of them at once; what that leads to is got in their turn."""
        commands = [self._command(record) for record in records]
        for _ in range(_ROUNDS):
            missing = Missing()
            for command in commands:
                decision.prepare(command, self._cache, missing)
            if not missing:
                return
            if len(commands) > 1:
                foresee([command.content for command in commands], self._cache, missing)
            self._cache.fetch(missing, self._reading, self._through)

    def _one(self, row: Stored, record: Record | None) -> Verdict | None:
        """Decides one fact, and takes it up as it is stored for what comes after it."""
        if row.type.startswith(filing.UNJUDGED):
            return None
        if record is None or isinstance(record.content.fact, UnknownFact):
            self._cache.clear()
            self._through = row.position
            return None
        if not _judgeable(record):
            self._cache.advance(record, None, (), ())
            return None
        decided = decide(self._command(record), self._cache, self._reading, self._through)
        target = decided.target
        edges, heard = filing.edge_rows(record, target), filing.heard_before(target)
        self._cache.advance(record, statement(record), edges, heard)
        self._own.take([record])
        return decided.verdict


def _judgeable(record: Record) -> bool:
    return not isinstance(record.content.fact, UnknownFact) and not among_unrecorded(record)


def _other(reading: Reading, under: str) -> tuple[int, Mapping[str, str]] | None:
    """The rulebook to judge by, when it is not the one that judged."""
    if not under:
        return None
    if under != TODAY:
        return int(under), asked(int(under), {}, {})
    rulebook = Rulebook()
    rulebook.load(reading, reading.head().size)
    return rulebook.number, rulebook.parameters
