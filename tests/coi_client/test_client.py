"""Both faces of the client against a real server: recording once, typed errors, signing, reading."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import grpc
import msgspec
import pytest

from coi.ledger.v1 import inspection_pb2, receipt_pb2, values_pb2
from coi.ledger.v1.inspection_pb2 import TRACE_DIRECTION_BACK
from coi_client import (
    Client,
    ClientError,
    FactMalformed,
    FactRefused,
    FolderJournal,
    KeyReused,
    LedgerBusy,
    LedgerFailed,
    LedgerUnavailable,
    MemoryJournal,
    NotFound,
    Retrying,
    Unsettled,
)
from coi_client.contract import METHODS
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import LedgerError, Overloaded, Unavailable
from services.server import ServerThread
from tests.coi_client.faces import make
from tests.services.fakes import FakeLedger
from tests.support import samples

COI = "coi:isbt128-coi:CHA999926000017"
RR8 = values_pb2.Identifier(scheme="ods", value="RR8")
KEY = UUID("019d6b00-0045-7000-8000-00000000abcd")
IDENTIFIED = samples.request("DonorIdentified")
BAR = Finding(rule="I4", tag=COI, weight=Weight.BAR, found="no consent is on record", must="a live consent")


def record(client: Client, key: UUID | None = None) -> receipt_pb2.Receipt:
    """Records a donor's identification."""
    return client.record(IDENTIFIED.fact, IDENTIFIED.envelope, key=key)


def keys(answers: Sequence[object]) -> list[str]:
    """The keys of those that were recorded."""
    return [one.request_id for one in answers if isinstance(one, receipt_pb2.Receipt)]


@pytest.mark.parametrize("name", samples.SENT)
def test_the_rpc_is_chosen_by_the_type_of_the_fact(client: Client, name: str) -> None:
    sent = samples.unsigned(samples.request(name))
    receipt = client.record(sent.fact, sent.envelope, exceptions=list(sent.exceptions))
    assert (receipt.type, receipt.position) == (name, 1)


def test_any_fact_may_be_sent_too(client: Client) -> None:
    sent = samples.any_request("DonorIdentified")
    assert client.record(sent.fact, sent.envelope).type == "DonorIdentified"


def test_what_is_no_fact_cannot_be_recorded(client: Client) -> None:
    with pytest.raises(TypeError):
        client.record(IDENTIFIED.envelope, IDENTIFIED.envelope)


def test_each_fact_gets_a_key_of_its_own_unless_it_is_given_one(client: Client) -> None:
    first, second = record(client), record(client)
    assert first.request_id != second.request_id
    assert record(client, KEY).request_id == str(KEY)
    assert record(client, KEY).position == 3


def test_a_refusal_is_typed_and_brings_its_findings(client: Client, ledger: FakeLedger) -> None:
    ledger.bars = (BAR,)
    with pytest.raises(FactRefused) as caught:
        record(client)
    refused = caught.value
    assert (refused.position, refused.type, refused.total, refused.unresolved) == (1, "DonorIdentified", 1, True)
    assert refused.findings == (("I4", COI, "no consent is on record; needed: a live consent"),)
    assert client.get_fact(refused.position).outcome == receipt_pb2.OUTCOME_REFUSED


def test_a_refusal_says_every_finding_in_a_line_and_the_way_out(client: Client, ledger: FakeLedger) -> None:
    ledger.bars = (BAR, msgspec.structs.replace(BAR, rule="I9", found="one person checked", must="two people"))
    with pytest.raises(FactRefused) as caught:
        record(client)
    assert str(caught.value).splitlines()[1:] == [
        f"  I4: no consent is on record; needed: a live consent ({COI})",
        f"  I9: one person checked; needed: two people ({COI})",
        "  it happened all the same: RecordedAsDeviation with position 1; it did not: DidNotHappen with position 1",
    ]


def test_more_findings_than_an_answer_holds_are_counted(client: Client, ledger: FakeLedger) -> None:
    ledger.bars = tuple(msgspec.structs.replace(BAR, rule=f"R{number}") for number in range(20))
    with pytest.raises(FactRefused) as caught:
        record(client)
    assert "  and 8 more: get_fact(1) has all" in str(caught.value).splitlines()


def test_a_malformed_fact_says_every_violation_in_a_line(client: Client) -> None:
    with pytest.raises(FactMalformed) as caught:
        client.record(type(IDENTIFIED.fact)(), IDENTIFIED.envelope)
    assert str(caught.value).splitlines() == [
        "malformed; nothing was stored, the key stays unused:",
        "  fact.person: give exactly one of patient, donor; given: none",
        "  fact.how: is required",
    ]


def test_a_malformed_fact_is_typed_and_brings_its_violations(client: Client) -> None:
    with pytest.raises(FactMalformed) as caught:
        client.record(type(IDENTIFIED.fact)(), IDENTIFIED.envelope)
    assert {one.path for one in caught.value.violations} == {"fact.how", "fact.person"}
    assert caught.value.total == 2


def test_a_key_that_is_used_again_for_other_content_is_typed(client: Client) -> None:
    record(client, KEY)
    other = samples.apheresis()
    with pytest.raises(KeyReused) as caught:
        client.record(other.fact, other.envelope, key=KEY)
    assert caught.value.position == 1


