"""`coi rules`: the rulebook, and what each type of fact asks for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

    from ledger.domain.facts.about import Fact
    from ledger.domain.rules.planned import Planned
    from ledger.domain.rules.rule import Rule


EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi rules             # all of them\n"
    "  coi rules I1          # one, in full\n"
    "  coi rules --facts     # what each type of fact asks for\n"
    "  coi rules --markdown > rulebook.md   # a document to hand on\n"
)


@click.command(name="rules", short_help="The rulebook: text, source, owner, override.", epilog=EXAMPLES)
@click.argument("rule_id", metavar="[ID]", required=False)
@click.option("--facts", is_flag=True, help="List the fact types instead: kind, tags, signatures, rules.")
@click.option("--markdown", is_flag=True, help="The whole rulebook as a document, rule by rule, with parameters.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(*, rule_id: str | None, facts: bool, markdown: bool, as_json: bool) -> None:
    """Show what facts are judged by: each rule with its text, source in the law, owner of the risk, and override.

    A decision that breaks a rule is refused. A happening is refused first and may then be recorded as a deviation: what
    happened can always be recorded. A safety act is never refused.
    """
    from ledger.domain.rules.catalogue import RULES
    from ledger.domain.rules.planned import PLANNED
    from services.cli import screen
    from services.cli.failing import FINDING, Failure

    if facts:
        _facts(as_json=as_json)
        return
    if markdown:
        _document()
        return
    shown: list[Rule | Planned] = [*RULES.values(), *PLANNED]
    if rule_id is not None:
        shown = [rule for rule in shown if rule.id == rule_id.upper()]
        if not shown:
            raise Failure(f"there is no rule {rule_id!r}; `coi rules` lists them", FINDING)
    if as_json:
        screen.echo_json({"rules": [_shape(rule) for rule in shown]})
    elif rule_id is not None:
        _one(shown[0])
    else:
        _all(shown)


def _document() -> None:
    from services.cli.markdown import joined
    from services.cli.rulebook import document

    click.echo(joined("The rulebook", *document()), nl=False)


def _shape(rule: "Rule | Planned") -> dict[str, Any]:
    return {
        "id": rule.id,
        "status": "live" if _is_live(rule) else "planned",
        "text": rule.text,
        "source": rule.source,
        "owner": str(rule.owner),
        "override": rule.override,
    }


def _is_live(rule: "Rule | Planned") -> bool:
    return bool(getattr(rule, "live", False))


def _all(rules: "list[Rule | Planned]") -> None:
    from rich.table import Table

    from services.cli import screen

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", style="bold", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("refuses", ratio=1)
    table.add_column("risk of", max_width=18)
    for rule in rules:
        live = _is_live(rule)
        table.add_row(rule.id, "live" if live else "planned", rule.text, str(rule.owner), style="" if live else "dim")
    console = screen.out()
    console.print(table)
    number = sum(_is_live(rule) for rule in rules)
    planned = "; a planned rule refuses nothing yet" if number < len(rules) else ""
    console.print(f"\n{screen.plural(len(rules), 'rule')}, {number} of them live{planned}.")
    console.print(f"One in full: coi rules {rules[0].id}", style="dim")


def _one(rule: "Rule | Planned") -> None:
    from rich.table import Table

    from services.cli import screen

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1)
    for name, value in _shape(rule).items():
        table.add_row(name, str(value))
    for name, words in (("revision", "revision"), ("types", "judges"), ("reason", "not live, because")):
        value = getattr(rule, name, None)
        if value is not None:
            table.add_row(words, value if isinstance(value, str) else _joined(value))
    screen.out().print(table)


def _joined(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _facts(*, as_json: bool) -> None:
    from ledger.domain.facts.catalogue import TYPES
    from ledger.domain.rules.catalogue import RULES
    from services.cli import screen

    judged = {name: [rule.id for rule in RULES.values() if name in rule.types] for name in TYPES}
    if as_json:
        screen.echo_json({"facts": [_fact_shape(name, TYPES[name], judged[name]) for name in TYPES]})
        return
    console = screen.out()
    for name, struct in TYPES.items():
        _print_fact(console, _fact_shape(name, struct, judged[name]))


def _print_fact(console: "Console", shape: dict[str, Any]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console.print(Text(f"{shape['no']:>3}  ", style="dim").append(shape["type"], style="not dim bold"), end="  ")
    console.print(Text(shape["kind"] + (", never refused" if shape["never_refused"] else ""), style="cyan"))
    asks = [", ".join(shape["signatures"]), shape["second"] or ""]
    told = (
        ("tags", " ".join(shape["tags"])),
        ("signs", "; ".join(ask for ask in asks if ask)),
        ("rules", " ".join(shape["rules"])),
    )
    grid = Table.grid(padding=(0, 2, 0, 0))
    for label, words in told:
        if words:
            grid.add_row(Text(label, style="dim"), words)
    console.print(Padding(grid, (0, 0, 0, 5)))


def _fact_shape(name: str, struct: "type[Fact]", rules: list[str]) -> dict[str, Any]:
    about = struct.about
    return {
        "no": about.no,
        "type": name,
        "stage": about.stage,
        "kind": str(about.kind),
        "tags": list(dict.fromkeys(_tag_kinds(struct))),
        "signatures": [" or ".join(meaning.name for meaning in choice) for choice in about.signatures],
        "second": None if about.second is None else str(about.second),
        "rules": rules,
        "never_refused": about.never_barred or about.kind == "safety act",
    }


def _tag_kinds(struct: Any) -> Iterator[str]:  # noqa: ANN401 - the Struct of any part of a fact
    from ledger.domain.facts import anatomy
    from ledger.domain.facts.any_fact import AnyFact
    from ledger.domain.facts.envelope import Envelope
    from ledger.domain.facts.shape import Value

    for part in anatomy.parts(struct):
        if part.names is not None and part.names.tagged:
            yield part.names.kind
        elif issubclass(part.type, Value) and part.names is None and part.type not in (AnyFact, Envelope):
            yield from _tag_kinds(part.type)
