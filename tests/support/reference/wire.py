"""The wire contract, in the words of its own comments."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

from services.cli.markdown import item, items, page, paragraph, plain
from tests.house.tree import ROOT

_MESSAGES, _ENUMS, _SERVICES, _PART, _FILE = 4, 5, 6, 2, 12
"""Field numbers of descriptor.proto, of which paths to comments are made."""
_UNIFORM: Final = ("request_id", "envelope", "fact", "exceptions", "validate_only")
_REQUEST: Final = "[uniform request](README.md#the-uniform-request)"
_PREFIX: Final = ".coi.ledger.v1."
_SCALARS: Final = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}


@dataclass(frozen=True)
class Source:
    """One proto file and its comments by path."""

    file: FileDescriptorProto
    comments: dict[tuple[int, ...], str]

    @property
    def stem(self) -> str:
        """Its name without folder and ending, which is that of its page."""
        return Path(self.file.name).stem

    def said(self, *path: int) -> str:
        """The comment of a thing, or nothing."""
        return plain(self.comments.get(path, ""))


@dataclass(frozen=True)
class Contract:
    """All files, and on which page each message and enum stands."""

    sources: tuple[Source, ...]
    places: dict[str, str] = field(default_factory=dict)

    def link(self, type_name: str, folder: str = "") -> str:
        """A link to a type of the contract; the bare name for one of Google's."""
        if not type_name.startswith(_PREFIX):
            return f"`{type_name.removeprefix('.')}`"
        name = type_name.removeprefix(_PREFIX)
        return f"[{name}]({folder}{self.places[name]}.md#{name.lower()})"

    def message(self, name: str) -> tuple[Source, int]:
        """The file of a message and its place there."""
        source = next(one for one in self.sources if one.stem == self.places[name])
        return source, next(place for place, one in enumerate(source.file.message_type) if one.name == name)


def contract() -> Contract:
    """Compiles the proto files with their comments."""
    protos, google = ROOT / "protos", ROOT / "third_party" / "googleapis"
    files = sorted(str(path.relative_to(protos)) for path in (protos / "coi").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder) / "contract.binpb"
        command = [
            *(sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}", f"-I{google}"),
            *("--include_source_info", f"--descriptor_set_out={compiled}", *files),
        ]
        subprocess.run(command, cwd=protos, check=True)
        found = FileDescriptorSet.FromString(compiled.read_bytes())
    sources = tuple(
        Source(
            one,
            {
                tuple(place.path): place.leading_comments or place.trailing_comments
                for place in one.source_code_info.location
            },
        )
        for one in sorted(found.file, key=lambda one: one.name)
    )
    places = {
        name: source.stem
        for source in sources
        for name in (*(one.name for one in source.file.message_type), *(one.name for one in source.file.enum_type))
    }
    return Contract(sources, places)


def _uniform(message: DescriptorProto) -> bool:
    return tuple(part.name for part in message.field) == _UNIFORM


def _required(part: FieldDescriptorProto) -> bool:
    behaviours = part.options.Extensions[field_behavior_pb2.field_behavior]
    return field_behavior_pb2.REQUIRED in behaviours


def fields(known: Contract, source: Source, place: int, folder: str = "") -> str:
    """The fields of a message: number, name, type, need, comment."""
    message = source.file.message_type[place]
    lines = []
    for number, part in enumerate(message.field):
        kind = known.link(part.type_name, folder) if part.type_name else f"`{_SCALARS[part.type]}`"
        words = [f"{part.number} **`{part.name}`**", "repeated" if part.label == part.LABEL_REPEATED else "", kind]
        need = ", required" if _required(part) else ""
        if part.HasField("oneof_index") and not part.proto3_optional:
            need += f", one of `{message.oneof_decl[part.oneof_index].name}`"
        comment = source.said(_MESSAGES, place, _PART, number)
        lines.append(f"{' '.join(word for word in words if word)}{need}. {comment}".rstrip())
    return items(lines)


def _message(known: Contract, source: Source, place: int) -> Iterator[str]:
    message = source.file.message_type[place]
    yield f"### {message.name}"
    yield paragraph(source.said(_MESSAGES, place))
    yield fields(known, source, place)
    for number, group in enumerate(message.oneof_decl):
        if not group.name.startswith("_"):
            yield paragraph(f"`{group.name}`: {source.said(_MESSAGES, place, 8, number)}")


def _enum(source: Source, place: int, enum: EnumDescriptorProto) -> Iterator[str]:
    yield f"### {enum.name}"
    yield paragraph(source.said(_ENUMS, place))
    yield items(
        f"{value.number} `{value.name}`. {source.said(_ENUMS, place, _PART, number)}".rstrip()
        for number, value in enumerate(enum.value)
    )


def _service(known: Contract, source: Source, place: int, service: ServiceDescriptorProto) -> Iterator[str]:
    yield f"### {service.name}"
    yield paragraph(source.said(_SERVICES, place))
    lines = []
    for number, method in enumerate(service.method):
        name = method.input_type.removeprefix(_PREFIX)
        home, at = known.message(name)
        message = home.file.message_type[at]
        if _uniform(message):
            takes = f"takes {known.link(message.field[2].type_name)} in the {_REQUEST}"
        else:
            takes = f"takes {'a stream of ' if method.client_streaming else ''}{known.link(method.input_type)}"
        gives = f"answers {'a stream of ' if method.server_streaming else ''}{known.link(method.output_type)}"
        comment = source.said(_SERVICES, place, _PART, number)
        lines.append(f"**`{method.name}`** {takes}, {gives}. {comment}".rstrip())
    yield items(lines)


def _of_file(known: Contract, source: Source) -> str:
    messages = [place for place, one in enumerate(source.file.message_type) if not _uniform(one)]
    blocks = [paragraph(source.said(_PART) or source.said(_FILE))]
    if source.file.service:
        blocks.append("## Services")
    for place, service in enumerate(source.file.service):
        blocks += _service(known, source, place, service)
    if messages:
        blocks.append("## Messages")
    for place in messages:
        blocks += _message(known, source, place)
    if source.file.enum_type:
        blocks.append("## Enums")
    for place, enum in enumerate(source.file.enum_type):
        blocks += _enum(source, place, enum)
    return page(f"{source.stem}.proto", *blocks)


def _index(known: Contract) -> str:
    source, place = next(
        (source, place)
        for source in known.sources
        for place, message in enumerate(source.file.message_type)
        if _uniform(message)
    )
    pages = [item(f"[{one.stem}.proto]({one.stem}.md): {one.said(_PART) or one.said(_FILE)}") for one in known.sources]
    services = [
        f"[{service.name}]({one.stem}.md#{service.name.lower()}): {len(service.method)} rpcs"
        for one in known.sources
        for service in one.file.service
    ]
    return page(
        "The wire contract",
        paragraph("Package `coi.ledger.v1`. A field that is not said to be required may be left out."),
        "\n".join(pages),
        "## Services",
        items(services),
        "## The uniform request",
        paragraph(
            "Every rpc that records one type of fact takes a message of its own with these fields, alike but for the "
            "type of `fact`; it stands here once."
        ),
        fields(known, source, place).replace(
            known.link(source.file.message_type[place].field[2].type_name), "the type that the rpc records"
        ),
    )


def pages(known: Contract) -> dict[str, str]:
    """The index and a page for each file."""
    return {
        "wire/README.md": _index(known),
        **{f"wire/{source.stem}.md": _of_file(known, source) for source in known.sources},
    }