@pytest.mark.parametrize("error", [Unavailable("x"), Overloaded(0.001)], ids=["unavailable", "busy"])
def test_what_passes_is_tried_again_with_the_same_key(client: Client, ledger: FakeLedger, error: LedgerError) -> None:
    ledger.failing = [error, error, error]
    assert record(client).position == 1
    assert len(ledger.stored) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Unavailable("x"), LedgerUnavailable), (Overloaded(0.001), LedgerBusy)],
    ids=["unavailable", "busy"],
)
def test_patience_ends_and_the_journal_keeps_the_request(
    client: Client, ledger: FakeLedger, journal: MemoryJournal, error: LedgerError, kind: type[ClientError]
) -> None:
    ledger.failing = [error] * 4
    with pytest.raises(kind):
        record(client, KEY)
    assert [one.key for one in journal.unsettled()] == [str(KEY)]
    assert keys(client.resume()) == [str(KEY)]
    assert journal.unsettled() == []


def test_a_failure_that_nobody_foresaw_is_not_repeated(client: Client, ledger: FakeLedger) -> None:
    ledger.failing = [RuntimeError("x"), RuntimeError("x")]
    with pytest.raises(LedgerFailed):
        record(client)
    assert len(ledger.failing) == 1


def test_an_answer_that_came_too_late_is_asked_for_again(server: ServerThread, ledger: FakeLedger) -> None:
    slow = threading.Event()

    def slow_at_first() -> None:
        if not slow.is_set():
            slow.set()
            time.sleep(0.5)

    ledger.committing = slow_at_first
    for face in ("blocking", "asynchronous"):
        slow.clear()
        patient = Retrying(attempts=20, timeout=0.2, first_pause=0.001, longest_pause=0.05)
        client = make(face, server.address, retrying=patient)
        before = len(ledger.stored)
        record(client)
        assert len(ledger.stored) == before + 1
        client.close()


def test_the_key_is_saved_before_the_first_attempt_and_forgotten_after_the_answer(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    seen: list[list[str]] = []
    ledger.committing = lambda: seen.append([one.key for one in journal.unsettled()])
    record(client, KEY)
    assert seen == [[str(KEY)]]
    assert journal.unsettled() == []


@pytest.mark.parametrize("wrong", ["refused", "malformed"])
def test_what_is_settled_by_an_error_is_forgotten_too(
    client: Client, ledger: FakeLedger, journal: MemoryJournal, wrong: str
) -> None:
    ledger.bars = (BAR,)
    fact = IDENTIFIED.fact if wrong == "refused" else type(IDENTIFIED.fact)()
    with pytest.raises(FactRefused if wrong == "refused" else FactMalformed):
        client.record(fact, IDENTIFIED.envelope)
    assert journal.unsettled() == []


def test_a_crash_between_saving_and_answering_loses_nothing(
    tmp_path: Path, server: ServerThread, ledger: FakeLedger
) -> None:
    sent = samples.request("DonorIdentified")
    for face in ("blocking", "asynchronous"):
        folder = FolderJournal(tmp_path / face)
        sent.request_id = str(UUID(int=len(face)))
        folder.save(Unsettled(sent.request_id, METHODS["RecordDonorIdentified"].path, sent.SerializeToString()))
        restarted = make(face, server.address, FolderJournal(tmp_path / face))
        assert keys(restarted.resume()) == [sent.request_id]
        assert restarted.resume() == []
        restarted.close()
    assert len(ledger.stored) == 2


def test_a_refusal_met_while_resuming_does_not_stop_the_rest(
    client: Client, ledger: FakeLedger, journal: MemoryJournal
) -> None:
    for number, name in enumerate(("DonorIdentified", "AdministrationEnded")):
        sent = samples.request(name)
        sent.request_id = str(UUID(int=number + 1))
        sent.fact.ClearField("how") if number == 0 else None
        journal.save(Unsettled(sent.request_id, METHODS[f"Record{name}"].path, sent.SerializeToString()))
    first, second = client.resume()
    assert isinstance(first, FactMalformed)
    assert keys([second]) == [str(UUID(int=2))]


def test_people_sign_what_they_were_shown(client: Client, ledger: FakeLedger, journal: MemoryJournal) -> None:
    released = samples.unsigned(samples.request("PointOfCareReleased"))
    judged = client.judge(released.fact, released.envelope)
    assert (ledger.stored, journal.unsettled()) == ([], [])
    assert b'"critical_parameters_met":true' in judged.content
    signature = values_pb2.Signature(
        person=released.envelope.performed_by,
        printed_name="T. Owen, Pharmacist",
        meaning=values_pb2.SIGNATURE_MEANING_APPROVED,
    )
    signature.signed_at.FromJsonString("2026-04-14T09:57:40Z")
    receipt = client.record_signed(judged, [signature])
    kept = client.get_fact(receipt.position)
    assert kept.envelope.signatures[0].content_hash == judged.content_hash
    assert kept.request_id == str(judged.key)


def test_the_receipt_of_a_request_is_found_again(client: Client) -> None:
    receipt = record(client, KEY)
    assert client.get_receipt(KEY, RR8) == receipt
    with pytest.raises(NotFound):
        client.get_receipt(UUID(int=1), RR8)


def test_stories_and_lineage_come_whole(client: Client) -> None:
    record(client)
    story = client.replay(COI, as_of=inspection_pb2.AsOf(position=1), with_record=True)
    assert ([one.position for one in story.facts], story.summary.facts) == ([1], 1)
    assert story.facts[0].record
    lineage = client.trace(COI, direction=TRACE_DIRECTION_BACK)
    assert [one.tag for one in lineage.nodes] == [COI, "batch:batch.RR8:back"]
    assert (len(lineage.edges), lineage.summary.complete) == (1, True)
    assert client.get_ledger().origin == "localhost/fake"


def test_nobody_there_is_unavailable() -> None:
    for face in ("blocking", "asynchronous"):
        client = make(face, "127.0.0.1:9", retrying=Retrying(attempts=2, first_pause=0.001))
        with pytest.raises(LedgerUnavailable) as caught:
            client.get_ledger()
        assert caught.value.failure.code is grpc.StatusCode.UNAVAILABLE
        client.close()
