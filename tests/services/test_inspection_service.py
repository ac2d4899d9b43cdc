"""Asking over a real port: facts, stories, lineage, the ledger itself, types and rules."""

from datetime import UTC, datetime

import grpc
import msgspec
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1 import receipt_pb2
from coi.ledger.v1.values_pb2 import SignatureMeaning
from ledger.api import AsOf, Card, Question, Span
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.finding import Outcome
from ledger.domain.rules.catalogue import RULES
from services.mapping import outgoing, reading
from tests.services.calls import Caller, ended
from tests.services.fakes import CONTAINER, EPOCH, FakeLedger, card_of
from tests.support import samples
from tests.support.wire import AnyMessage

COI = "coi:isbt128-coi:CHA999926000017"


def refused_with(caller: Caller, rpc: str, request: AnyMessage) -> tuple[grpc.StatusCode, set[str]]:
    """The code of a call that fails, and the paths of its violations."""
    with pytest.raises(grpc.RpcError) as caught:
        caller(rpc, request)
    code, parts = ended(caught.value)
    return code, {one.field for one in parts["BadRequest"].field_violations} if "BadRequest" in parts else set()


def test_a_fact_is_read_as_it_is_stored(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(samples.request("ApheresisPerformed"))
    told = caller("GetFact", wire.GetFactRequest(position=1)).fact
    assert told.record == ledger.stored[0].octets
    assert told.fact.apheresis_performed == samples.request("ApheresisPerformed").fact


def test_a_fact_that_is_not_there_is_not_found(caller: Caller) -> None:
    assert refused_with(caller, "GetFact", wire.GetFactRequest(position=9))[0] is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("rpc", "request_", "path"),
    [
        ("GetFact", wire.GetFactRequest(), "position"),
        ("Replay", wire.ReplayRequest(), "subject"),
        ("Replay", wire.ReplayRequest(subject="A9999"), "subject"),
        ("Trace", wire.TraceRequest(), "start"),
        ("Trace", wire.TraceRequest(start="x:y:z"), "start"),
        ("Trace", wire.TraceRequest(start=COI, direction=wire.TRACE_DIRECTION_UNSPECIFIED), "direction"),
        ("Trace", wire.TraceRequest.FromString(b"\x0a\x07coi:a:b\x10\x63"), "direction"),
    ],
    ids=range(7),
)
def test_a_malformed_question_is_told_what_is_wrong(caller: Caller, rpc: str, request_: AnyMessage, path: str) -> None:
    assert refused_with(caller, rpc, request_) == (grpc.StatusCode.INVALID_ARGUMENT, {path})


def test_a_replay_ends_with_a_summary(caller: Caller) -> None:
    for name in ("DonorIdentified", "ApheresisPerformed"):
        caller.record(samples.request(name))
    *steps, end = caller("Replay", wire.ReplayRequest(subject=COI))
    assert [step.fact.type for step in steps] == ["DonorIdentified", "ApheresisPerformed"]
    assert [step.fact.record for step in steps] == [b"", b""]
    assert (end.summary.facts, end.summary.through_position, end.summary.vein_to_vein_seconds) == (2, 2, 60)
    assert steps[0].fact.standing == "recorded"


def test_a_replay_says_how_each_container_stands_after_each_fact(caller: Caller) -> None:
    caller.record(samples.request("DonorIdentified"))
    step, _ = caller("Replay", wire.ReplayRequest(subject=COI))
    assert [*step.fact.containers] == [wire.ContainerAt(**msgspec.to_builtins(CONTAINER))]
    assert {field.name for field in wire.ContainerAt.DESCRIPTOR.fields} == set(CONTAINER.__struct_fields__)


