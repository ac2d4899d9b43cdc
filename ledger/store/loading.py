"""Fills an empty store quickly, for measurements: one story, really recorded, written again and again by COPY.

Everything comes from the store's own code: registers, and two chains of the story, are judged and encoded by the
sequencer on the memory twin; the pattern that both have in common (`pattern`) is filled with the ids, times and
positions of each further chain. Leaves, keys, signatures' hashes and frontiers are worked out for each fact, so the
store verifies and is judged again alike. Chains lie side by side, in blocks, as that many callers would leave them.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID

from msgspec import Struct

from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.receipt import Draft, Unavailable
from ledger.evidence import leaf as leaves
from ledger.evidence.merkle import Frontier
from ledger.postgres.connection import SCHEMA, Connection, DriverError, open_connection
from ledger.store import statements
from ledger.store.log import Reading
from ledger.store.memory_log import MemoryLog
from ledger.store.pattern import HASH, KEY, Pattern, Place, Told, key_text, moved, pattern_of
from ledger.store.rows import FactRow, KeyRow
from ledger.store.sequencer import Sequencer

Entropy = Callable[[int], bytes]
Progress = Callable[[int, int], None]

_TABLES: Final = {
    "fact": "position, type, organisation, recorded_at, record, salt, leaf",
    "fact_tag": "tag, type, position, own",
    "edge": "child, parent, kind, source, position, live",
    "fact_mark": "mark, position",
    "key": "organisation, id, hash, position, size",
    "commit": "size, frontier, recorded_at, epoch",
}
_APART: Final = (1_111, 2_222)
"""Blocks of the two chains that the pattern is made from; far apart, so that everything that differs does."""


class Phase(Protocol):
    """Facts that are recorded while the clock stands still."""

    @property
    def clock(self) -> datetime:
        """What the clock shows."""
        ...

    @property
    def drafts(self) -> list[Draft]:
        """The facts."""
        ...


class Story(Protocol):
    """A story that is told again and again under other ids; chain after chain in blocks of `together`."""

    @property
    def together(self) -> int:
        """Chains of a block."""
        ...

    def registers(self) -> Phase:
        """What all chains share."""
        ...

    def shared(self, block: int) -> Phase:
        """What the chains of a block share."""
        ...

    def chain(self, number: int) -> Sequence[Phase]:
        """The facts of a chain; every chain of a block is told at the same times."""
        ...

    def began(self, block: int) -> datetime:
        """When a block begins."""
        ...

    def names(self, number: int) -> list[str]:
        """The ids that a chain has for itself or with its block, always in the same order."""
        ...

    def key(self, number: int, place: int) -> UUID:
        """The request id of a chain's fact; those of what its block shares come first."""
        ...


class Rows(Struct, frozen=True):
    """A fact as it was stored, with the key that it spent."""

    fact: FactRow
    key: KeyRow


def recorded(phases: Sequence[Phase], entropy: Entropy) -> list[Rows]:
    """Records facts on the memory twin and returns their rows.

    Raises:
        Refused: One of them is refused; such a story is not told.
    """
    log, shown = MemoryLog("filling"), [phases[0].clock]
    sequencer = Sequencer(log, lambda: shown[0], entropy, rehearsal=True)
    try:
        for phase in phases:
            shown[0] = phase.clock
            for draft in phase.drafts:
                sequencer.submit(draft).result()
    finally:
        sequencer.close()
    with log.reading() as reading:
        return list(_rows(reading))


def _rows(reading: Reading) -> Iterator[Rows]:
    through = reading.head().size
    for row in reading.scan(0, through, through):
        at = (row.position - 1, row.position)
        fact = FactRow(
            position=row.position,
            type=row.type,
            organisation=row.organisation,
            recorded_at=row.recorded_at,
            record=row.record,
            salt=row.salt,
            leaf=row.leaf,
            tags=tuple(tag for _, tag in reading.tag_rows(*at)),
            edges=tuple(edge for _, edge in reading.edge_rows(*at)),
            marks=tuple(mark for _, mark in reading.mark_rows(*at)),
        )
        place = (row.organisation, records.decode(row.record).content.id)
        yield Rows(fact, reading.keys([place])[place])


class _Kind:
    """How one fact of the story is written, whoever's it is."""

    def __init__(self, one: Rows, first: Told, other: Rows, second: Told) -> None:
        self.type, self.organisation, self.recorded_us = one.fact.type, one.fact.organisation, one.fact.recorded_at
        (a, signed_a, told_a), (b, signed_b, told_b) = _looked_at(one, first), _looked_at(other, second)
        self.content = pattern_of(a, told_a, b, told_b)
        self.rest = pattern_of(one.fact.record[len(a) :], told_a, other.fact.record[len(b) :], told_b)
        self.signed = pattern_of(signed_a, told_a, signed_b, told_b) if told_a.digest else None
        lines = zip(_lines(one.fact), _lines(other.fact), strict=True)
        self.tags, self.edges, self.marks = (pattern_of(line, told_a, too, told_b) for line, too in lines)

    @property
    def patterns(self) -> list[Pattern]:
        """All of them."""
        found = [self.content, self.rest, self.tags, self.edges, self.marks]
        return [*found, self.signed] if self.signed is not None else found


