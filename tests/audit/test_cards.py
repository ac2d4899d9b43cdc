"""Cards: of a bag at each step of the demo's story, asserted whole; and of what the story does not show."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from ledger import api
from ledger.audit.cards.card import Card, fields_of
from ledger.audit.cards.catalogue import LAYERS, MAKERS, card
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.identifiers import tag as tags
from ledger.domain.subjects.batches import BATCH_RECORD, BatchRecord
from ledger.domain.subjects.containers import MATERIAL, Material
from ledger.domain.subjects.custody import CUSTODY, Custody
from ledger.domain.subjects.people import CHAIN, Chain
from ledger.domain.subjects.registers import LICENCE, SITE_STATUS, Licence, SiteStatus
from ledger.domain.subjects.releases import BATCH_FOR_USE, Authority, BatchForUse, Release
from ledger.domain.subjects.subject import AnySubject, Subject
from services.cli import player, story
from services.cli.staging import Rehearsal
from services.server import ServerThread
from services.wiring import StoryClock

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "cards" / "point_of_care.json"
BAG: Final = "material:isbt128-mpho:A9999S1128A999926123456A00000"
FINAL: Final = "material:isbt128-mpho:A9996A0002A999926123456A00000"
BOX: Final = "consignment:gs1-sscc:395060000260003420"
BATCH: Final = "batch:batch.MPC:26-0042"
CHAIN_TAG: Final = "coi:isbt128-coi:CHA999926000017"
FOLLOWED: Final = (BAG, FINAL, BOX, BATCH, CHAIN_TAG)
NOW: Final = datetime(2026, 4, 14, 10, tzinfo=UTC)


# ------------------------------------------------------------------------------------------- the story, step by step


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """For each thing, its card after each step that changed it, as the story is played to a server."""
    file, clock = story.load(), StoryClock()
    ledger = api.in_memory(clock=clock)
    cards: dict[str, dict[str, Any]] = {tag: {} for tag in FOLLOWED}
    newest: dict[str, Card] = {}
    try:
        with ServerThread(ledger) as server:
            for step, answer in zip(file.steps, player.play(file, server.address, Rehearsal(clock.show)), strict=True):
                assert answer.surprise == ""
                for tag, made in _cards(ledger):
                    if newest.get(tag) != made:
                        newest[tag] = made
                        cards[tag][step.name] = json.loads(msgspec.json.encode(fields_of(made)))
    finally:
        ledger.close()
    return cards


def _cards(ledger: api.Ledger) -> Iterator[tuple[str, Card]]:
    for tag in FOLLOWED:
        for made in ledger.look_up(tag).cards:
            yield tag, made


def test_every_card_of_the_story_is_as_it_was_agreed(told: dict[str, dict[str, Any]]) -> None:
    assert told == json.loads(GOLDEN.read_text("utf-8"))


def test_a_bag_and_its_final_container_go_through_these_states(told: dict[str, dict[str, Any]]) -> None:
    assert [card["status"] for card in told[BAG].values()] == [
        "collected",
        "packed",
        "travelling",
        "received",
        "used",
    ]
    assert {step: card["status"] for step, card in told[FINAL].items()} == {
        "completion": "completed",
        "release": "released",
        "wrong-patient": "released",
        "not-given": "released",
        "match": "checked",
        "start": "started",
        "end": "given",
    }


def test_what_is_open_is_open_until_it_is_settled(told: dict[str, dict[str, Any]]) -> None:
    opened = {step: [one["state"] for one in card.get("open", ())] for step, card in told[BOX].items()}
    assert opened == {"early-receipt": ["reported, refused"], "deviation": ["deviation"], "late-dispatch": []}
    refused = {step: [one["rules"] for one in card.get("open", ())] for step, card in told[FINAL].items()}
    assert refused["wrong-patient"] == [["I1", "I8", "R9"]]
    assert refused["not-given"] == []


def test_a_carrier_sees_no_chain_and_nobody_sees_a_patient(told: dict[str, dict[str, Any]]) -> None:
    assert all("chain" not in card and "donation" not in card for card in told[BOX].values())
    assert "patient:" not in json.dumps(told)


# ------------------------------------------------------------------------------------------- what the story lacks


class Given:
    """States given by hand."""

    def __init__(self, states: Mapping[tuple[AnySubject, str], Any], at: datetime = NOW) -> None:
        self._states, self._at = states, at

    @property
    def at(self) -> datetime:
        return self._at

    def state(self, subject: Subject[Any], tag: str) -> Any:  # noqa: ANN401 - each subject has its own state
        return self._states.get((subject, tag), subject.empty)


BORN: Final = Material(origins=(5,), made_at=NOW - timedelta(hours=30), donation="donation:x:1", coi=CHAIN_TAG)


def of_bag(material: Material, at: datetime = NOW, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - other states
    custody = more.get("custody", Custody(site="site:ods:RR813"))
    held: dict[tuple[AnySubject, str], Any] = {(MATERIAL, BAG): material, (CUSTODY, BAG): custody}
    return fields_of(card(Given(held, at), BAG))


def test_a_container_past_its_limit_is_expired_and_nothing_comes_next() -> None:
    limit = NOW - timedelta(minutes=1)
    expired = of_bag(msgspec.structs.replace(BORN, expires_at=limit))
    assert (expired["status"], expired["expires_at"], "next" in expired) == ("expired", limit, False)
    assert expired["sentence"] == "It expired at 14 Apr 2026 09:59 UTC: it is not to be used."
    assert of_bag(msgspec.structs.replace(BORN, expires_at=limit), limit)["status"] == "collected"


def test_a_container_that_only_was_named_is_unregistered() -> None:
    named = of_bag(Material(), custody=Custody())
    assert named == {
        "tag": BAG,
        "what": "container",
        "status": "unregistered",
        "sentence": "Facts name it, but where it came from was never recorded: no collection or manufacture filled it.",
    }


def test_more_taken_than_was_there_is_shown_and_a_number_used_twice_is_said() -> None:
    odd = of_bag(
        msgspec.structs.replace(BORN, origins=(5, 9), remaining=(("mL", "", Decimal(-3)),), emptied_by=()),
    )
    assert [one.value for one in odd["remaining"]] == ["-3"]
    assert "its number was used more than once: facts 5, 9 each filled it" in odd["conditions"]
    emptied = of_bag(
        msgspec.structs.replace(BORN, remaining=(("mL", "", Decimal(-3)), ("g", "", Decimal(2))), emptied_by=(7,))
    )
    assert [one.unit for one in emptied["remaining"]] == ["mL"]


def test_what_is_left_after_giving_is_said_unless_it_was_destroyed() -> None:
    some = msgspec.structs.replace(BORN, ends=(8,), remaining=(("mL", "", Decimal(4)),))
    assert of_bag(some)["sentence"] == "It was given: fact 8 ended it. What is left of it: 4 mL."
    assert of_bag(msgspec.structs.replace(some, emptied_by=(8,)))["sentence"] == "It was given: fact 8 ended it."


def test_a_batch_stands_open_completed_or_released_for_some_containers() -> None:
    record = BatchRecord(openings=(4,), site="site:ods:RXKP1")
    use = BatchForUse(releases=(Release(position=9, at=NOW, authority=Authority.POINT_OF_CARE, materials=(FINAL,)),))
    states: dict[tuple[AnySubject, str], Any] = {(BATCH_RECORD, BATCH): record}
    assert card(Given(states), BATCH).sentence == "Being made at site:ods:RXKP1."
    states[BATCH_RECORD, BATCH] = msgspec.structs.replace(record, completed_at=NOW, openings=(4, 6))
    completed = card(Given(states), BATCH)
    assert (completed.status, completed.conditions) == ("completed", ("its number was opened 2 times: facts 4, 6",))
    states[BATCH_FOR_USE, BATCH] = use
    assert card(Given(states), BATCH).sentence == f"Released for use: {FINAL}."
    assert card(Given({}), BATCH).status == "unregistered"


def test_a_batch_that_was_ended_says_so_and_what_may_replace_it() -> None:
    ended = BatchRecord(openings=(4,), site="site:ods:RXKP1", terminated_at=NOW)
    told = card(Given({(BATCH_RECORD, BATCH): ended}), BATCH)
    assert (told.status, told.next) == ("terminated", ("RemakeStarted",))
    replaced = msgspec.structs.replace(ended, remade="batch:batch.PCW:26-0131")
    assert card(Given({(BATCH_RECORD, BATCH): replaced}), BATCH).next == ()


def test_a_licence_lapses_and_a_site_closes() -> None:
    granted = Licence(granted=3, holder="organisation:ods:RR8", effective_from="2026-01-05", effective_to="2026-04-13")
    assert card(Given({(LICENCE, "licence:hta:1"): granted}), "licence:hta:1").status == "lapsed"
    before = Given({(LICENCE, "licence:hta:1"): granted}, NOW - timedelta(days=2))
    assert card(before, "licence:hta:1").sentence == "In force from 2026-01-05 until 2026-04-13."
    site = SiteStatus(registered=3, effective_to="2026-04-13")
    assert card(Given({(SITE_STATUS, "site:ods:X"): site}), "site:ods:X").status == "closed"


def test_a_chain_is_prescribed_then_assigned() -> None:
    states = Given({(CHAIN, CHAIN_TAG): Chain(prescriptions=(4,))})
    assert (card(states, CHAIN_TAG).status, card(states, CHAIN_TAG).next) == ("prescribed", ("CoiAssigned",))


@pytest.mark.parametrize("kind", sorted(tags.KINDS))
def test_every_kind_of_thing_has_a_card_even_when_nothing_is_known_of_it(kind: str) -> None:
    made = card(Given({}), f"{kind}:x:y")
    assert made.tag == f"{kind}:x:y"
    assert made.status in {"unregistered", "known"}
    assert made.sentence.endswith(".")
    assert " " not in made.status


def test_what_comes_next_can_be_recorded() -> None:
    told = json.loads(GOLDEN.read_text("utf-8"))
    names = {name for cards in told.values() for one in cards.values() for name in one.get("next", ())}
    assert names - {"RecordedAsDeviation", "DidNotHappen"} > {"ConsignmentReceived", "AdministrationStarted"}
    assert names <= set(TYPES)
    assert set(LAYERS) <= set(MAKERS) <= tags.KINDS