def test_a_replay_brings_the_stored_bytes_if_asked(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(samples.request("DonorIdentified"))
    step, _ = caller("Replay", wire.ReplayRequest(subject=COI, with_record=True))
    assert step.fact.record == ledger.stored[0].octets


def test_the_two_axes_reach_the_ledger_and_come_back(caller: Caller) -> None:
    caller.record(samples.request("DonorIdentified"))
    axes = wire.AsOf(position=1, at_least_position=1)
    axes.occurred.FromJsonString("2026-04-09T08:00:00.000001Z")
    *_, end = caller("Replay", wire.ReplayRequest(subject=COI, as_of=axes))
    assert end.summary.as_of == axes


def test_a_subject_that_is_not_there_is_not_found(caller: Caller) -> None:
    assert refused_with(caller, "Replay", wire.ReplayRequest(subject=COI))[0] is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("direction", "word"),
    [
        (None, "both"),
        (wire.TRACE_DIRECTION_BOTH, "both"),
        (wire.TRACE_DIRECTION_FORWARD, "forward"),
        (wire.TRACE_DIRECTION_BACK, "back"),
    ],
)
def test_a_trace_gives_nodes_then_edges_then_a_summary(
    caller: Caller, direction: wire.TraceDirection.ValueType | None, word: str
) -> None:
    first, second, edge, end = caller("Trace", wire.TraceRequest(start=COI, direction=direction))
    assert (first.node.tag, [*first.node.positions], [*first.node.refused]) == (COI, [1, 2], [2])
    assert second.node.tag == f"batch:batch.RR8:{word}"
    assert (edge.edge.parent, edge.edge.child, edge.edge.kind, edge.edge.source) == (
        COI,
        second.node.tag,
        "made-from",
        1,
    )
    assert (end.summary.nodes, end.summary.edges, end.summary.complete) == (2, 1, True)


def test_the_ledger_describes_itself_and_its_limits(caller: Caller) -> None:
    told = caller("GetLedger", wire.GetLedgerRequest())
    assert (told.origin, told.size, told.software) == ("localhost/fake", 0, "0.1.0")
    assert (told.limits.request_bytes, told.limits.identifiers) == (262_144, 64)


def test_every_type_is_listed_with_what_it_needs(caller: Caller) -> None:
    told = {one.name: one for one in caller("ListFactTypes", wire.ListFactTypesRequest()).types}
    assert list(told) == list(TYPES)
    started = told["AdministrationStarted"]
    assert started.no == 135
    assert started.rpc == "/coi.ledger.v1.AdministrationService/RecordAdministrationStarted"
    assert (started.kind, started.second) == (wire.FACT_KIND_HAPPENING, wire.SECOND_CHECK_PERSON_OR_CHECK)
    assert {*started.tags} >= {"material", "patient", "coi"}
    assert {*started.rules} == {rule.id for rule in RULES.values() if rule.live and started.name in rule.types}
    assert told["BedsideIdentityChecked"].second == wire.SECOND_CHECK_TWO_PEOPLE
    assert (told["Refused"].rpc, told["Refused"].HasField("second")) == ("", False)
    assert told["ConsentWithdrawn"].never_refused
    assert told["SiteSuspendedByLicensingAuthority"].never_refused


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("BatchClosed", [["REVIEWED"], ["APPROVED"]]),
        ("ShelfLifeExtended", [["CERTIFIED", "APPROVED"]]),
        ("ConsentWithdrawn", []),
    ],
    ids=["all", "either", "none"],
)
def test_the_signatures_of_a_type_are_listed_with_those_that_stand_for_each_other(
    caller: Caller, name: str, choices: list[list[str]]
) -> None:
    (told,) = (one for one in caller("ListFactTypes", wire.ListFactTypesRequest()).types if one.name == name)
    numbers = [[SignatureMeaning.Value(f"SIGNATURE_MEANING_{meaning}") for meaning in each] for each in choices]
    assert [[*choice.any_of] for choice in told.signature_choices] == numbers
    assert [*told.signatures] == [number for each in numbers for number in each]


def test_every_rule_is_listed_with_its_words(caller: Caller) -> None:
    told = caller("ListRules", wire.ListRulesRequest()).rules
    assert [one.id for one in told] == sorted(RULES)
    for one in told:
        rule = RULES[one.id]
        assert (one.text, one.source, one.owner, one.override) == (rule.text, rule.source, rule.owner, rule.override)
        assert ([*one.types], one.live, one.revision) == ([*rule.types], rule.live, rule.revision)


def test_a_bare_value_is_looked_up_among_what_is_known(caller: Caller) -> None:
    caller.record(samples.request("ApheresisPerformed"))
    assert list(caller("LookUp", wire.LookUpRequest(text=COI.rpartition(":")[2])).tags) == [COI]
    assert list(caller("LookUp", wire.LookUpRequest(text="nobody")).tags) == []