_HEAD: Final = b'{"content":'


def _looked_at(rows: Rows, told: Told) -> tuple[bytes, bytes, Told]:
    """The record up to the end of its content, what its signatures cover, and the chain with the fact's own key."""
    content = records.content_octets(rows.fact.record)
    if not rows.fact.record.startswith(_HEAD + content):
        raise ValueError(f"the record at {rows.fact.position} does not begin with its content")
    fact = contents.decode(content)
    signed = contents.signed_octets(fact) if fact.envelope.signatures else b""
    digest = b64encode(contents.digest(signed)) if signed else b""
    record = records.decode(rows.fact.record)
    clearance = record.verdict.clearance
    until = None if clearance is None or clearance.until is None else (clearance.until, record.stamp.recorded_at)
    own = Told(told.names, told.first, told.began, key_text(fact.id), digest, until)
    return _HEAD + content, signed, own


def _lines(row: FactRow) -> tuple[bytes, bytes, bytes]:
    """Tag, edge and mark rows as COPY reads them."""
    tags = "".join(f"{tag.tag}\t{tag.type}\t{row.position}\t{tag.own}\n" for tag in row.tags)
    edges = "".join(f"{e.child}\t{e.parent}\t{e.kind}\t{e.source}\t{row.position}\t{e.live}\n" for e in row.edges)
    marks = "".join(f"{mark}\t{row.position}\n" for mark in row.marks)
    return tags.encode(), edges.encode(), marks.encode()


class _Filled:
    """Rows on their way, as COPY reads them."""

    def __init__(self, frontier: Frontier, size: int) -> None:
        self.frontier, self.size = frontier, size
        self.parts: dict[str, list[bytes]] = {table: [] for table in _TABLES}
        self._leaves: list[bytes] = []

    def add(self, row: tuple[str, str, int], record: bytes, salt: bytes, key: tuple[bytes, bytes]) -> None:
        """One fact: type, organisation, time; its record; its salt; its key and the hash of its content in hex."""
        self.size += 1
        type_, organisation, recorded_us = row
        leaf = leaves.LeafRecord(
            position=self.size,
            recorded_at=recorded_us,
            type=type_,
            organisation=organisation,
            commitment=leaves.commitment(salt, record),
        ).hash()
        self._leaves.append(leaf)
        octets = "\t".join(f"\\\\x{each.hex()}" for each in (record, salt, leaf))
        self.parts["fact"].append(f"{self.size}\t{type_}\t{organisation}\t{recorded_us}\t{octets}\n".encode())
        self.parts["key"].append(b"%b\t%b\t\\\\x%b\t%d\t1\n" % (organisation.encode(), *key, self.size))

    def commit(self, recorded_us: int) -> None:
        """What was added since the last commit is one."""
        self.frontier = self.frontier.extend(self._leaves)
        self._leaves.clear()
        line = f"{self.size}\t\\\\x{self.frontier.to_bytes().hex()}\t{recorded_us}\t0\n"
        self.parts["commit"].append(line.encode())

    def taken(self) -> dict[str, bytes]:
        """What COPY is to read into each table; it is not kept."""
        found = {table: b"".join(lines) for table, lines in self.parts.items()}
        for lines in self.parts.values():
            lines.clear()
        return found


def _write(connection: Connection, lines: dict[str, bytes]) -> None:
    for table, columns in _TABLES.items():
        with connection.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin".encode()) as copy:
            copy.write(lines[table])
    connection.commit()


