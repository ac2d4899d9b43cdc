"""Asking over a real port: facts, stories, lineage, the ledger itself, types and rules."""

import grpc
import msgspec
import pytest

from coi.ledger.v1 import inspection_pb2 as wire
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.catalogue import RULES
from tests.services.calls import Caller, ended
from tests.services.fakes import CONTAINER, FakeLedger
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
