"""Makes random requests from the descriptors: mostly lawful, with as much nonsense as a test asks for."""

import random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from ledger.domain.facts import anatomy, shape
from tests.domain.facts.test_pair import STRUCTS
from tests.support import wire
from tests.support.wire import AnyMessage

LAWFUL: dict[Any, tuple[str, ...]] = {
    shape.Decimal: ("0", "-0.50", "2.60", "11850", "0.0000001", "999999999999.5"),
    shape.Date: ("2026-04-09", "1999-12-31"),
    shape.Expiry: ("2026-04", "2027-12-31"),
    shape.Text: ("x", "Äpfel – “quoted” \n second line", "\U0001d518nicode", "a" * 300, "</script>", "\\ \" '"),
    shape.Offset: ("+00:00", "+01:00", "-11:30"),
    shape.SystemName: ("epr.rxk", "Ω 2"),
    shape.Code: ("x", "a b/c:d%", "Ω", "A9999S1128A999926123456A00000", "z" * 40, "\u2028"),
}
NONSENSE = ("", "\n", "\x00", "x" * 5000, "943 476 5919", "1_0", "NaN", "2026-4-1", " ", "nhs-number")
SHORT_LISTS = 3


class Maker:
    """Makes messages.

    Attributes:
        wild: Chance that a value is nonsense, or that a field is there or not against its need.
    """

    def __init__(self, seed: int, wild: float) -> None:
        self.chance = random.Random(seed)
        self.wild = wild

    def odd(self) -> bool:
        return self.chance.random() < self.wild

    def fill(self, message: AnyMessage) -> AnyMessage:
        """Fills a message of the contract."""
        descriptor: Descriptor = message.DESCRIPTOR
        chosen = {self.chance.choice(group.fields).name for group in wire.oneofs(descriptor)}
        grouped = {field.name for group in wire.oneofs(descriptor) for field in group.fields}
        for field in descriptor.fields:
            wanted = field.name in chosen if field.name in grouped else wire.is_required(field) or self.rarely()
            if wanted != self.odd() and field.name not in {"request_id", "validate_only"}:
                self._set(message, field)
        return message

    def rarely(self) -> bool:
        return self.chance.random() < 0.3

    def _set(self, message: AnyMessage, field: FieldDescriptor) -> None:
        if not wire.is_repeated(field):
            self._one(message, field)
            return
        for _ in range(self.chance.randint(1, SHORT_LISTS)):
            if field.message_type is not None:
                self.fill_one(getattr(message, field.name).add())
                self._pseudonym(message, field, getattr(message, field.name)[-1])
            else:
                getattr(message, field.name).append(self._scalar(message, field))

    def _one(self, message: AnyMessage, field: FieldDescriptor) -> None:
        if field.message_type is not None:
            part = getattr(message, field.name)
            part.SetInParent()
            self.fill_one(part)
            self._pseudonym(message, field, part)
        else:
            setattr(message, field.name, self._scalar(message, field))

    def _pseudonym(self, message: AnyMessage, field: FieldDescriptor, part: AnyMessage) -> None:
        """Patients and donors are named by pseudonyms, mostly."""
        parts = {one.name: one for one in anatomy.parts(STRUCTS[message.DESCRIPTOR.name])} if _known(message) else {}
        names = parts[field.name].names if field.name in parts else None
        if names is not None and names.kind in {"patient", "donor"} and not self.odd():
            part.scheme = "pseudonym"

    def fill_one(self, part: AnyMessage) -> None:
        if part.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            part.seconds = self.chance.choice((0, 1_775_000_000, -1, 253_402_300_799))
            part.nanos = self.chance.choice((0, 1_000, 999_999_000))
            if self.odd():
                part.seconds, part.nanos = self.chance.choice(((2**62, 0), (0, 999), (0, -1), (-(2**62), 1)))
        else:
            self.fill(part)

    def _scalar(self, message: AnyMessage, field: FieldDescriptor) -> float | str | bytes:
        if field.enum_type is not None:
            return self.chance.choice((0, 99)) if self.odd() else self.chance.choice(field.enum_type.values[1:]).number
        if field.type == FieldDescriptor.TYPE_BOOL:
            return self.chance.random() < 0.5
        if field.type == FieldDescriptor.TYPE_BYTES:
            return self.chance.randbytes(31 if self.odd() else 32)
        if field.type == FieldDescriptor.TYPE_STRING:
            return self.chance.choice(NONSENSE) if self.odd() else self.chance.choice(self._lawful(message, field))
        if self.odd():
            return self.chance.choice((0, 2**32 - 1 if field.type == FieldDescriptor.TYPE_UINT32 else 2**64 - 1))
        return self.chance.randint(1, 2**31)

    def _lawful(self, message: AnyMessage, field: FieldDescriptor) -> tuple[str, ...]:
        struct = STRUCTS.get(message.DESCRIPTOR.name)
        if struct is None:
            return LAWFUL[shape.Code]
        hint = str(anatomy.hints(struct)[field.name])
        return next(words for alias, words in LAWFUL.items() if str(alias).removeprefix("typing.") in hint)


def _known(message: AnyMessage) -> bool:
    return message.DESCRIPTOR.name in STRUCTS
