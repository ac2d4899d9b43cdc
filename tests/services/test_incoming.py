"""The mapper: everything that protobuf allows and a fact does not, and that all of it is told at once, with paths."""

from collections.abc import Callable

import pytest
from google.protobuf.unknown_fields import UnknownFieldSet

from coi.ledger.v1 import envelope_pb2, inspection_pb2, records_pb2, values_pb2
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.record import Recorder
from ledger.domain.facts.values import Identifier
from services.mapping import incoming
from tests.support import samples
from tests.support.wire import AnyMessage

KEY = "019d6b00-0045-7000-8000-000000000001"
Change = Callable[[AnyMessage], object]


def violations(request: AnyMessage) -> dict[str, str]:
    """The violations of a request by path."""
    with pytest.raises(Malformed) as caught:
        incoming.draft(request)
    assert len({one.path for one in caught.value.violations}) == len(caught.value.violations)
    return {one.path: one.description for one in caught.value.violations}


def changed(change: Change) -> AnyMessage:
    """A good request, changed."""
    request = samples.apheresis()
    change(request)
    return request


def test_a_draft_knows_its_recorder_and_whether_it_is_only_asked() -> None:
    draft = incoming.draft(samples.apheresis())
    assert draft.recorder == Recorder(organisation=Identifier(scheme="ods", value="RR8"), system="epr.rr8")
    assert not draft.validate_only
    assert incoming.draft(changed(lambda r: setattr(r, "validate_only", True))).validate_only


def test_the_recorder_is_the_same_however_its_name_was_entered() -> None:
    typed = changed(lambda r: setattr(r.envelope.organisation, "entry", values_pb2.ENTRY_TYPED))
    assert incoming.draft(typed).recorder == incoming.draft(samples.apheresis()).recorder


def test_the_organisation_must_be_named_until_access_control_lands() -> None:
    assert violations(changed(lambda r: r.envelope.ClearField("organisation"))) == {
        "envelope.organisation": "is required until access control lands"
    }


@pytest.mark.parametrize("name", ["request_id", "envelope", "fact"])
def test_each_part_of_a_request_is_required(name: str) -> None:
    assert violations(changed(lambda r: r.ClearField(name))) == {name: "is required"}


def test_an_empty_request_gets_all_its_violations() -> None:
    assert set(violations(records_pb2.RecordRequest())) == {"request_id", "envelope", "fact"}


@pytest.mark.parametrize(
    "text", ["", "x", KEY.upper(), f"{{{KEY}}}", KEY.replace("-", ""), f"urn:uuid:{KEY}", f"{KEY}\n"]
)
def test_a_key_has_one_spelling(text: str) -> None:
    assert set(violations(changed(lambda r: setattr(r, "request_id", text)))) == {"request_id"}


def test_a_key_that_nobody_made_is_none() -> None:
    nil = "00000000-0000-0000-0000-000000000000"
    assert set(violations(changed(lambda r: setattr(r, "request_id", nil)))) == {"request_id"}


def test_absent_is_not_empty() -> None:
    assert set(violations(changed(lambda r: setattr(r.envelope.place, "spot", "")))) == {"envelope.place.spot"}
    assert "spot" not in incoming.draft(changed(lambda r: r.envelope.place.ClearField("spot"))).octets.decode()


def test_no_is_not_the_same_as_forgotten() -> None:
    assert b'"no_reaction":false' in incoming.draft(samples.apheresis()).octets
    forgotten = changed(lambda r: r.fact.reactions[0].ClearField("serious"))
    assert violations(forgotten) == {"fact.reactions[0].serious": "is required"}


@pytest.mark.parametrize("text", ["1_000", " 1 ", "+1", "\uff11", "NaN", "1E3", "1\n", "01", ".5", "1.", "-", "1e-7"])
def test_a_decimal_is_plain(text: str) -> None:
    path = "fact.bags[1].contents[0].value"
    assert set(violations(changed(lambda r: setattr(r.fact.bags[1].contents[0], "value", text)))) == {path}


@pytest.mark.parametrize("text", ["0", "-0.50", "2.60", "0.0000001", "11850"])
def test_a_decimal_is_kept_as_it_was_sent(text: str) -> None:
    request = changed(lambda r: setattr(r.fact.bags[1].contents[0], "value", text))
    assert f'"value":"{text}"'.encode() in incoming.draft(request).octets


