"""Second names: a fact said about a thing by another name is judged and filed under the name it was recorded by first.

What was said stays as it was said; the verdict keeps which names were taken for which.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from ledger.domain.facts import anatomy
from ledger.domain.facts.anatomy import Part
from ledger.domain.facts.content import Content
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.record import Record, Renamed
from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import Identifier
from ledger.domain.identifiers import tag

V = TypeVar("V", bound=Value)


def renamed(value: V, names: Mapping[str, str]) -> V:
    """Returns a Struct in which every identifier that is a second name is the first one. `names` maps tag to tag."""
    changed = {}
    for part in anatomy.parts(type(value)):
        item = getattr(value, part.name)
        if item is None or item == ():
            continue
        new = tuple(_one(part, one, names) for one in item) if part.repeated else _one(part, item, names)
        if new != item:
            changed[part.name] = new
    return msgspec.structs.replace(value, **changed) if changed else value


def _one(part: Part, one: object, names: Mapping[str, str]) -> object:
    if isinstance(one, Identifier):
        first = names.get(tag_of(part.names.kind, one)) if part.names is not None else None
        if first is None:
            return one
        _, scheme, value = tag.parts(first)
        return Identifier(scheme=scheme, value=value, entry=one.entry)
    return renamed(one, names) if isinstance(one, Value) else one


def content_under(content: Content, names: Mapping[str, str]) -> Content:
    """Returns what was said, under first names."""
    if not names:
        return content
    return msgspec.structs.replace(
        content, envelope=renamed(content.envelope, names), fact=renamed(content.fact, names)
    )


def counted(record: Record) -> Content:
    """Returns what was said in a record as it counts: under the first names that its verdict found."""
    return content_under(record.content, {item.other: item.first for item in record.verdict.renamed})


def noted(names: Mapping[str, str]) -> tuple[Renamed, ...]:
    """Returns the names that were taken for others, as a verdict keeps them."""
    return tuple(Renamed(other=other, first=first) for other, first in sorted(names.items()))
