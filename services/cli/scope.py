"""The scope of a recall as a person reads it: stock to be found, patients, who was told, what it all comes to."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from ledger.api import Affected, Patient, Place, Scope
from services.cli import screen
from services.cli.timeline import axes

T = TypeVar("T")


def show(console: Console, found: Scope) -> None:
    """Prints a scope."""
    state = f"closed by #{found.closed}" if found.closed else "open"
    kind = state if found.subject not in found.starts else "drill: nothing changes"
    _line(console, f"Scope of {found.subject}  ({kind})", "bold")
    _line(console, axes(found.as_of, found.through))
    for start in found.starts:
        _line(console, f"  starts from {start}")
    stock = [one for one in found.things if one.left]
    _part(console, "Stock to be found", stock, _thing)
    _part(console, "Everything else that came of it", [one for one in found.things if not one.left], _thing)
    _part(console, "Patients", found.patients, _patient)
    _part(console, "Who has to be told", found.places, _place)
    for claim in found.claims:
        right = "is the scope taken again" if claim.matches else "DIFFERS from the scope taken again"
        _line(console, f"The scope that #{claim.position} says {right} at position {claim.scope_position}.")
    console.print()
    for words in _sum(found):
        _line(console, words)


def _part(console: Console, title: str, items: Iterable[T], lines: Callable[[T], Iterator[str]]) -> None:
    listed = list(items)
    console.print()
    _line(console, f"{title}: {len(listed) or 'none'}", "bold")
    for item in listed:
        first, *rest = lines(item)
        _line(console, f"  {first}")
        for words in rest:
            _line(console, f"      {words}", "dim")


def _thing(one: Affected) -> Iterator[str]:
    yield one.tag
    marks = [one.what, one.status, *(["LATER"] if one.later else []), *(["reported, refused"] if one.refused else [])]
    marks += ["imported, not judged"] if one.imported else []
    since = f" since #{one.position}" if one.position else ""
    yield ", ".join(filter(None, marks)) + since
    if one.place:
        yield f"at {one.place}"


def _patient(one: Patient) -> Iterator[str]:
    yield one.patient
    unsaid = "" if one.reachable else "; CANNOT BE REACHED"
    said = "; reported, refused" if one.refused else "; imported, not judged" if one.imported else ""
    yield f"{one.standing}{unsaid}{said}"
    yield f"given {one.container} (#{one.position})"
    if one.chain:
        yield one.chain
    if one.centre:
        yield f"centre {one.centre}"
    if one.next_visit:
        due = f", due before {screen.said(one.next_due)}" if one.next_due is not None else ""
        yield f"{one.next_visit}{due}"
    found = [f"{screen.plural(one.missed, 'visit')} missed"] if one.missed else []
    found += [f"malignancy found (#{position})" for position in one.malignancies]
    if found:
        yield "; ".join(found)
    yield _told((one.told,) if one.told else (), int(bool(one.answered)))


def _place(one: Place) -> Iterator[str]:
    yield one.organisation or "nobody knows who has it"
    yield f"{screen.plural(len(one.stock), 'container')} there, {screen.plural(len(one.chains), 'patient')} of it"
    counted = [f"{number} {word}" for number, word in ((one.held, "held"), (one.used, "used")) if number is not None]
    answer = f"; it counted {', '.join(counted)}" if counted else ""
    yield f"{_told(one.told, one.answered)}{answer}"
    if one.due is not None:
        yield f"answer due before {screen.said(one.due)}{': LATE' if one.late else ''}"


def _told(positions: tuple[int, ...], answered: int) -> str:
    if not positions:
        return "not told"
    named = ", ".join(f"#{position}" for position in positions)
    done = "answered" if answered >= len(positions) else f"{answered} answered" if answered else "not answered"
    return f"told ({named}), {done}"


def _sum(found: Scope) -> Iterator[str]:
    known = [one for one in found.places if one.organisation]
    told = sum(1 for one in known if one.told)
    answered = sum(1 for one in known if one.told and not one.silent)
    out_of_reach = screen.plural(len(found.unreachable), "patient")
    yield f"{told} of {len(known)} told, {answered} answered; {out_of_reach} cannot be reached."
    yield f"scope_position {found.through}"
    yield f"scope_hash {found.scope_hash.hex()}"
    if not found.complete:
        yield "NOT COMPLETE: there is more than one answer holds; ask again from a thing at its rim."


def _line(console: Console, words: str, style: str = "") -> None:
    console.print(Text(screen.printable(words), style=style))