@pytest.mark.parametrize(
    ("nanos", "stored"), [(0, b"Z"), (1_000, b".000001Z"), (250_000_000, b".250000Z"), (999_999_000, b".999999Z")]
)
def test_a_time_is_kept_to_the_microsecond(nanos: int, stored: bytes) -> None:
    request = changed(lambda r: setattr(r.fact.ended_at, "nanos", nanos))
    assert b'"ended_at":"2026-04-09T13:12:00' + stored in incoming.draft(request).octets


@pytest.mark.parametrize(("seconds", "nanos"), [(0, 1), (0, 999_999_999), (0, -1), (0, 2**31 - 1)])
def test_a_time_finer_than_a_microsecond_or_none_at_all_is_refused(seconds: int, nanos: int) -> None:
    def change(request: AnyMessage) -> None:
        request.fact.ended_at.seconds, request.fact.ended_at.nanos = seconds, nanos

    assert set(violations(changed(change))) == {"fact.ended_at"}


@pytest.mark.parametrize("seconds", [253_402_300_800, -62_135_596_801, 2**63 - 1, -(2**63)])
def test_a_time_outside_the_calendar_is_refused(seconds: int) -> None:
    request = changed(lambda r: setattr(r.envelope.occurred_at.time, "seconds", seconds))
    assert violations(request) == {"envelope.occurred_at.time": "lies outside the years 1 to 9999"}


@pytest.mark.parametrize("number", [0, 99, -1])
def test_an_enum_value_that_is_none_is_refused_with_the_choices(number: int) -> None:
    found = violations(changed(lambda r: setattr(r.fact, "access", number)))
    assert list(found) == ["fact.access"]
    assert "VENOUS_ACCESS_PERIPHERAL" in found["fact.access"]
    assert "UNSPECIFIED" not in found["fact.access"]


def test_an_enum_value_in_a_list_is_named_by_its_place() -> None:
    request = samples.request("LicenceGranted")
    request.fact.activities[1] = 77
    assert list(violations(request)) == ["fact.activities[1]"]


def test_a_missing_alternative_is_told_under_the_name_of_its_group() -> None:
    found = violations(changed(lambda r: r.fact.ClearField("intended_for")))
    assert found == {"fact.intended_for": "give exactly one of autologous, directed, allogeneic; given: none"}


def test_a_field_that_this_server_does_not_know_is_refused_where_it_stands() -> None:
    request = samples.apheresis()
    newer = envelope_pb2.Envelope(system="from a newer client").SerializeToString()  # field 9, which Place lacks
    request.envelope.place.MergeFromString(newer)
    request.fact.bags[0].contents[1].MergeFromString(newer)
    assert len(UnknownFieldSet(request.envelope.place)) == 1
    assert violations(request) == dict.fromkeys(
        ("envelope.place", "fact.bags[0].contents[1]"), "holds field 9, which this server does not know"
    )


def test_a_field_of_the_request_itself_is_refused_too() -> None:
    request = samples.apheresis()
    request.MergeFromString(b"\x32\x01x")  # field 6, kept for presented scans
    assert violations(request) == {"request": "holds field 6, which this server does not know"}


def test_all_violations_are_told_at_once() -> None:
    def change(request: AnyMessage) -> None:
        request.request_id = "mine"
        request.envelope.place.site.ClearField("scheme")
        request.envelope.occurred_at.time.nanos = 1
        request.fact.bags[1].contents[0].value = "1,5"
        request.fact.access = 0
        del request.fact.lots[:]
        request.exceptions.add(reason="no kind")

    assert set(violations(changed(change))) == {
        "request_id",
        "envelope.place.site.scheme",
        "envelope.occurred_at.time",
        "fact.bags[1].contents[0].value",
        "fact.access",
        "fact.lots",
        "exceptions[0].kind",
        "exceptions[0].reason_code",
    }


def test_any_fact_must_hold_one() -> None:
    request = samples.any_request("DidNotHappen")
    request.fact.Clear()
    assert violations(request) == {"fact": "must hold one fact of a type that this server knows"}


def test_the_path_through_any_fact_names_the_type() -> None:
    request = samples.any_request("DidNotHappen")
    request.fact.did_not_happen.ClearField("explanation")
    assert "fact.did_not_happen.explanation" in violations(request)


def test_what_only_the_ledger_makes_cannot_be_sent() -> None:
    request = samples.any_request("DidNotHappen", minimal=True)
    request.fact.refused.SetInParent()
    assert violations(request) == {"fact.refused": "Refused is made by the ledger and cannot be sent"}


