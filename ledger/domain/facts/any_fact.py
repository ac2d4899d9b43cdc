"""Any original fact, as a part of another: the oneof `AnyFact` of the wire, without the records about facts."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from ledger.domain.facts.about import Fact
from ledger.domain.facts.originals import ORIGINALS, field_name
from ledger.domain.facts.shape import OneOf, Value


class _OneFact(Value, frozen=True, kw_only=True):
    """Exactly one original fact."""

    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("fact", tuple(map(field_name, ORIGINALS)), required=True),)

    def only(self) -> Fact:
        """Returns the one fact that is set."""
        facts: tuple[Fact | None, ...] = tuple(getattr(self, name) for name in self.__struct_fields__)
        return next(fact for fact in facts if fact is not None)


if TYPE_CHECKING:

    class AnyFact(_OneFact, frozen=True, kw_only=True):
        """One optional field per original type, named as `field_name` says."""

else:
    AnyFact = msgspec.defstruct(
        "AnyFact",
        [(field_name(name), struct | None, None) for name, struct in ORIGINALS.items()],
        bases=(_OneFact,),
        module=__name__,
        frozen=True,
        kw_only=True,
    )
