"""Fact types: what each declares, which rules judge it, which subjects fold it, and its fields."""

from collections.abc import Iterable
from typing import Final

from ledger.domain.facts.about import Fact, Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.catalogue import rules_for
from ledger.domain.subjects.catalogue import SUBJECTS
from services.cli.markdown import codes, items, page, paragraph, told
from services.servicers.contract import METHODS
from services.servicers.listing import tag_kinds
from tests.support.reference import wire

_INHERITED: Final = {
    "m": "its materials", "b": "its batch", "c": "its consignment", "k": "its chain", "s": "its site",
    "n": "its donation", "d": "its case or deviation",
}  # fmt: skip
_REFUSED: Final = {
    Kind.DECISION: "refused when a rule bars it",
    Kind.HAPPENING: "refused first when a rule bars it, and may then be recorded as a deviation",
    Kind.SAFETY_ACT: "never refused by a rule",
    Kind.REGISTER: "refused when a rule bars it",
    Kind.RECORD: "a fact about a fact",
}


def place(name: str) -> str:
    """Where a fact type stands, from the folder of the reference."""
    return f"facts/{TYPES[name].about.stage}.md#{name.lower()}"


def links(names: Iterable[str], folder: str = "") -> str:
    """Links to fact types in the order of their numbers; the bare name of one that has no page."""
    known = sorted(names, key=lambda name: TYPES[name].about.no if name in TYPES else 0)
    return ", ".join(f"[{name}]({folder}{place(name)})" if name in TYPES else f"`{name}`" for name in known)


def _kind(struct: type[Fact]) -> str:
    about = struct.about
    fate = "never refused by a rule" if about.never_barred else _REFUSED[about.kind]
    return f"{about.kind}, {fate}"


def _rpc(name: str) -> str:
    paths = [method.path for method in METHODS if method.records and method.fact_type == name]
    return codes(paths) or "none; only the ledger makes it"


def _signs(struct: type[Fact]) -> str:
    return ", ".join(" or ".join(f"`{meaning.value}`" for meaning in choice) for choice in struct.about.signatures)


def _fact(known: wire.Contract, name: str, struct: type[Fact]) -> Iterable[str]:
    about = struct.about
    source, at = known.message(name)
    yield f"## {name}"
    yield paragraph(source.said(4, at))
    yield told(
        number=str(about.no),
        kind=_kind(struct),
        rpc=_rpc(name),
        tags_of_its_own_fields=codes(sorted(tag_kinds(struct))),
        found_by_the_tags_of=", ".join(_INHERITED[letter] for letter in about.inherits),
        signatures=_signs(struct),
        second_check="" if about.second is None else str(about.second),
        judged_by=", ".join(f"[{rule.id}](../rules.md#{rule.id.lower()})" for rule in rules_for(name)),
        folded_by=", ".join(
            f"[{subject.name}](../subjects.md#{subject.name.lower()})" for subject in SUBJECTS if name in subject.types
        ),
    )
    yield paragraph(f"Its fields, as in [{name}](../wire/{source.stem}.md#{name.lower()}):")
    yield wire.fields(known, source, at, "../wire/")


def pages(known: wire.Contract) -> dict[str, str]:
    """The index and a page for each stage."""
    stages: dict[str, list[str]] = {}
    for name, struct in TYPES.items():
        stages.setdefault(struct.about.stage, []).append(name)
    index = page(
        "Facts",
        paragraph(
            f"{len(TYPES)} types, in the order of their numbers. Beside its own fields each has an "
            "[Envelope](../wire/envelope.md#envelope): when, where, who. An rpc records it; `Record` takes any."
        ),
        *(
            block
            for stage, names in stages.items()
            for block in (
                f"## {stage.replace('_', ' ').capitalize()}",
                items(
                    f"{TYPES[one].about.no} [{one}]({stage}.md#{one.lower()}), {TYPES[one].about.kind}" for one in names
                ),
            )
        ),
    )
    written = {"facts/README.md": index}
    for stage, names in stages.items():
        blocks = [block for name in names for block in _fact(known, name, TYPES[name])]
        written[f"facts/{stage}.md"] = page(f"Facts: {stage.replace('_', ' ')}", *blocks)
    return written