def test_a_correction_cannot_hold_a_record_about_a_fact() -> None:
    request = samples.request("Corrected")
    request.fact.fact.did_not_happen.CopyFrom(samples.request("DidNotHappen").fact)
    assert "fact.fact.did_not_happen" in violations(request)


@pytest.mark.parametrize("text", ["Patient 943 476 5919 was told", "9434765919"])
def test_an_nhs_number_in_free_text_is_refused_and_not_echoed(text: str) -> None:
    found = violations(changed(lambda r: setattr(r.envelope.place, "spot", text)))
    assert list(found) == ["envelope.place.spot"]
    assert "943" not in found["envelope.place.spot"]


def test_a_signature_must_cover_this_content() -> None:
    request = samples.request("ApheresisPerformed")
    request.fact.cycles += 1
    found = violations(request)
    places = {f"envelope.signatures[{i}].content_hash" for i in range(2)} | {"exceptions[0].signature.content_hash"}
    assert set(found) == places
    assert all("validate_only" in text for text in found.values())


def test_a_signature_cannot_be_moved_to_another_request() -> None:
    request = samples.request("PointOfCareReleased")
    request.request_id = KEY
    assert list(violations(request)) == ["envelope.signatures[0].content_hash"]


def test_signatures_may_be_added_one_after_the_other() -> None:
    request = samples.request("ApheresisPerformed")
    del request.envelope.signatures[1]
    assert len(incoming.draft(request).content.envelope.signatures) == 1


def test_content_that_would_not_fit_into_a_record_is_refused() -> None:
    request = samples.request("DidNotHappen")
    del request.envelope.signatures[:]
    for number in range(30):
        request.exceptions.add(kind=1, reason_code=1, reason=f"{number}" + "x" * 3900)
    found = violations(request)
    assert list(found) == ["request"]
    assert str(incoming.LARGEST_CONTENT) in found["request"]


def test_a_bad_key_does_not_hide_that_the_content_is_too_large() -> None:
    request = samples.request("DidNotHappen")
    request.request_id = "mine"
    for number in range(30):
        request.exceptions.add(kind=1, reason_code=1, reason=f"{number}" + "x" * 3900)
    assert set(violations(request)) == {"request_id", "request"}


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("envelope.occurred_at.utc_offset", "BST", "+01:00"),
        ("envelope.place.latitude", "north", "2.60"),
        ("envelope.sender_reference", "two\tcells", "one line"),
        ("envelope.place.spot", "bell\a", "line breaks are allowed"),
        ("fact.lots[0].expiry", "12/2026", "2027-03"),
        ("envelope.place.site.scheme", "", "must not be empty"),
    ],
)
def test_a_form_is_named_with_an_example(path: str, text: str, said: str) -> None:
    def change(request: AnyMessage) -> None:
        *parts, name = path.replace("[0]", ".0").split(".")
        part = request
        for one in parts:
            part = part[0] if one == "0" else getattr(part, one)
        setattr(part, name, text)

    found = violations(changed(change))
    assert said in found[path]
    assert "regex" not in found[path]


def test_exceptions_are_counted() -> None:
    request = samples.apheresis()
    for _ in range(incoming.MOST_EXCEPTIONS + 1):
        request.exceptions.add(kind=1, reason_code=1, reason="x")
    assert violations(request) == {"exceptions": "at most 64; given: 65"}


def test_a_question_is_checked_like_a_fact() -> None:
    question = inspection_pb2.GetFactRequest()
    question.MergeFromString(b"\x32\x01x")
    with pytest.raises(Malformed) as caught:
        incoming.check(question)
    assert [one.path for one in caught.value.violations] == ["request", "position"]


@pytest.mark.parametrize("text", ["", "coi", "coi:isbt128-coi", "nothing:x:y", "coi::x"])
def test_a_tag_must_be_one(text: str) -> None:
    with pytest.raises(Malformed):
        incoming.label(text, "subject")


def test_a_tag_is_read_in_its_one_spelling() -> None:
    assert incoming.label("lot:lot.ALB:A B", "subject") == "lot:lot.ALB:A%20B"


def test_the_axes_of_a_question_are_times_that_facts_can_have() -> None:
    axes = inspection_pb2.AsOf(position=7)
    axes.occurred.nanos = 1
    with pytest.raises(Malformed) as caught:
        incoming.as_of(axes)
    assert [one.path for one in caught.value.violations] == ["as_of.occurred"]
