"""Reading lists over a real port with the real ledger behind it."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1 import inspection_pb2 as wire
from coi_client import Client
from ledger import api
from services.cli import story as stories
from services.cli.player import play
from services.cli.staging import Rehearsal
from services.mapping import lists
from services.server import ServerThread
from services.wiring import StoryClock
from tests.services.calls import Caller, ended

LAST = len(stories.load().steps)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server on which the story was played."""
    clock = StoryClock()
    ledger = api.in_memory(clock=clock)
    try:
        with ServerThread(ledger) as server:
            list(play(stories.load(), server.address, Rehearsal(clock.show)))
            yield server.address
    finally:
        ledger.close()


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """A client of it."""
    with Client(address) as made:
        yield made


def asked(name: str, **more: object) -> wire.ListQuestion:
    return wire.ListQuestion(name=name, **more)  # type: ignore[arg-type]


NO_TIME = wire.Span(start=Timestamp(nanos=1))
NINE = wire.AsOf(occurred=Timestamp(seconds=9))


def test_every_list_is_told_with_its_columns(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        told = Caller(channel)("ListLists", wire.ListListsRequest()).lists
    assert [lists.read_listing(one) for one in told] == [one.described for one in api.LISTS]
    assert all(set(one.shown) <= {column.name for column in one.columns} for one in told)


def test_every_list_is_read_to_its_end_on_one_position(client: Client) -> None:
    for one in api.LISTS:
        whole = client.read_list(wire.ReadListRequest(question=asked(one.name), page_size=500))
        rows, token = list[wire.ListRow](), ""
        while True:
            page = client.read_list(wire.ReadListRequest(question=asked(one.name), page_size=3, page_token=token))
            rows, token = [*rows, *page.rows], page.next_page_token
            assert page.through_position == LAST
            if not token:
                break
        assert rows == [*whole.rows]


def test_a_refusal_that_was_followed_by_the_act_names_both(client: Client) -> None:
    page = lists.read_page(client.read_list(wire.ReadListRequest(question=asked("refusals-followed-by-the-act"))))
    names = [column.name for column in page.listing.columns]
    told = [dict(zip(names, row.cells, strict=True)) for row in page.rows]
    assert [(one["type"], one["rules"], one["how"]) for one in told] == [
        ("ConsignmentReceived", ("C1",), "recorded as deviation"),
        ("MaterialStored", ("I9", "L11"), "recorded as deviation"),
        ("BatchOpened", ("L3",), "recorded later"),
        ("AdministrationStarted", ("I1", "I8", "R9"), "recorded later"),
    ]


def test_rows_are_counted_by_rule_and_narrowed_by_site_and_period(client: Client) -> None:
    counted = client.count_list(wire.CountListRequest(question=asked("deviations"), by="rule"))
    assert [(group.key, group.count) for group in counted.groups] == [("rule:C1", 1), ("rule:I9", 1), ("rule:L11", 1)]
    elsewhere = asked("deviations", site="site:ods:RR813")
    assert not client.count_list(wire.CountListRequest(question=elsewhere, by="rule")).groups
    early = asked("deviations", period=wire.Span(end=Timestamp(seconds=1_776_114_000)))  # 13 Apr 2026, 21:00 UTC
    assert not client.read_list(wire.ReadListRequest(question=early)).rows


def test_a_list_is_answered_as_it_was_known(client: Client) -> None:
    page = lists.read_page(client.read_list(wire.ReadListRequest(question=asked("unresolved-refusals"))))
    assert page.rows == ()
    then = asked("unresolved-refusals", as_of=wire.AsOf(position=78))
    told = lists.read_page(client.read_list(wire.ReadListRequest(question=then)))
    assert ([row.root for row in told.rows], told.through) == (["fact:78"], 78)


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        (wire.ReadListRequest(), {"question"}),
        (wire.ReadListRequest(question=asked("")), {"question.name"}),
        (wire.ReadListRequest(question=asked("sales")), {"name"}),
        (wire.ReadListRequest(question=asked("notes", site="RR813")), {"question.site"}),
        (wire.ReadListRequest(question=asked("notes", site="person:nmc:1")), {"site"}),
        (wire.ReadListRequest(question=asked("notes", rule="Z99")), {"question.rule"}),
        (wire.ReadListRequest(question=asked("notes", period=NO_TIME)), {"question.period.start"}),
        (wire.ReadListRequest(question=asked("notes", as_of=NINE)), {"as_of.occurred"}),
        (wire.ReadListRequest(question=asked("notes"), page_size=501), {"page_size"}),
        (wire.ReadListRequest(question=asked("notes"), page_token="aGVsbG8="), {"page_token"}),
    ],
    ids=range(10),
)
def test_a_list_asked_wrongly_says_what_is_wrong(address: str, request_: wire.ReadListRequest, paths: set[str]) -> None:
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
        Caller(channel)("ReadList", request_)
    code, parts = ended(caught.value)
    found = {one.field for one in parts["BadRequest"].field_violations}
    assert (code, found) == (grpc.StatusCode.INVALID_ARGUMENT, paths)
