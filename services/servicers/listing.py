"""Describes fact types and rules as the program declares them."""

from typing import Final

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1.values_pb2 import SignatureMeaning
from ledger.domain.facts import anatomy
from ledger.domain.facts.about import Fact, Kind, Second
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.shape import Value
from ledger.domain.rules.catalogue import RULES
from services.servicers.contract import METHODS

_KINDS: Final = {
    Kind.DECISION: wire.FACT_KIND_DECISION,
    Kind.HAPPENING: wire.FACT_KIND_HAPPENING,
    Kind.SAFETY_ACT: wire.FACT_KIND_SAFETY_ACT,
    Kind.REGISTER: wire.FACT_KIND_REGISTER,
    Kind.RECORD: wire.FACT_KIND_RECORD,
}
_SECONDS: Final = {
    Second.PERSON_OR_CHECK: wire.SECOND_CHECK_PERSON_OR_CHECK,
    Second.TWO_PEOPLE: wire.SECOND_CHECK_TWO_PEOPLE,
}


def tag_kinds(struct: type[Value]) -> set[str]:
    """Returns the kinds of tags that the fields of a Struct make."""
    found: set[str] = set()
    for part in anatomy.parts(struct):
        if part.names is not None:
            found |= {part.names.kind} if part.names.tagged else set()
        elif issubclass(part.type, Value):
            found |= tag_kinds(part.type)
    return found


def _signatures(struct: type[Fact]) -> list[wire.SignatureChoice]:
    """Of each, one signature is asked for."""
    return [
        wire.SignatureChoice(any_of=[SignatureMeaning.Value(meaning.value) for meaning in choice])
        for choice in struct.about.signatures
    ]


def fact_types() -> list[wire.FactType]:
    """Describes every type that is built, in the order of their numbers."""
    paths = {method.fact_type: method.path for method in METHODS if method.records}
    return [
        wire.FactType(
            no=struct.about.no,
            name=name,
            rpc=paths.get(name, ""),
            kind=_KINDS[struct.about.kind],
            second=_SECONDS[struct.about.second] if struct.about.second else None,
            signatures=[meaning for choice in _signatures(struct) for meaning in choice.any_of],
            signature_choices=_signatures(struct),
            rules=sorted(rule.id for rule in RULES.values() if rule.live and name in rule.types),
            tags=sorted(tag_kinds(struct)),
            never_refused=struct.about.never_barred or struct.about.kind is Kind.SAFETY_ACT,
        )
        for name, struct in TYPES.items()
    ]


def rules() -> list[wire.Rule]:
    """Describes every rule, in the order of their ids."""
    return [
        wire.Rule(
            id=rule.id,
            live=rule.live,
            text=rule.text,
            source=rule.source,
            owner=rule.owner,
            override=rule.override,
            types=rule.types,
            revision=rule.revision,
        )
        for rule in sorted(RULES.values(), key=lambda rule: rule.id)
    ]