class _Blocks:
    """Writes block after block of one story."""

    def __init__(self, story: Story, entropy: Entropy) -> None:
        self._story, self._entropy = story, entropy
        numbers = [block * story.together + block % 7 % story.together for block in _APART]
        registers = story.registers()
        told = [(story.shared(block), *story.chain(number)) for block, number in zip(_APART, numbers, strict=True)]
        rows = recorded([registers, *told[0], *told[1]], entropy)
        size = len(registers.drafts)
        self.registers, length = rows[:size], (len(rows) - size) // 2
        self.shared = len(told[0][0].drafts)
        first, second = (
            Told([name.encode() for name in story.names(number)], size + 1 + after, story.began(block))
            for number, block, after in zip(numbers, _APART, (0, length), strict=True)
        )
        pairs = zip(rows[size : size + length], rows[size + length :], strict=True)
        self._kinds = [_Kind(one, first, other, second) for one, other in pairs]
        self._began = first.began
        self._bind(len(first.names))

    @property
    def facts(self) -> int:
        """Facts of one whole block."""
        return self.shared + (len(self._kinds) - self.shared) * self._story.together

    def _bind(self, names: int) -> None:
        """Gives every blank its place in the list of values: names, positions, times, the key and the hash."""
        places: list[Place] = [("name", number) for number in range(names)]
        places += [("position", number) for number in range(len(self._kinds))]
        times = {place for kind in self._kinds for pattern in kind.patterns for place in pattern.places}
        self._times = sorted((place for place in times if place[0] in ("time", "words")), key=repr)
        places += [*self._times, (KEY, None), (HASH, None)]
        where = {place: number for number, place in enumerate(places)}
        self._writers = [_Writer(kind, where) for kind in self._kinds]

    def fill(self, block: int, filled: _Filled, through: int) -> None:
        """Writes one block, as far as a position."""
        by = self._story.began(block) - self._began
        times, later = [moved(place, by) for place in self._times], by.total_seconds() * 1_000_000
        chains = [self._values(block, number, filled.size, times) for number in range(self._story.together)]
        for place, writer in enumerate(self._writers):
            if filled.size >= through:
                return
            recorded_us = writer.recorded_us + int(later)
            for number, values in enumerate(
                chains[: 1 if place < self.shared else min(len(chains), through - filled.size)]
            ):
                values[-2] = key_text(self._story.key(block * self._story.together + number, place))
                writer.write(values, recorded_us, filled, self._entropy)
            filled.commit(recorded_us)

    def _values(self, block: int, number: int, size: int, times: list[bytes]) -> list[bytes]:
        """The values of one chain; its positions lie `together` apart."""
        together, shared = self._story.together, self.shared
        names = [name.encode() for name in self._story.names(block * together + number)]
        own = range(size + shared + 1 + number, size + self.facts + 1, together)
        positions = [*range(size + 1, size + shared + 1), *own]
        return [*names, *(b"%d" % position for position in positions), *times, b"", b""]


class _Writer:
    """Writes one fact of the story for any chain."""

    def __init__(self, kind: _Kind, where: dict[Place, int]) -> None:
        self.recorded_us = kind.recorded_us
        self._type, self._organisation = kind.type, kind.organisation
        self._content, self._rest = kind.content.bound(where), kind.rest.bound(where)
        self._signed = kind.signed.bound(where) if kind.signed is not None else None
        self._more = [(name, getattr(kind, name).bound(where)) for name in ("tags", "edges", "marks")]

    def write(self, values: list[Any], recorded_us: int, filled: _Filled, entropy: Entropy) -> None:
        """Adds the fact to what is on its way."""
        if self._signed is not None:
            values[-1] = b64encode(sha256(self._signed(values)).digest())
        content = self._content(values)
        digest = contents.digest(content[len(_HEAD) :]).hex().encode()
        record, row = content + self._rest(values), (self._type, self._organisation, recorded_us)
        filled.add(row, record, entropy(leaves.SALT_SIZE), (values[-2], digest))
        for (_, line), table in zip(self._more, ("fact_tag", "edge", "fact_mark"), strict=True):
            filled.parts[table].append(line(values))


def fill(dsn: str, story: Story, facts: int, entropy: Entropy, progress: Progress, *, schema: str = SCHEMA) -> int:
    """Fills an empty store with so many facts; returns how many.

    Args:
        dsn: Of the role that inserts.
        story: What is told.
        facts: How many facts; the registers that all chains share at least.
        entropy: Gives random bytes, for salts.
        progress: Told (facts written, facts in all) after each block.
        schema: Where the tables are.

    Raises:
        Unavailable: There are facts in it, or the database refuses.
        PatternError: The story is not told alike for two patients.
        Refused: A fact of the story is refused.
    """
    try:
        with open_connection(dsn, application="coi bench-store", schema=schema) as connection:
            connection.execute("set synchronous_commit = off")
            if connection.execute(statements.HEAD).fetchone() is not None:
                raise Unavailable("the store holds facts already: a store to measure is made in an empty one")
            return _filled(connection, _Blocks(story, entropy), facts, progress)
    except DriverError as error:
        raise Unavailable(f"the store cannot be filled: {str(error).strip()}") from error


def _filled(connection: Connection, blocks: _Blocks, facts: int, progress: Progress) -> int:
    """Makes one block while the one before it is copied."""
    filled = _Filled(Frontier(), 0)
    for rows in blocks.registers:
        _copied(rows, filled)
    total, block = max(facts, filled.size), 0
    with ThreadPoolExecutor(1) as copying:
        before: Future[None] = copying.submit(_write, connection, filled.taken())
        while filled.size < total:
            blocks.fill(block, filled, total)
            before.result()
            before = copying.submit(_write, connection, filled.taken())
            progress(filled.size, total)
            block += 1
        before.result()
    return filled.size


def _copied(rows: Rows, filled: _Filled) -> None:
    """A register, as it was recorded."""
    fact, key = rows.fact, rows.key
    row = (fact.type, fact.organisation, fact.recorded_at)
    filled.add(row, fact.record, fact.salt, (key_text(key.id), key.hash.hex().encode()))
    for table, lines in zip(("fact_tag", "edge", "fact_mark"), _lines(fact), strict=True):
        filled.parts[table].append(lines)
    filled.commit(fact.recorded_at)
