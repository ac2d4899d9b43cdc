"""The command line: `coi`. One module per command; what is heavy is imported inside, so that help is quick.

Exit codes: 0 fine, 1 a finding or refusal, 2 cannot run.
"""

import io
import sys
from importlib import import_module
from typing import Final

import click

COMMANDS: Final = (
    "demo",
    "serve",
    "play",
    "lookup",
    "replay",
    "show",
    "trace",
    "recall",
    "bedside-pack",
    "search",
    "list",
    "verify",
    "rejudge",
    "rules",
    "relay",
    "doctor",
    "migrate",
    "rebuild",
    "backup",
    "restore",
    "cohort",
    "bench-store",
)
"""In the order in which a newcomer meets them; each is a module of this package with a `command`."""


class Rooms(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names the commands in their order."""
        del ctx
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"services.cli.{cmd_name.replace('-', '_')}").command
        return command


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="coi-ledger", prog_name="coi")
def main() -> None:
    """The chain-of-identity ledger: every step of a patient's cells, from vein to vein, recorded and provable.

    Start with `coi demo`: it plays one patient's whole story and shows what the ledger makes of it.

    Reading commands (lookup, replay, show, trace, recall, search, list, verify, rejudge) ask a server (--target, by
    default the local one), or open a store themselves (--dsn, --data DIR). Each has --json for programs.

    Exit codes: 0 fine, 1 a finding or refusal, 2 cannot run.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without these letters shows others, and nothing fails
