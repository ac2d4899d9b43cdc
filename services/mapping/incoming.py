"""From a request on the wire to a draft for the ledger, or to every violation with its path.

All Record… requests have one shape (`request_id`, `envelope`, `fact`, `exceptions`, `validate_only`), so this one road
serves them all. Facts are born here and nowhere else in the programs.
"""

from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from google.api.field_behavior_pb2 import REQUIRED, field_behavior
from google.protobuf.message import Message

from coi.ledger.v1.inspection_pb2 import AsOf as AsOfMessage
from coi.ledger.v1.records_pb2 import AnyFact as AnyFactMessage
from ledger.api import AsOf
from ledger.domain.facts import content as contents
from ledger.domain.facts.about import Fact
from ledger.domain.facts.birth import Malformed, Violation, born
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.shape import Value
from ledger.domain.facts.values import Identifier
from ledger.domain.identifiers import nhs_number, tag
from ledger.domain.receipt import Draft
from services.mapping import canonical, reading
from services.mapping.wording import said

LARGEST_CONTENT: Final = 96 * 1024
"""Most bytes of canonical content. A record is content and verdict, and the verdict of a record about a fact holds the
content as it now counts: so every record stays below 256 KiB."""

MOST_EXCEPTIONS: Final = 64
"""Most exceptions with one fact."""

_NIL: Final = UUID(int=0)
_UNTIL_ACCESS_CONTROL: Final = "is required until access control lands"

V = TypeVar("V", bound=Value)


def draft(request: Message) -> Draft:
    """Turns any request that records one fact into a draft.

    Raises:
        Malformed: With every violation and its path.
    """
    wrong: list[Violation] = []
    if reading.has_unknown_fields(request):
        wrong += reading.unknown_fields(request)
    sent: Any = request
    key = _key(sent, wrong)
    content = _canonical(sent, key, wrong) if _has_content(sent) else _parts(sent, key or _NIL, wrong)
    return _drafted(content, wrong, validate_only=sent.validate_only)


def item(sent: Message, key: UUID, *, validate_only: bool) -> Draft:
    """Turns one item of a batch into a draft.

    Args:
        sent: Its envelope, fact and exceptions.
        key: Its own id.
        validate_only: Only asked.

    Raises:
        Malformed: With every violation and its path within the item.
    """
    wrong: list[Violation] = []
    return _drafted(_parts(sent, key, wrong), wrong, validate_only=validate_only)


def _drafted(content: Content | None, wrong: list[Violation], *, validate_only: bool) -> Draft:
    if content is None:
        raise Malformed(wrong)
    octets = contents.encode(content)
    wrong += _whole(content, octets, signed=not wrong)
    if wrong:
        raise Malformed(wrong)
    return Draft(content=content, octets=octets, recorder=_recorder(content.envelope), validate_only=validate_only)


def _parts(sent: Any, key: UUID, wrong: list[Violation]) -> Content | None:  # noqa: ANN401 - any uniform request
    """Reads envelope, fact and exceptions."""
    envelope = _envelope(sent, wrong)
    fact = _fact(sent, wrong)
    exceptions = _exceptions(sent, wrong)
    if envelope is None or fact is None:
        return None
    return Content(id=key, type=type(fact).__name__, envelope=envelope, fact=fact, exceptions=exceptions)


def _has_content(sent: Any) -> bool:  # noqa: ANN401 - any uniform request
    return "content" in sent.DESCRIPTOR.fields_by_name and sent.HasField("content")


