"""Look-up: any published bar code, the labels of one bag together, both axes, and nobody's identity."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ledger.audit.asked import AsOf
from ledger.audit.lookup import MOST_CARDS, OWN_MAP, LookedUp, Scanned, Told, look_up
from ledger.domain.identifiers.sealed import IdentityKind
from ledger.store.log import Log
from ledger.store.memory_log import MemoryLog
from ledger.store.postgres_log import PostgresLog
from tests.model import world
from tests.model.desk import Desk
from tests.store.drafts import Draft as Raw
from tests.store.drafts import store
from tests.support.clusters import Database

AT = world.START
NOW = AT + timedelta(days=60)
CHAIN = world.tag_of("coi", world.chain(1))
FINAL = world.tag_of("material", world.bag("000001F"))
BAND = "80185050898943476591 92".replace(" ", "")
NHS = "9434765919"


@pytest.fixture(params=["memory", "postgres"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a patient who was treated."""
    log: Log = MemoryLog("ledger.test/lookup")
    if request.param == "postgres":
        database: Database = request.getfixturevalue("database")
        log = PostgresLog(database.writer)
    with Desk(log) as opened:
        opened.furnish(2)
        opened.treat(1)
        yield opened
    log.close()


@pytest.fixture
def empty() -> MemoryLog:
    """A ledger that knows nothing: a bar code names what it names all the same."""
    return MemoryLog("ledger.test/lookup")


def asked(log: Log, *scans: str | Scanned, as_of: AsOf | None = None) -> LookedUp:
    readings = [one if isinstance(one, Scanned) else Scanned(content=one) for one in scans]
    with log.reading() as reading:
        return look_up(reading, readings, as_of or AsOf(), NOW)


def typed(log: Log, text: str, as_of: AsOf | None = None) -> LookedUp:
    with log.reading() as reading:
        return look_up(reading, text, as_of or AsOf(), NOW)


# ------------------------------------------------------------------------------------------- golden scans

GOLDEN = (
    ("=G12341765432170", "ISBT 128: donation identification number", ["donation:isbt128-din:G123417654321"]),
    ("]C0=A99992612345600\r\n", "ISBT 128: donation identification number", ["donation:isbt128-din:A999926123456"]),
    ("A9999 26 123456 T", "donation identification number, printed", ["donation:isbt128-din:A999926123456"]),
    ("&/CHA999926000001", "ISBT 128: Chain of Identity identifier", ["coi:isbt128-coi:CHA999926000001"]),
    ("CH A9999 26 000001 *", "Chain of Identity identifier, printed", ["coi:isbt128-coi:CHA999926000001"]),
    ("=$A999926000010203", "ISBT 128: consignment", ["consignment:isbt128-consignment:A99992600001"]),
    (
        "]d1=+03000=A99992612345600=<S11281A0&/CHA999926000001",
        "ISBT 128 compound message: donation identification number, product code, Chain of Identity identifier",
        [
            "material:isbt128-mpho:00000S1128A999926123456A00000",
            "coi:isbt128-coi:CHA999926000001",
            "donation:isbt128-din:A999926123456",
            "product:isbt128-pdc:S1128",
        ],
    ),
    (
        "SEC: PL001499Z549917123456 A00T041600320171231",
        "Single European Code, printed",
        ["material:sec:PL001499Z549917123456A00T041600320171231"],
    ),
    (
        "https://example.org/01/04012345111118/21/98%22",
        "GS1 Digital Link (01)(21)",
        [
            'material:gs1-sgtin:04012345111118.98"',
            'equipment:gs1-sgtin:04012345111118.98"',
            "product:gs1-gtin:04012345111118",
        ],
    ),
    ("(00)340123451111111111", "GS1 element string (00)", ["consignment:gs1-sscc:340123451111111111"]),
    ("urn:epc:id:sgln:4012345.00005.0", "EPC name (414)", ["site:gs1-gln:4012345000054"]),
)


@pytest.mark.parametrize(("scan", "what", "tags"), GOLDEN, ids=range(len(GOLDEN)))
def test_every_published_bar_code_is_told_with_what_it_names(
    empty: MemoryLog, scan: str, what: str, tags: list[str]
) -> None:
    found = asked(empty, scan)
    assert found.readings == (Told(what=what),)
    assert [tag for one in found.identifiers for tag in one.tags] == tags
    assert {one.what for one in found.identifiers} == {what}
    assert (found.tags, found.cards, found.through) == ((), (), 0)
    assert [one.tags for one in typed(empty, scan).identifiers] == [one.tags for one in found.identifiers]


def test_the_bar_codes_of_one_label_name_a_bag_together_in_any_order(empty: MemoryLog) -> None:
    parts = ("=A99992612345600", "=<S11281A0")
    for scans in (parts, parts[::-1]):
        found = {tag: one.what for one in asked(empty, *scans).identifiers for tag in one.tags}
        assert found["material:isbt128-mpho:00000S1128A999926123456A00000"] == "the bar codes of the label together"
        assert found["product:isbt128-pdc:S1128"] == "ISBT 128: product code"


def test_bar_codes_that_disagree_are_told_as_not_of_one_label(empty: MemoryLog) -> None:
    found = asked(empty, "=A99992612345600", "&,4PL001499Z549917123456A00T041600320171231")
    assert [told.what for told in found.readings][2:] == ["the bar codes together"]
    assert "it names the donation of the label's donation number" in found.readings[2].problem
    assert len(found.identifiers) == 2


def test_a_bar_code_that_cannot_be_read_says_why_and_the_others_count(empty: MemoryLog) -> None:
    found = asked(empty, "=+02000=A99992612345600", "&/CHA999926000001")
    assert found.readings[0].problem == "compound message: holds as many data structures as it says; scan it again"
    assert [one.tags for one in found.identifiers] == [("coi:isbt128-coi:CHA999926000001",)]


