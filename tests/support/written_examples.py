"""Runs the code blocks of a document in their order, as a reader would who copies one after the other.

`sh` is typed into a shell, `python` and `js` are programs, and a `text` block is what the block above it prints. In a
`console` block each line after `$ ` is typed and what follows is printed. `…` stands for anything, in a line or alone
for lines. A block that serves goes on in the background until the document ends. No other language may stand there.
"""

import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.house.tree import ROOT, TOOLS

FENCE: Final = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOMS: Final = ("buf.yaml", "clients", "protos", "services", "third_party")
"""What examples read of the repository."""
PATIENCE: Final = 120
"""Seconds that a block may take."""


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        line: Where it starts.
        language: What it is.
        text: What it says.
    """

    line: int
    language: str
    text: str


def blocks(document: Path) -> list[Block]:
    """Every fenced block of a document."""
    text = document.read_text(encoding="utf-8")
    return [Block(text[: one.start()].count("\n") + 1, one[1], one[2]) for one in FENCE.finditer(text)]


def says(expected: str, printed: str) -> bool:
    """Whether a program printed what a document says."""
    parts = re.split(r"^…\n|…", expected, flags=re.MULTILINE)
    return re.fullmatch("(?s:.*)".join(re.escape(part) for part in parts), printed) is not None


def dialogue(text: str) -> list[tuple[str, str]]:
    """What is typed in a `console` block, and what follows on each; a line goes on as it does in a shell."""
    said: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if said and _open(said[-1][0]):
            said[-1] = (said[-1][0] + line, "")
        elif line.startswith("$ "):
            said.append((line.removeprefix("$ "), ""))
        else:
            assert said, f"nothing is typed before {line!r}"
            said[-1] = (said[-1][0], said[-1][1] + line)
    return said


def _open(typed: str) -> bool:
    """Whether a shell would ask for another line."""
    try:
        shlex.split(typed)
    except ValueError:
        return True
    return typed.endswith("\\\n")


@dataclass
class Reader:
    """Somebody who copies the blocks of a document into a folder that looks like the repository.

    Attributes:
        folder: Where they type.
        addresses: Addresses as written, and those to use instead.
        settings: What their environment sets.
    """

    folder: Path
    addresses: Mapping[str, str]
    settings: Mapping[str, str]
    _servers: list[tuple[subprocess.Popen[str], threading.Thread]] = field(default_factory=list)

    def read(self, document: Path) -> None:
        """Does what a document says.

        Raises:
            AssertionError: A block fails, or prints something else than the document says.
        """
        for room in ROOMS:
            (self.folder / room).symlink_to(ROOT / room)
        (self.folder / ".venv").symlink_to(TOOLS.parent)
        printed = None
        try:
            for block in blocks(document):
                printed = self._do(f"{document.name}:{block.line}", block, printed)
        finally:
            self._stop()

    def _do(self, place: str, block: Block, above: str | None) -> str | None:
        text = block.text
        for written, used in self.addresses.items():
            text = text.replace(written, used)
        if block.language == "text":
            assert above is not None, f"{place}: nothing above prints"
            assert says(text, above), f"{place}: the block above printed\n{above}"
            return None
        if block.language == "console":
            for typed, expected in dialogue(text):
                printed = self._run(place, ["sh", "-c", typed])
                assert says(expected, printed), f"{place}: {typed.strip()} printed\n{printed}"
            return None
        if block.language == "sh" and re.search(r"\bcoi serve\b", text):
            self._serve(place, text)
            return None
        return self._run(place, self._command(place, block.language, text), self._place(block.language))

    def _command(self, place: str, language: str, text: str) -> list[str]:
        commands = {
            "sh": ["sh", "-ec", text],
            "python": [str(TOOLS / "python"), "-c", text],
            "js": ["node", "--input-type=module", "--eval", text],
        }
        assert language in commands, f"{place}: nobody can run {language!r}"
        return commands[language]

    def _place(self, language: str) -> str:
        return "clients/node" if language == "js" else "."

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", **self.settings}

    def _run(self, place: str, command: list[str], room: str = ".") -> str:
        done = subprocess.run(
            command, cwd=self.folder / room, env=self._environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"{place}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, place: str, text: str) -> None:
        server = subprocess.Popen(
            ["sh", "-ec", f"exec {text}"], cwd=self.folder, env=self._environment, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        said: list[str] = []
        serving = threading.Event()

        def listen() -> None:
            with server:  # what it says later is read too, or it would stand still on a full pipe
                for line in server.stderr or ():
                    said.append(line)
                    if "serving on" in line:
                        serving.set()

        listener = threading.Thread(target=listen)
        listener.start()
        self._servers.append((server, listener))
        assert serving.wait(PATIENCE), f"{place}: it serves nothing\n{''.join(said)}"

    def _stop(self) -> None:
        for server, _ in self._servers:
            server.send_signal(signal.SIGTERM)
        for _, listener in self._servers:
            listener.join(PATIENCE)
