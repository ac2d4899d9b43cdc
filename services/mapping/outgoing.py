"""From Structs of the domain to messages on the wire. Field names are the same on both sides; a test keeps them so."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from google.protobuf.message import Message
from msgspec import Raw, Struct

from coi.ledger.v1.inspection_pb2 import AsOf as AsOfMessage
from coi.ledger.v1.inspection_pb2 import (
    LookUpResponse,
    RecallScopeResponse,
    RejudgeResponse,
    ScopeClaim,
    ScopePatient,
    ScopePlace,
    ScopeSummary,
    ScopeThing,
    SearchFactsResponse,
)
from coi.ledger.v1.inspection_pb2 import StoredFact as StoredFactMessage
from coi.ledger.v1.receipt_pb2 import Receipt as ReceiptMessage
from ledger.api import AsOf, LookedUp, Page, Scope, Step, StoredFact, rejudging
from ledger.domain.facts import record as records
from ledger.domain.facts.catalogue import field_name
from ledger.domain.facts.content import Content, UnknownFact
from ledger.domain.facts.record import Record, Verdict
from ledger.domain.receipt import Receipt

M = TypeVar("M", bound=Message)

_KEPT: Final = (bytes, datetime)


class _RawEffect(Struct):
    content: Raw = Raw(b"")


class _RawVerdict(Struct):
    effect: _RawEffect | None = None


class _RawRecord(Struct):
    verdict: _RawVerdict


_RAW: Final = msgspec.json.Decoder(_RawRecord)


def plain(struct: Struct) -> dict[str, Any]:
    """Turns a Struct into what a message of the same name is made from; absent fields are absent."""
    data: dict[str, Any] = msgspec.to_builtins(struct, builtin_types=_KEPT)
    return data


def message(into: type[M], struct: Struct) -> M:
    """Turns a Struct into its message."""
    return into(**plain(struct))


def receipt(answer: Receipt) -> ReceiptMessage:
    """Turns a receipt into its message."""
    return message(ReceiptMessage, answer)


def as_of(axes: AsOf) -> AsOfMessage:
    """Turns the axes of a question, as they were used, into their message."""
    data = plain(axes)
    return AsOfMessage(at_least_position=data.pop("at_least"), **data)


def stored_fact(stored: StoredFact, *, with_record: bool = True, step: Step | None = None) -> StoredFactMessage:
    """Turns a stored fact into its message.

    Args:
        stored: The fact.
        with_record: Send the stored bytes too.
        step: In a replay: where the fact stands.
    """
    data: dict[str, Any] = {"position": stored.position, "type": stored.type, "leaf_hash": stored.leaf_hash}
    if stored.record is not None:
        data |= _read(stored.record, stored.octets)
    if stored.late_effects:
        data["late_effects"] = [plain(one) for one in stored.late_effects]
    if with_record:
        data |= {"record": stored.octets, "salt": stored.salt}
        data |= {"content": records.content_octets(stored.octets)} if stored.record is not None else {}
    if step is not None:
        data |= {"effective": step.effective, "standing": step.standing}
        data |= {"corrected_by": step.corrected_by, "cured": step.cured}
        data |= {"containers": [plain(one) for one in step.containers]}
    return StoredFactMessage(**data)


def scope(found: Scope) -> Iterator[RecallScopeResponse]:
    """Turns the scope of a recall into its messages, the summary last."""
    for thing in found.things:
        yield RecallScopeResponse(thing=message(ScopeThing, thing))
    for patient in found.patients:
        told = ScopePatient(**plain(patient), reachable=patient.reachable)
        yield RecallScopeResponse(patient=told)
    for place in found.places:
        yield RecallScopeResponse(place=message(ScopePlace, place))
    summary = ScopeSummary(
        subject=found.subject,
        starts=found.starts,
        claims=[message(ScopeClaim, claim) for claim in found.claims],
        closed=found.closed,
        things=len(found.things),
        patients=len(found.patients),
        places=len(found.places),
        unreachable=len(found.unreachable),
        through_position=found.through,
        scope_hash=found.scope_hash,
        as_of=as_of(found.as_of),
        complete=found.complete,
    )
    summary.at.FromDatetime(found.at)
    yield RecallScopeResponse(summary=summary)


def looked_up(found: LookedUp) -> LookUpResponse:
    """Turns the answer to a look-up into its message."""
    data = plain(found)
    return LookUpResponse(through_position=data.pop("through"), **{**data, "as_of": as_of(found.as_of)})


def judgement(found: rejudging.Judgement) -> RejudgeResponse:
    """Turns what judging again came to into its message."""
    data = plain(found)
    first = data.pop("first")
    for name in ("after", "through", "end"):
        data[f"{name}_position"] = data.pop(name)
    if found.first is not None:
        told = {name: first[name] for name in ("position", "type", "apart")}
        data["first"] = told | {name: _found(getattr(found.first, name)) for name in ("stored", "now")}
    return RejudgeResponse(**data)


def _found(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome.value,
        "rulebook": verdict.rulebook,
        "findings": [plain(one) for one in verdict.findings],
        "cures": [plain(one) for one in verdict.cures],
    }


def page(found: Page, *, with_record: bool) -> SearchFactsResponse:
    """Turns a page of a search into its message."""
    return SearchFactsResponse(
        facts=[stored_fact(fact, with_record=with_record) for fact in found.facts],
        next_page_token=found.next_token,
        through_position=found.through,
        as_of=as_of(found.as_of),
    )


def _read(record: Record, octets: bytes) -> dict[str, Any]:
    return {
        "recorded_at": record.stamp.recorded_at,
        "recorder": plain(record.stamp.recorder),
        **_content(record.content),
        **_verdict(record.verdict, octets),
    }


def _content(content: Content) -> dict[str, Any]:
    data = {
        "request_id": str(content.id),
        "envelope": plain(content.envelope),
        "exceptions": [plain(one) for one in content.exceptions],
    }
    if not isinstance(content.fact, UnknownFact):
        data["fact"] = {field_name(content.type): plain(content.fact)}
    return data


def _verdict(verdict: Verdict, octets: bytes) -> dict[str, Any]:
    data: dict[str, Any] = {
        "outcome": verdict.outcome.value,
        "rulebook": verdict.rulebook,
        "findings": [plain(one) for one in verdict.findings],
        "cures": [plain(one) for one in verdict.cures],
        "resolved": [plain(one) for one in verdict.resolved],
        "tags": verdict.tags,
        "inherited": verdict.inherited,
        "judged": verdict.judged,
    }
    if verdict.clearance is not None:
        data["clearance"] = plain(verdict.clearance)
    if verdict.effect is not None:
        raw = _RAW.decode(octets).verdict.effect
        data["effect"] = {
            "target": verdict.effect.target,
            "effective": verdict.effect.effective,
            "content": bytes(raw.content) if raw is not None else b"",
            "tags": verdict.effect.tags,
        }
    return data