def test_a_symbology_beside_the_text_is_heeded(empty: MemoryLog) -> None:
    found = asked(empty, Scanned(content="0104012345111118", symbology="]d2"))
    assert [one.tags for one in found.identifiers] == [("product:gs1-gtin:04012345111118",)]


# ------------------------------------------------------------------------------------------- identity


@pytest.mark.parametrize(
    ("scan", "kinds"),
    [
        (NHS, {IdentityKind.NHS_NUMBER}),
        ("943 476 5919", {IdentityKind.NHS_NUMBER}),
        ("]d2" + BAND, {IdentityKind.NHS_NUMBER, IdentityKind.WRISTBAND}),
        (
            BAND + "91RJC,949724,50552303,93JORDAN,Dwayne,29-Nov-1949,",
            {
                IdentityKind.NHS_NUMBER,
                IdentityKind.WRISTBAND,
                IdentityKind.HOSPITAL_NUMBER,
                IdentityKind.NAME,
                IdentityKind.DATE_OF_BIRTH,
            },
        ),
        ("&#A006ABC123", {IdentityKind.HOSPITAL_NUMBER}),
    ],
    ids=range(5),
)
def test_identity_of_a_person_is_told_by_its_kind_only(desk: Desk, scan: str, kinds: set[IdentityKind]) -> None:
    before = desk.rows()
    for found in (asked(desk.log, scan), typed(desk.log, scan)):
        (told,) = found.readings
        assert (set(told.identity), told.problem) == (kinds, OWN_MAP)
        assert (found.identifiers, found.tags, found.cards) == ((), (), ())
        for secret in (NHS, "943 476", "949724", "JORDAN", "Dwayne", "1949", "ABC123"):
            assert secret not in repr(found)
    assert desk.rows() == before


def test_a_patients_number_under_any_scheme_is_not_repeated(desk: Desk) -> None:
    found = typed(desk.log, f"nhs:{NHS}")
    assert found.readings == (Told(what="NHS number", identity=(IdentityKind.NHS_NUMBER,), problem=OWN_MAP),)
    assert NHS not in repr(found)


def test_what_is_refused_repeats_nothing_of_what_was_read(desk: Desk) -> None:
    spoilt = BAND[:-1] + "3"
    assert spoilt[4:] not in repr(asked(desk.log, spoilt))
    assert "Mary" not in repr(typed(desk.log, "Mary Example 1 Jan 1970"))


# ------------------------------------------------------------------------------------------- what is known


def test_what_is_known_has_its_card_and_a_text_finds_what_it_always_found(desk: Desk) -> None:
    value = CHAIN.rpartition(":")[2]
    for found in (typed(desk.log, CHAIN), typed(desk.log, f"isbt128-coi:{value}"), typed(desk.log, value)):
        assert (found.tags, [card.tag for card in found.cards]) == ((CHAIN,), [CHAIN])
        assert (found.cards[0].status, found.through, found.at) == ("collected", len(desk.rows()), NOW)
    assert typed(desk.log, "nobody").tags == ()


def test_a_value_of_several_things_brings_a_card_for_each_up_to_a_bound(empty: MemoryLog) -> None:
    store(empty, *[Raw("dcb:Any", [f"lot:lot.S{n:02}:77"]) for n in range(MOST_CARDS + 5)])
    found = typed(empty, "77")
    assert (len(found.tags), len(found.cards)) == (MOST_CARDS + 5, MOST_CARDS)


def test_a_card_stands_on_both_axes(desk: Desk) -> None:
    assert typed(desk.log, FINAL).cards[0].status == "given"
    started = next(r for r in desk.records() if r.content.type == "AdministrationStarted")
    moment = started.content.envelope.occurred_at.time
    during = typed(desk.log, FINAL, AsOf(occurred=moment))
    assert (during.cards[0].status, during.at) == ("started", moment)
    assert typed(desk.log, FINAL, AsOf(occurred=moment - world.MINUTE)).cards[0].status == "checked"
    release = next(r.stamp for r in desk.records() if r.content.type == "PointOfCareReleased")
    known = typed(desk.log, FINAL, AsOf(position=release.position))
    assert (known.cards[0].status, known.through, known.at) == ("released", release.position, release.recorded_at)
    before = typed(desk.log, FINAL, AsOf(recorded=AT))
    assert (before.tags, before.cards) == ((), ())


def test_refusals_and_deviations_stay_open_until_they_are_settled(desk: Desk) -> None:
    late = AT + timedelta(days=40)
    again: dict[str, Any] = {"where": world.POINT, "at": late}
    desk.try_(world.start("000001F", 1, **again), late)
    refused = desk.rows()[-1].position
    (question,) = typed(desk.log, FINAL).cards[0].open
    assert (question.position, question.type, question.state) == (refused, "AdministrationStarted", "reported, refused")
    assert typed(desk.log, FINAL).cards[0].next[-2:] == ("RecordedAsDeviation", "DidNotHappen")
    assert typed(desk.log, FINAL, AsOf(position=refused - 1)).cards[0].open == ()
    assert typed(desk.log, FINAL, AsOf(occurred=late - timedelta(days=1))).cards[0].open == ()
    number = desk.record(world.as_deviation(refused, **again), late).position
    (deviation,) = typed(desk.log, FINAL).cards[0].open
    assert (deviation.position, deviation.state, deviation.type) == (number, "deviation", "AdministrationStarted")
    desk.record(world.not_happened(refused, **again), late)
    assert typed(desk.log, FINAL).cards[0].open == ()
