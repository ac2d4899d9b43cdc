"""How a record is filed: its tag rows and its edges. Pure; appending writes them, verifying compares them.

A refusal is filed as `Refused`. A record about a fact is filed under its own type for who made it, and under the type
of the fact that it changes for what it changes, so that every query finds it as such. Imported history is filed under
its own type and under that of the fact inside it. What cures deviations is filed
as `Cured` under their tags, and so is a record about it, which takes the cure back.
"""

from collections.abc import Iterable
from typing import Final

from ledger.domain.facts import counting, renaming, tagging
from ledger.domain.facts import record as records
from ledger.domain.facts.about import Link
from ledger.domain.facts.content import Content
from ledger.domain.facts.record import Cure, Record
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Outcome
from ledger.domain.identifiers import tag
from ledger.domain.rules.case import Versions
from ledger.domain.subjects.subject import CURED, cured_tags
from ledger.store.rows import EdgeRow, Stored, TagRow

REFUSED: Final = "Refused"
"""The type under which refusals are filed, whatever they would have been."""

UNJUDGED: Final = "dcb:"
"""Prefix of the types of facts that came in through the library's own face: judged by nobody, folded by nobody."""

ABOUT: Final = "about"
"""Kind of the edge from a record about a fact to that fact."""


UNRECORDED: Final = "unrecorded-items"
"""Name under which the verdict of a refused item says how many items of its batch it was judged after: none of them was
recorded, so this verdict cannot be had again from the log alone."""

RULE: Final = "rule:"
CURES: Final = "cures:"
SENDER: Final = "sender:"
REFUSED_TYPE: Final = "refused:"
"""What marks begin with: a rule found, a deviation cured, the sender's reference, the own type of a refusal."""

WAS_REFUSED: Final = "outcome:refused"
DEVIATION: Final = "outcome:deviation"
"""Marks of the two outcomes that are rare; what bears neither was recorded."""


def organisation_of(identifier: Identifier) -> str:
    """Returns the scope of a recorder's keys: `scheme:value`, as in the organisation's tag."""
    return tag.tag("organisation", identifier.scheme, identifier.value).partition(":")[2]


def fact_node(position: int) -> str:
    """Returns the name of a stored fact among the edges."""
    return f"fact:{position}"


def filed_type(record: Record) -> str:
    """Returns the type under which the whole log finds a record."""
    return REFUSED if record.verdict.outcome is Outcome.REFUSED else record.content.type


def readable(row: Stored) -> Record | None:
    """Reads a row; None for what came in through the library's own face, and for what this program cannot read."""
    return None if row.type.startswith(UNJUDGED) else records.read(row.record)


def tag_rows(record: Record, target: Versions | None) -> tuple[TagRow, ...]:
    """Returns the tag rows of a record.

    Args:
        record: The record.
        target: For a record about a fact: the fact as it counted before.
    """
    verdict = record.verdict
    rows: dict[tuple[str, str], bool] = {}
    effect = verdict.effect
    own_type = filed_type(record)
    _file(rows, own_type, verdict.tags, own=True)
    if effect is None or target is None:
        _file(rows, own_type, verdict.inherited, own=False)
        counted = counting.inside(renaming.counted(record))
        if counted.type != record.content.type and own_type != REFUSED:
            _file(rows, counted.type, tagging.own(counted, record.stamp.position), own=True)
    else:
        changed = counting.inside(target.record.content).type
        _file(rows, changed, (*effect.tags, *_tags_before(target)), own=True)
        _file(rows, changed, verdict.inherited, own=False)
        _file(rows, CURED, cured_tags(_cures_before(target)), own=True)
    _file(rows, CURED, cured_tags(verdict.cures), own=True)
    return tuple(TagRow(tag=label, type=kind, own=own) for (label, kind), own in sorted(rows.items()))


def _file(rows: dict[tuple[str, str], bool], kind: str, tags: Iterable[str], *, own: bool) -> None:
    for label in tags:
        rows[label, kind] = rows.get((label, kind), False) or own


def _tags_before(target: Versions) -> tuple[str, ...]:
    return target.effect.tags if target.effect is not None else target.record.verdict.tags


def _cures_before(target: Versions) -> tuple[Cure, ...]:
    return target.cures if target.effect is not None else target.record.verdict.cures


def heard_before(target: Versions | None) -> tuple[str, ...]:
    """Returns the tags under which what a record changes has counted: as recorded, and as it was changed last."""
    if target is None:
        return ()
    effect = target.effect.tags if target.effect is not None else ()
    return (*target.record.verdict.tags, *effect, *cured_tags(_cures_before(target)))


def marks(record: Record) -> tuple[str, ...]:
    """Returns the marks of a record: what a search can ask for beside tags, type and recorder."""
    verdict, found = record.verdict, {f"{RULE}{finding.rule}" for finding in record.verdict.findings}
    found |= {f"{CURES}{cure.deviation}" for cure in verdict.cures}
    if verdict.outcome is Outcome.REFUSED:
        found |= {WAS_REFUSED, f"{REFUSED_TYPE}{record.content.type}"}
    if verdict.outcome is Outcome.RECORDED_AS_DEVIATION:
        found.add(DEVIATION)
    if reference := record.content.envelope.sender_reference:
        found.add(f"{SENDER}{reference}")
    return tuple(sorted(found))


def edge_rows(record: Record, target: Versions | None) -> tuple[EdgeRow, ...]:
    """Returns the edges that a record states and withdraws; arguments as for tag_rows."""
    position, effect = record.stamp.position, record.verdict.effect
    if record.verdict.outcome is Outcome.REFUSED:
        return ()
    if effect is None:
        return tuple(_row(link, position, live=True) for link in _links(renaming.counted(record)))
    before = set(_links(_counted(target))) if target is not None else set()
    after = set(_links(effect.content))
    rows = [_row(link, effect.target, live=False) for link in before - after]
    rows += [_row(link, effect.target, live=True) for link in after - before]
    rows.append(
        EdgeRow(child=fact_node(position), parent=fact_node(effect.target), kind=ABOUT, source=position, live=True)
    )
    return tuple(sorted(rows, key=lambda row: (row.child, row.parent, row.kind)))


def _counted(target: Versions) -> Content | None:
    if target.effect is not None:
        return target.effect.content
    return None if target.record.verdict.outcome is Outcome.REFUSED else renaming.counted(target.record)


def _links(content: Content | None) -> list[Link]:
    if content is None:
        return []
    return sorted(
        {link for link in content.fact.lineage() if link.child and link.parent},
        key=lambda link: (link.child, link.parent, link.kind),
    )


def _row(link: Link, source: int, *, live: bool) -> EdgeRow:
    return EdgeRow(child=link.child, parent=link.parent, kind=link.kind, source=source, live=live)