def _canonical(sent: Any, key: UUID | None, wrong: list[Violation]) -> Content | None:  # noqa: ANN401 - as _parts
    """Reads the canonical content that came instead of the parts."""
    told = [name for name in ("envelope", "fact") if sent.HasField(name)] + ["exceptions"] * bool(sent.exceptions)
    wrong += [Violation(name, "is said by content already: give one of them") for name in told]
    if len(sent.content) > LARGEST_CONTENT:
        wrong.append(Violation("content", f"has {len(sent.content)} bytes; at most {LARGEST_CONTENT}: split the fact"))
        return None
    if key is None:
        return None
    try:
        content = canonical.read(sent.content, key)
    except Malformed as error:
        wrong += error.violations
        return None
    if content.envelope.organisation is None:
        wrong.append(Violation("content.envelope.organisation", _UNTIL_ACCESS_CONTROL))
        return None
    if len(content.exceptions) > MOST_EXCEPTIONS:
        wrong.append(Violation("content.exceptions", f"at most {MOST_EXCEPTIONS}; given: {len(content.exceptions)}"))
    return content


def issue(request: Any, struct: type[Fact]) -> Draft:  # noqa: ANN401 - any request of this shape
    """Turns a request for what the ledger itself issues into a draft of that: a block of identifiers, a pack.

    Args:
        request: Its request_id, envelope and fact.
        struct: Type of the fact.

    Raises:
        Malformed: With every violation and its path.
    """
    wrong = list(reading.unknown_fields(request)) if reading.has_unknown_fields(request) else []
    key, envelope = _key(request, wrong), _envelope(request, wrong)
    fact = _part(struct, request, "fact", wrong)
    if key is None or envelope is None or fact is None or wrong:
        raise Malformed(wrong)
    content = Content(id=key, type=struct.__name__, envelope=envelope, fact=fact)
    octets = contents.encode(content)
    if wrong := _whole(content, octets, signed=True):
        raise Malformed(wrong)
    return Draft(content=content, octets=octets, recorder=_recorder(envelope))


def check(question: Message) -> None:
    """Checks a request that records nothing: every field known, every required one there.

    Raises:
        Malformed: With every violation and its path.
    """
    wrong = list(reading.unknown_fields(question)) if reading.has_unknown_fields(question) else []
    wrong += [
        Violation(field.name, "is required")
        for field in question.DESCRIPTOR.fields
        if REQUIRED in field.GetOptions().Extensions[field_behavior] and not question.HasField(field.name)
    ]
    if wrong:
        raise Malformed(wrong)


def key(text: str, path: str = "request_id") -> UUID:
    """Reads a request's key.

    Raises:
        Malformed: It is no UUID in the one spelling.
    """
    try:
        found = UUID(text)
    except ValueError:
        found = _NIL
    if found == _NIL or str(found) != text:
        raise Malformed([Violation(path, "must be a UUID as 36 lower-case characters, new for each thing recorded")])
    return found


def organisation(message: Message, path: str) -> Recorder:
    """Reads the organisation that a question is asked for.

    Raises:
        Malformed: It is no identifier.
    """
    return Recorder(organisation=_named(_born(Identifier, message, path)))


def as_of(message: AsOfMessage) -> AsOf:
    """Reads the two axes of a question.

    Raises:
        Malformed: A time that no fact can have.
    """
    data = reading.data(message)
    wrong = list(reading.unplain(data, "as_of"))
    if wrong:
        raise Malformed(wrong)
    axes: dict[str, datetime | None] = {name: data.get(name) for name in ("occurred", "recorded")}
    return AsOf(**axes, position=data.get("position"), at_least=data.get("at_least_position"))


def label(text: str, path: str) -> str:
    """Reads the tag of a thing.

    Raises:
        Malformed: It is no tag.
    """
    try:
        return tag.tag(*tag.parts(text))
    except ValueError as error:
        raise Malformed([Violation(path, told(str(error)))]) from None


def told(words: str) -> str:
    """What is said of a question's text; without the text where a patient's number is in it."""
    return "holds the number of a person, which the ledger knows nothing of" if nhs_number.is_in(words) else words


def _key(sent: Any, wrong: list[Violation]) -> UUID | None:  # noqa: ANN401 - any uniform request
    if not sent.HasField("request_id"):
        wrong.append(Violation("request_id", "is required"))
        return None
    try:
        return key(sent.request_id)
    except Malformed as error:
        wrong += error.violations
        return None


