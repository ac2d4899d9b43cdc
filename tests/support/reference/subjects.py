"""Subjects: the state that facts bearing one tag are folded into."""

import inspect
import re
from collections.abc import Iterable

from ledger.domain.rules.catalogue import RULES
from ledger.domain.rules.rule import Rule
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.subject import AnySubject
from services.cli.markdown import items, page, paragraph, plain, told
from tests.support.reference.facts import links


def _reads(rule: Rule, subject: AnySubject) -> bool:
    later = () if rule.later is None else (rule.later[1],)
    return subject in (*rule.reads, *rule.over, *later)


def _state(subject: AnySubject) -> tuple[str, dict[str, str]]:
    """The words of a state's class: what it is, and each of its attributes."""
    text = inspect.getdoc(type(subject.empty)) or ""
    what, _, rest = text.partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", rest, re.MULTILINE)
    return what, dict(found)


def _subject(subject: AnySubject) -> Iterable[str]:
    what, attributes = _state(subject)
    yield f"## {subject.name}"
    yield paragraph(plain(what))
    yield told(
        folded_for_tags_of_kind=", ".join(f"`{kind}`" for kind in subject.kinds),
        folds=links(subject.types),
        read_by=", ".join(
            f"[{rule.id}](rules.md#{rule.id.lower()})" for rule in RULES.values() if _reads(rule, subject)
        ),
    )
    if subject.cure is not None:
        yield paragraph("It also hears of each fact whose verdict cures the deviation, whatever that fact is about.")
    if attributes:
        yield paragraph("What it keeps:")
        yield items(f"`{name}`: {plain(words)}" for name, words in attributes.items())


def written() -> str:
    """The page."""
    return page(
        "Subjects",
        paragraph(
            f"{len(SUBJECTS)} subjects. Each folds the facts of some types that bear one tag by a field of their own, "
            "in the order of the time at which they took effect and then of position."
        ),
        *(block for subject in SUBJECTS for block in _subject(subject)),
    )
