"""The help of every command, as a terminal of 100 columns shows it."""

from collections.abc import Iterator
from typing import Final

import click

from services.cli import main
from services.cli.markdown import page, paragraph

COLUMNS: Final = 100


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, parent=parent, info_name=name, terminal_width=COLUMNS, max_content_width=COLUMNS)
    context.help_option_names = list(main.context_settings["help_option_names"])
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _helps(found, inner, context)


def written() -> str:
    """The page."""
    helps = list(_helps(main, "coi"))
    return page(
        "The command line",
        paragraph("What each command says of itself with `--help`."),
        *(block for path, text in helps for block in (f"## {path}", f"```text\n{text.rstrip()}\n```")),
    )