def _envelope(sent: Any, wrong: list[Violation]) -> Envelope | None:  # noqa: ANN401 - any uniform request
    envelope = _part(Envelope, sent, "envelope", wrong)
    if envelope is not None and envelope.organisation is None:
        wrong.append(Violation("envelope.organisation", _UNTIL_ACCESS_CONTROL))
        return None
    return envelope


def _fact(sent: Any, wrong: list[Violation]) -> Fact | None:  # noqa: ANN401 - any uniform request
    if not sent.HasField("fact"):
        wrong.append(Violation("fact", "is required"))
        return None
    message, path = sent.fact, "fact"
    if isinstance(message, AnyFactMessage):
        which = message.WhichOneof("fact")
        if which is None:
            wrong.append(Violation("fact", "must hold one fact of a type that this server knows"))
            return None
        message, path = getattr(message, which), f"fact.{which}"
    struct = TYPES[message.DESCRIPTOR.name]
    if struct.about.server_made:
        wrong.append(Violation(path, f"{struct.__name__} is made by the ledger and cannot be sent"))
        return None
    return _try(struct, message, path, wrong)


def _exceptions(sent: Any, wrong: list[Violation]) -> tuple[FactException, ...]:  # noqa: ANN401 - any uniform request
    if len(sent.exceptions) > MOST_EXCEPTIONS:
        wrong.append(Violation("exceptions", f"at most {MOST_EXCEPTIONS}; given: {len(sent.exceptions)}"))
        return ()
    read = [_try(FactException, one, f"exceptions[{i}]", wrong) for i, one in enumerate(sent.exceptions)]
    return tuple(one for one in read if one is not None)


def _part(struct: type[V], sent: Any, name: str, wrong: list[Violation]) -> V | None:  # noqa: ANN401 - any request
    if not sent.HasField(name):
        wrong.append(Violation(name, "is required"))
        return None
    return _try(struct, getattr(sent, name), name, wrong)


def _try(struct: type[V], message: Message, path: str, wrong: list[Violation]) -> V | None:
    try:
        return _born(struct, message, path)
    except Malformed as error:
        wrong += error.violations
        return None


def _born(struct: type[V], message: Message, path: str) -> V:
    data = reading.data(message)
    try:
        return born(struct, data, path)
    except Malformed as error:
        unplain = list(reading.unplain(data, path))
        told = {one.path for one in unplain} | {one.path.rpartition("[")[0] for one in unplain}
        plain = [Violation(one.path, said(one.description)) for one in error.violations if one.path not in told]
        raise Malformed(plain + unplain) from None


def _recorder(envelope: Envelope) -> Recorder:
    assert envelope.organisation is not None, "checked with the envelope"  # noqa: S101 - for the type checker
    return Recorder(organisation=_named(envelope.organisation), system=envelope.system)


def _named(identifier: Identifier) -> Identifier:
    """The same name, however it was entered."""
    return Identifier(scheme=identifier.scheme, value=identifier.value)


def _whole(content: Content, octets: bytes, *, signed: bool) -> list[Violation]:
    """Checks that need the whole content: its size, and, when nothing else is wrong, what its signatures cover."""
    if len(octets) > LARGEST_CONTENT:
        return [Violation("request", f"its content has {len(octets)} bytes; at most {LARGEST_CONTENT}: split the fact")]
    places = {f"envelope.signatures[{i}]": one for i, one in enumerate(content.envelope.signatures)}
    places |= {f"exceptions[{i}].signature": one.signature for i, one in enumerate(content.exceptions) if one.signature}
    if not (places and signed):
        return []
    covered = contents.digest(contents.signed_octets(content))
    return [
        Violation(
            f"{place}.content_hash",
            "is not the hash of this content: ask with validate_only, read Receipt.content, sign Receipt.content_hash",
        )
        for place, signature in places.items()
        if signature.content_hash != covered
    ]
