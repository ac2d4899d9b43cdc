"""Canonical content: one way to write a fact, readable by anybody."""

import json
import re
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from ledger.domain.facts import content as contents
from ledger.domain.facts.catalogue import TYPES, field_name, kind_of
from ledger.domain.facts.content import UnknownFact
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Identifier
from tests.support import world
from tests.support.world import NURSE

STORY = {draft.content.type: draft for draft in (*world.registers(), *world.story())}


@pytest.mark.parametrize("draft", STORY.values(), ids=STORY)
def test_content_is_sorted_and_holds_no_null_and_no_float(draft: world.Draft) -> None:
    text = draft.octets.decode()
    plain = json.loads(text, parse_float=_no_float)
    assert json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text
    assert "null" not in re.sub(r'"[^"]*"', "", text)


def _no_float(text: str) -> float:
    raise AssertionError(f"{text} is a float")


@pytest.mark.parametrize("draft", STORY.values(), ids=STORY)
def test_content_is_read_as_it_was_written(draft: world.Draft) -> None:
    assert contents.decode(draft.octets) == draft.content
    assert contents.encode(contents.decode(draft.octets)) == draft.octets


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 4, 7, 8, 4, tzinfo=UTC), "2026-04-07T08:04:00Z"),
        (datetime(2026, 4, 7, 8, 4, 0, 5, tzinfo=UTC), "2026-04-07T08:04:00.000005Z"),
        (datetime(2026, 4, 7, 8, 4, 0, 120000, tzinfo=UTC), "2026-04-07T08:04:00.120000Z"),
    ],
)
def test_a_time_has_six_digits_of_a_second_or_none(moment: datetime, text: str) -> None:
    assert world.plain(world.consent(at=moment))["envelope"]["occurred_at"]["time"] == text


def test_octets_are_base64_and_text_is_as_it_was_sent() -> None:
    form = {"sha256": bytes(range(32)), "media_type": "application/pdf", "title": "Zustimmung für Ä"}
    fact = world.plain(world.consent(form=form))["fact"]
    assert fact["form"] == {
        "sha256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "media_type": "application/pdf",
        "title": "Zustimmung für Ä",
    }


def test_what_was_left_out_is_not_written_and_what_was_said_is() -> None:
    fact = world.plain(world.product(multi_dose=False))["fact"]
    assert ("multi_dose" in fact, "device" in fact, "prescription_bases" in fact) == (True, False, False)


def test_the_digest_is_that_of_the_bytes() -> None:
    assert contents.digest(b"{}").hex() == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_signatures_cover_everything_but_signatures() -> None:
    key = UUID(int=7)
    bare = world.start(id=key, exceptions=[world.override(NURSE, signed=False)])
    signed = world.start(id=key, exceptions=[world.override(NURSE)], signed=[(NURSE, "PERFORMED")])
    assert signed.octets != bare.octets
    assert contents.signed_octets(signed.content) == contents.signed_octets(bare.content) == bare.octets


def test_a_fact_of_an_unknown_type_or_shape_is_kept_as_unknown() -> None:
    plain = world.plain(world.start())
    for changed in ({**plain, "type": "CellsFrozen"}, {**plain, "fact": {**plain["fact"], "new_field": 1}}):
        found = contents.decode(msgspec.json.encode(changed))
        assert (found.type, found.fact) == (changed["type"], UnknownFact())


def test_what_is_no_content_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        contents.decode(b"{}")


def test_a_type_has_a_field_name_and_a_kind() -> None:
    assert (field_name("SiteSuspendedByLicensingAuthority"), kind_of("ConsentWithdrawn")) == (
        "site_suspended_by_licensing_authority",
        TYPES["ConsentWithdrawn"].about.kind,
    )


def test_a_recorder_is_an_organisation_with_its_system() -> None:
    draft = world.start()
    assert draft.recorder == Recorder(organisation=Identifier(**world.TREATING), system="test")
