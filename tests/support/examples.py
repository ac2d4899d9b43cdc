"""One request of every fact type as ProtoJSON, for `protos/examples`: `python -m tests.support.examples FOLDER`.

Each is the full golden content of its type, every field filled and one of each group, as the stock printer writes it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import json_format

from tests.house.tree import ROOT
from tests.support import samples

FOLDER = ROOT / "protos" / "examples"


def examples() -> Iterator[tuple[str, str]]:
    """Name and text of each file; the name is that of the rpc."""
    for fact_type in samples.SENT:
        request = samples.request(fact_type)
        text = json_format.MessageToJson(request, preserving_proto_field_name=True, ensure_ascii=False)
        yield f"Record{fact_type}.json", f"{text}\n"


def write(folder: Path) -> None:
    """Replaces what the folder holds of examples."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, text in examples():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
