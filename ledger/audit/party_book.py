"""The parties of chains: read from the log when somebody asks, kept within bounds, unknown to writers."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Final

import msgspec

from ledger.audit import parties as pure
from ledger.audit.asked import read
from ledger.audit.heirs import predecessors
from ledger.audit.parties import Parties
from ledger.domain.facts.record import Record
from ledger.domain.subjects.subject import Statement, statement
from ledger.store.log import Reading
from ledger.store.rows import Head, Stored

MOST_KEPT: Final = 200_000
"""Organisations kept over all chains; the chains asked for least lately are forgotten first, and read again."""

_PAGE: Final = 256
_REGISTER: Final = frozenset(("SiteRegistered",))


class PartyBook:
    """Answers who is party to a chain. Thread-safe; nothing in it is more than a copy of what the log says."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Starts empty."""
        self._most = most
        self._kept: OrderedDict[str, Parties] = OrderedDict()
        self._weight = 0
        self._epoch = 0
        self._turn = Lock()

    @property
    def weight(self) -> int:
        """What is kept now."""
        return self._weight

    def of(self, reading: Reading, chains: Iterable[str], through: int, head: Head) -> dict[str, Parties]:
        """Returns the parties of each chain, every fact up to a position taken into account.

        Args:
            reading: The log.
            chains: Their tags.
            through: The position.
            head: Of the log: what has to be read is read up to here, so that the next question finds it. After a
                failover, which may have lost facts, everything is read anew.
        """
        self._stay_in(head.epoch)
        found = {chain: self._known(chain) for chain in chains}
        for chain, known in found.items():
            if known.through < through:
                found[chain] = self._keep(chain, _read_on(reading, chain, known, head.size))
        return found

    def _stay_in(self, epoch: int) -> None:
        with self._turn:
            if epoch != self._epoch:
                self._kept.clear()
                self._epoch, self._weight = epoch, 0

    def _known(self, chain: str) -> Parties:
        with self._turn:
            known = self._kept.get(chain)
            if known is None:
                return Parties()
            self._kept.move_to_end(chain)
            return known

    def _keep(self, chain: str, parties: Parties) -> Parties:
        """Keeps what was read, unless another thread has read further, and forgets what is too much."""
        with self._turn:
            before = self._kept.pop(chain, None)
            newest = before if before is not None and before.through > parties.through else parties
            self._kept[chain] = newest
            self._weight += newest.weight - (before.weight if before is not None else 0)
            while self._weight > self._most and len(self._kept) > 1:
                self._weight -= self._kept.popitem(last=False)[1].weight
        return newest


def _read_on(reading: Reading, chain: str, parties: Parties, head: int) -> Parties:
    """Takes into account what the log says of a chain after what is known, page by page."""
    more = True
    while more:
        rows = reading.search([chain], [], parties.through, head, _PAGE)
        more = len(rows) == _PAGE
        for mention in _mentions(reading, chain, rows):
            parties = pure.admit(parties, mention)
        parties = msgspec.structs.replace(parties, through=rows[-1].position if more else head)
    return parties


def _mentions(reading: Reading, chain: str, rows: Sequence[Stored]) -> list[pure.Mention]:
    facts = [(row, record) for row in rows if (record := read(row)) is not None and pure.counts(record)]
    if not facts:
        return []
    registers = _registers(reading, (record for _, record in facts), rows[-1].position)
    known = {f"organisation:{row.organisation}" for row, _ in facts}
    taken = predecessors(reading, known, rows[-1].position)
    mentions = []
    for row, record in facts:
        recorder = f"organisation:{row.organisation}"
        before = frozenset(old for old, since in taken[recorder].items() if since < row.position)
        mentions.append(pure.mention(record, recorder, chain, _operators(record, registers), before))
    return mentions


def _registers(reading: Reading, records: Iterable[Record], through: int) -> dict[str, list[Statement]]:
    """What the register says of every site that the facts name, in one query."""
    sites = sorted({site for record in records for site in pure.sites(record)})
    entries = reading.load([(site, _REGISTER) for site in sites], through)
    return {
        site: [
            stated for row in rows if (record := read(row)) is not None and (stated := statement(record)) is not None
        ]
        for site, rows in zip(sites, entries, strict=True)
    }


def _operators(record: Record, registers: Mapping[str, list[Statement]]) -> dict[str, str]:
    return {site: pure.operator_of(site, registers[site], record) for site in pure.sites(record)}
