"""One fact in full: all that is stored about it, in words, and what later records made of it."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ledger.api import Step, StoredFact
from ledger.domain.facts import tagging
from ledger.domain.identifiers import tag as tags
from ledger.domain.receipt import NotFound
from services.cli import aftermath, details, screen, timing, versions, wording
from services.cli.aftermath import Later
from services.cli.source import Source
from services.cli.versions import Revision
from services.cli.wording import Line, inside, items

NARROWEST: Final = (
    "coi",
    "material",
    "batch",
    "consignment",
    "donation",
    "lot",
    "case",
    "deviation",
    "licence",
    "patient",
)
"""Kinds of things in the order in which the story around a fact is looked for: the shorter story first."""

LABELS: Final = 30
"""Columns of the names of fields."""


class InFull(Struct, frozen=True, kw_only=True):
    """One fact with what surrounds it.

    Attributes:
        fact: The fact.
        step: Its place in its story; None when it could not be found there.
        about: The records about it, oldest first.
        own: What it changed itself, when it is such a record.
        later: What was said afterwards of the deviation or excursion that it is.
    """

    fact: StoredFact
    step: Step | None = None
    about: tuple[Revision, ...] = ()
    own: Revision | None = None
    later: tuple[Later, ...] = ()


def looked_up(source: Source, position: int) -> InFull:
    """Reads a fact, and the records about it from a story that it belongs to.

    Raises:
        NotFound: There is none at this position.
    """
    fact = source.fact(position)
    subject = _subject(fact)
    if not subject:
        return InFull(fact=fact)
    try:
        steps = source.replay(subject).steps
    except NotFound:
        return InFull(fact=fact)
    revised = versions.revisions(steps)
    return InFull(
        fact=fact,
        step=next((step for step in steps if step.fact.position == position), None),
        about=tuple(one for one in revised.values() if one.target == position),
        own=revised.get(position),
        later=aftermath.of(steps, position),
    )


def _subject(fact: StoredFact) -> str:
    """The thing whose story is the shortest that surely holds the fact; nothing when it bears no tag."""
    if fact.record is None:
        return ""
    verdict = fact.record.verdict
    effect = verdict.effect
    own = [*verdict.tags, *(effect.tags if effect is not None else ()), *verdict.inherited]
    rank = {kind: number for number, kind in enumerate(NARROWEST)}
    return min(own, key=lambda tag: (rank.get(tags.kind_of(tag), len(rank)), own.index(tag)), default="")


def shape(found: InFull) -> dict[str, Any]:
    """The same for programs: the stored record as it is, and what was made of it."""
    return {
        "position": found.fact.position,
        "type": found.fact.type,
        "standing": None if found.step is None else found.step.standing,
        "about": None if found.own is None else found.own.target,
        "effective": None if found.step is None else screen.stamp(found.step.effective),
        "leaf_hash": found.fact.leaf_hash.hex(),
        "record": wording.stored(found.fact) or None,
        "changes": [_change(one) for one in found.own.changes] if found.own is not None else [],
        "records_about": [
            {
                "position": one.position,
                "type": one.type,
                "by": one.by,
                "why": one.why,
                "counts": one.counts,
                "changes": [_change(change) for change in one.changes],
            }
            for one in found.about
        ],
        "later": [
            {
                "position": one.position,
                "type": one.type,
                "by": one.by,
                "why": one.why,
                "outcome": one.outcome,
                "cures": list(one.cures),
            }
            for one in found.later
        ],
        "late_effects": [msgspec.to_builtins(one) for one in found.fact.late_effects],
    }


def _change(change: wording.Change) -> dict[str, Any]:
    return {"field": change.field, "old": change.old, "new": change.new}


def show(console: Console, found: InFull) -> None:
    """Prints it."""
    fact = found.fact
    console.print(Text(f"#{fact.position} {screen.printable(fact.type)}", style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", max_width=LABELS, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for line in _lines(found):
        heading = "" if line.words else "bold not dim" if line.depth == 0 else "not dim"
        table.add_row(Text("  " * line.depth + line.label, style=heading), Text(line.words))
    console.print(table)


def _lines(found: InFull) -> Iterator[Line]:
    record = wording.stored(found.fact)
    if not record:
        yield Line(0, "what", "bytes that this program cannot read")
    else:
        yield from _head(found, record)
        yield from _said(record)
        yield from _verdict(record)
        yield from _hands(record)
        yield from _afterwards(found)
        yield from _too_late(found)
        yield Line(0, "tags", "\n".join(map(str, items(inside(record, "verdict", "tags")))) or "none")
        reached = items(inside(record, "verdict", "inherited"))
        yield Line(0, "reached through links", "\n".join(map(str, reached)) or "none")
    yield Line(0, "leaf hash", found.fact.leaf_hash.hex())


def _head(found: InFull, record: dict[str, Any]) -> Iterator[Line]:
    """What, when, where, who."""
    envelope, own = inside(record, "content", "envelope"), wording.offset_of(record)
    kind = timing.kind_of(found.fact.type)
    claimed = inside(envelope, "occurred_at")
    yield Line(0, "what", "a fact of a type unknown to this program" if kind is None else f"a {kind}")
    yield Line(0, "standing", _standing(found))
    yield Line(0, "claimed", wording.words(claimed, own) or "not said")
    if isinstance(claimed, dict) and "uncertainty_ms" not in claimed:
        yield Line(0, "", _default(found))
    yield Line(0, "recorded", wording.words(inside(record, "stamp", "recorded_at"), own) or "not said")
    if found.step is not None:
        yield Line(0, "takes effect", screen.said(found.step.effective, own))
    yield Line(0, "where")
    yield from wording.lines(inside(envelope, "place"), own, 1)
    yield Line(0, "by", wording.words(inside(envelope, "performed_by")) or "not said")
    yield Line(0, "checked by", details.checkers(envelope) or "nobody, as recorded")
    recorder = inside(record, "stamp", "recorder")
    system = inside(recorder, "system")
    sent = f", system {screen.printable(str(system))}" if system else ""
    yield Line(0, "recorder", f"{wording.words(inside(recorder, 'organisation'))}{sent}")
    yield Line(0, "basis", details.basis(record) or "none named, none found in the register")
    yield Line(0, "request id", screen.printable(str(inside(record, "content", "id"))))


def _default(found: InFull) -> str:
    if found.fact.record is None:
        return "uncertainty: the default of its source"
    width = tagging.uncertainty(found.fact.record.content)
    return f"± {screen.duration(int(width.total_seconds()))}, the default of its source"


def _standing(found: InFull) -> str:
    if found.step is None:
        return "not looked up: it bears no tag under which records about it could be found"
    by = ", ".join(f"#{position}" for position in found.step.corrected_by)
    cured = f"; cured of {', '.join(found.step.cured)}" if found.step.cured else ""
    standing = found.step.standing if found.own is None else f"about #{found.own.target}"
    return f"{standing}{f' ({by})' if by else ''}{cured}"


def _too_late(found: InFull) -> Iterator[Line]:
    """What it makes impossible among later facts, where these were looked at after it was recorded."""
    for finding in found.fact.late_effects:
        at = ", ".join(f"#{position}" for position in finding.positions)
        yield Line(0, "looked at since", f"{finding.rule}: {finding.found}: {at}; {finding.must}")


_SHOWN: Final = frozenset(("occurred_at", "place", "performed_by", "verified_by", "electronic_check", "signatures"))


def _said(record: dict[str, Any]) -> Iterator[Line]:
    """Every field that the caller sent and that the head did not say."""
    own = wording.offset_of(record)
    yield Line(0, "fact")
    fact = list(wording.lines(inside(record, "content", "fact"), own, 1))
    yield from fact or [Line(1, "no field", "the type alone says it")]
    envelope = inside(record, "content", "envelope")
    rest = {name: item for name, item in envelope.items() if name not in _SHOWN} if isinstance(envelope, dict) else {}
    check = inside(envelope, "electronic_check")
    if rest or check is not None:
        yield Line(0, "more of the envelope")
        yield from wording.lines({**rest, **({"electronic_check": check} if check is not None else {})}, own, 1)


def _verdict(record: dict[str, Any]) -> Iterator[Line]:
    verdict = inside(record, "verdict")
    outcome = str(inside(verdict, "outcome")).removeprefix("OUTCOME_").lower().replace("_", " ")
    judged = "" if inside(verdict, "judged") is not False else ", never judged"
    yield Line(0, "verdict", f"{outcome}; rulebook {inside(verdict, 'rulebook')}{judged}")
    findings = items(inside(verdict, "findings"))
    if not findings:
        yield Line(1, "findings", "none")
    for found in findings:
        yield from _finding(found)
    for cure in items(inside(verdict, "cures")):
        yield Line(1, "cures", f"{inside(cure, 'rule')} of deviation {inside(cure, 'deviation')}")
    resolved = items(inside(verdict, "resolved"))
    yield Line(0, "resolved", "" if resolved else "nothing")
    for one in resolved:
        position = inside(one, "position")
        said = f" (#{position})" if position else ""
        yield Line(1, wording.label(str(inside(one, "name"))), f"{inside(one, 'value')}{said}")
    told = inside(verdict, "clearance", "sentence")
    if told is not None:
        yield Line(0, "told of the next step", screen.printable(str(told)))


def _finding(found: object) -> Iterator[Line]:
    from ledger.domain.rules.catalogue import RULES
    from ledger.domain.rules.planned import PLANNED

    rule = str(inside(found, "rule"))
    texts = {one.id: one.text for one in PLANNED} | {one.id: one.text for one in RULES.values()}
    yield Line(1, rule, details.finding(found))
    yield Line(2, "about", screen.printable(str(inside(found, "tag"))))
    yield Line(2, "the rule", texts.get(rule, "not in today's rulebook"))
    if positions := items(inside(found, "positions")):
        yield Line(2, "facts", ", ".join(f"#{position}" for position in positions))


def _hands(record: dict[str, Any]) -> Iterator[Line]:
    """Exceptions and signatures."""
    own = wording.offset_of(record)
    for name, several in (
        ("exceptions", items(inside(record, "content", "exceptions"))),
        ("signatures", items(inside(record, "content", "envelope", "signatures"))),
    ):
        yield Line(0, name, "" if several else "none")
        for number, one in enumerate(several, 1):
            yield Line(1, f"{number}")
            yield from wording.lines(one, own, 2)


def _afterwards(found: InFull) -> Iterator[Line]:
    """What it changed, and what later records made of it."""
    if found.own is not None:
        yield Line(
            0,
            f"about #{found.own.target}",
            "" if found.own.changes or not found.own.counts else "it counts from here on, as it was reported",
        )
        yield from (Line(1, name, words) for name, words in details.changed(found.own) if name != "why")
    yield Line(0, "records about it", "" if found.about else "none")
    for one in found.about:
        recorded = wording.words(inside(one.record, "stamp", "recorded_at"), wording.offset_of(one.record))
        yield Line(1, f"#{one.position} {one.type}", f"recorded {recorded}, by {one.by or 'nobody named'}")
        yield from (Line(2, name, words) for name, words in details.changed(one) if name != "why")
        yield Line(2, "why", one.why or "not said")
    if found.later:
        yield Line(0, "later about it")
    for later in found.later:
        recorded = wording.words(inside(later.record, "stamp", "recorded_at"), wording.offset_of(later.record))
        yield Line(1, f"#{later.position} {later.type}", f"recorded {recorded}, by {later.by or 'nobody named'}")
        said = (("cures", ", ".join(later.cures)), ("outcome", later.outcome), ("why", later.why))
        yield from (Line(2, name, words) for name, words in said if words)