def test_a_look_up_brings_identifiers_cards_and_the_position_whole(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(samples.request("ApheresisPerformed"))
    value = COI.rpartition(":")[2]
    axes = wire.AsOf(position=1)
    told = caller("LookUp", wire.LookUpRequest(scans=[wire.Scan(content=value)], as_of=axes))
    assert (told.through_position, told.as_of, told.at.ToDatetime(tzinfo=UTC)) == (1, axes, EPOCH)
    assert [one.what for one in told.readings] == ["typed"]
    assert [(*one.tags, one.scheme, one.value, one.what, *one.known) for one in told.identifiers] == [
        (COI, "x", "y", "typed", COI)
    ]
    found = ledger.look_up(value)
    assert outgoing.looked_up(found).cards == told.cards
    back = reading.data(told.cards[0])
    assert msgspec.convert(back, Card) == card_of(COI)


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (wire.LookUpRequest(), "text"),
        (wire.LookUpRequest(text=""), "text"),
        (wire.LookUpRequest(text="x", scans=[wire.Scan(content="y")]), "text"),
        (wire.LookUpRequest(scans=[wire.Scan(content="x")] * 33), "scans"),
        (wire.LookUpRequest(scans=[wire.Scan(content="x"), wire.Scan()]), "scans[1].content"),
    ],
    ids=range(5),
)
def test_a_malformed_look_up_is_told_what_is_wrong(caller: Caller, request_: AnyMessage, path: str) -> None:
    assert refused_with(caller, "LookUp", request_) == (grpc.StatusCode.INVALID_ARGUMENT, {path})


def test_a_search_reaches_the_ledger_whole_and_comes_in_pages(caller: Caller, ledger: FakeLedger) -> None:
    for name in ("DonorIdentified", "ApheresisPerformed", "ConsentWithdrawn"):
        caller.record(samples.request(name))
    day, next_day = Timestamp(seconds=1_775_520_000), Timestamp(seconds=1_775_606_400)
    request = wire.SearchFactsRequest(
        tags=[COI],
        types=["ApheresisPerformed", "DonorIdentified"],
        occurred=wire.Span(start=day, end=next_day),
        recorded=wire.Span(start=day),
        organisation="organisation:ods:RR8",
        outcome=receipt_pb2.OUTCOME_REFUSED,
        rule="I1",
        sender_reference="HL7 7",
        newest_first=True,
        as_of=wire.AsOf(position=9),
        page_size=2,
    )
    first = caller("SearchFacts", request)
    assert ledger.asked == [
        Question(
            tags=(COI,),
            types=("ApheresisPerformed", "DonorIdentified"),
            occurred=Span(start=datetime(2026, 4, 7, tzinfo=UTC), end=datetime(2026, 4, 8, tzinfo=UTC)),
            recorded=Span(start=datetime(2026, 4, 7, tzinfo=UTC)),
            organisation="organisation:ods:RR8",
            outcome=Outcome.REFUSED,
            rule="I1",
            sender_reference="HL7 7",
            newest_first=True,
            as_of=AsOf(position=9),
        )
    ]
    assert ([fact.type for fact in first.facts], first.through_position) == (
        ["DonorIdentified", "ApheresisPerformed"],
        3,
    )
    assert [fact.record for fact in first.facts] == [b"", b""]
    request.page_token, request.with_record = first.next_page_token, True
    second = caller("SearchFacts", request)
    assert [fact.record for fact in second.facts] == [ledger.stored[2].octets]
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (wire.SearchFactsRequest(tags=[COI, "nothing"]), "tags[1]"),
        (wire.SearchFactsRequest(tags=[COI] * 17), "tags"),
        (wire.SearchFactsRequest(types=["Sold"]), "types[0]"),
        (wire.SearchFactsRequest(types=["ApheresisPerformed"] * 65), "types"),
        (wire.SearchFactsRequest(occurred=wire.Span(start=Timestamp(nanos=1))), "occurred.start"),
        (wire.SearchFactsRequest(recorded=wire.Span(start=Timestamp(seconds=2), end=Timestamp(seconds=2))), "recorded"),
        (wire.SearchFactsRequest(organisation="site:ods:RR813"), "organisation"),
        (wire.SearchFactsRequest(organisation="RR8"), "organisation"),
        (wire.SearchFactsRequest(outcome=receipt_pb2.OUTCOME_UNSPECIFIED), "outcome"),
        (wire.SearchFactsRequest(rule="Z99"), "rule"),
        (wire.SearchFactsRequest(page_size=201), "page_size"),
    ],
    ids=range(11),
)
def test_a_malformed_search_is_told_what_is_wrong(caller: Caller, request_: AnyMessage, path: str) -> None:
    assert refused_with(caller, "SearchFacts", request_) == (grpc.StatusCode.INVALID_ARGUMENT, {path})


def test_a_fact_is_read_once_a_position_is_there(caller: Caller, ledger: FakeLedger) -> None:
    caller.record(samples.request("DonorIdentified"))
    caller("GetFact", wire.GetFactRequest(position=1, at_least_position=1))
    assert ledger.waited_for == 1
