"""Where facts are born: every violation with its path, and no identity of anybody."""

from typing import Any

import pytest

from ledger.domain.facts.administration import BedsideIdentityChecked
from ledger.domain.facts.birth import MOST_IDENTIFIERS, Malformed, Violation, born
from ledger.domain.facts.custody import ConsignmentDispatched
from ledger.domain.facts.enrolment import ConsentRecorded
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.procurement import ApheresisPerformed
from ledger.domain.facts.registry import ProductRegistered, SiteRegistered
from ledger.domain.facts.shape import Value
from tests.support import world
from tests.support.world import name

NUMBER = "943 476 5919"
IDENTITY = "holds an NHS number; the ledger keeps no identity: leave it out"


def violations(struct: type[Value], data: object, path: str = "fact") -> list[Violation]:
    """What is wrong with data."""
    with pytest.raises(Malformed) as caught:
        born(struct, data, path)
    return list(caught.value.violations)


def consent(**changes: Any) -> world.Data:  # noqa: ANN401 - any field
    """A consent, as data."""
    whole = {"patient": world.PATIENT, "kinds": ["CONSENT_KIND_TREATMENT"], "given_by": "CONSENT_GIVER_SELF"}
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def test_every_violation_is_told_with_its_path() -> None:
    wrong = {
        "materials": [{"scheme": "x"}, {"scheme": "", "value": "1", "colour": "red"}, "bag"],
        "patient": None,
        "checks": [],
        "outcome": "IDENTITY_OUTCOME_PERHAPS",
        "asked_aloud": "yes",
        "sent_by": "fax",
    }
    assert violations(BedsideIdentityChecked, wrong) == [
        Violation("fact.sent_by", "is not a field of BedsideIdentityChecked"),
        Violation("fact.materials[0].value", "is required"),
        Violation("fact.materials[1].colour", "is not a field of Identifier"),
        Violation("fact.materials[1].scheme", "Expected `str` of length >= 1"),
        Violation("fact.materials[2]", "must be an object"),
        Violation("fact.patient", "must be an object"),
        Violation("fact.checks", "is required: give at least one"),
        Violation("fact.outcome", "is no value of IdentityOutcome"),
        Violation("fact.asked_aloud", "Expected `bool | null`, got `str`"),
    ]


def test_the_message_names_the_first_violation_and_how_many_more() -> None:
    with pytest.raises(Malformed, match=r"^fact\.kinds: is required \(and 1 more\)$"):
        born(ConsentRecorded, consent(kinds=None, given_by=None), "fact")
    with pytest.raises(Malformed, match=r"^kinds: is required$"):
        born(ConsentRecorded, consent(kinds=None))


@pytest.mark.parametrize(("path", "where"), [("", "request"), ("fact", "fact")])
def test_what_is_no_object_is_refused(path: str, where: str) -> None:
    assert violations(ConsentRecorded, ["a list"], path) == [Violation(where, "must be an object")]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("2.60", False), ("-0.5", False), ("1e3", True), ("+1", True), ("01", True), ("1.", True), ("1\n", True)],
)
def test_a_decimal_is_plain(text: str, wrong: bool) -> None:
    data = world.plain(world.apheresis())["fact"]
    data["processed"] = {"value": text, "unit": "L"}
    if not wrong:
        assert born(ApheresisPerformed, data).processed is not None
        return
    assert [violation.path for violation in violations(ApheresisPerformed, data)] == ["fact.processed.value"]


# Identity


def test_a_number_in_free_text_is_refused_and_not_echoed() -> None:
    found = violations(ConsentRecorded, consent(purposes=["treatment", f"for {NUMBER}"], disposal_instruction=NUMBER))
    assert found == [Violation("fact.purposes[1]", IDENTITY), Violation("fact.disposal_instruction", IDENTITY)]
    with pytest.raises(Malformed) as caught:
        born(ConsentRecorded, consent(disposal_instruction=NUMBER))
    assert NUMBER not in str(caught.value)


def test_a_number_in_free_text_is_told_beside_what_else_is_wrong() -> None:
    wrong = consent(purposes=["treatment", NUMBER], disposal_instruction=NUMBER, kinds=None)
    assert violations(ConsentRecorded, wrong) == [
        Violation("fact.kinds", "is required"),
        Violation("fact.purposes[1]", IDENTITY),
        Violation("fact.disposal_instruction", IDENTITY),
    ]


def test_a_number_in_the_place_of_a_word_is_not_echoed() -> None:
    assert violations(ConsentRecorded, consent(given_by=NUMBER)) == [
        Violation("fact.given_by", "is no value of ConsentGiver")
    ]


def test_a_number_in_the_envelope_is_refused() -> None:
    envelope = world.plain(world.consent())["envelope"]
    envelope["place"]["spot"] = f"bed of {NUMBER}"
    assert violations(Envelope, envelope, "envelope") == [Violation("envelope.place.spot", IDENTITY)]


@pytest.mark.parametrize("scheme", ["nhs", "NHS", "nhs-number", "chi", "hcn", "passport", "name"])
def test_a_scheme_that_is_identity_is_refused(scheme: str) -> None:
    wrong = Violation("fact.patient", f"scheme {scheme!r} is identity of a person; send the pseudonym instead")
    assert violations(ConsentRecorded, consent(patient=name(scheme, "9434765919"))) == [wrong]
    both = violations(ConsentRecorded, consent(patient=name(scheme, "9434765919"), kinds=None))
    assert both == [wrong, Violation("fact.kinds", "is required")]


def test_a_scheme_that_is_identity_is_refused_in_a_list() -> None:
    data = world.plain(world.dispatch())["fact"]
    data["materials"] = [world.BAG_A, name("nhs", "1")]
    text = "scheme 'nhs' is identity of a person; send the pseudonym instead"
    assert violations(ConsignmentDispatched, data) == [Violation("fact.materials[1]", text)]
    del data["transport"]
    assert violations(ConsignmentDispatched, data) == [
        Violation("fact.materials[1]", text),
        Violation("fact.transport", "is required"),
    ]


# Groups


@pytest.mark.parametrize(
    ("changes", "given"),
    [({"patient": None}, "none"), ({"donor": world.PATIENT}, "patient, donor")],
    ids=["none", "both"],
)
@pytest.mark.parametrize("broken", [False, True], ids=["alone", "beside what else is wrong"])
def test_exactly_one_of_a_group_is_given(changes: world.Data, given: str, broken: bool) -> None:
    wrong = Violation("fact.person", f"give exactly one of patient, donor; given: {given}")
    rest = [Violation("fact.kinds", "is required")] if broken else []
    data = consent(**changes, **({"kinds": None} if broken else {}))
    assert violations(ConsentRecorded, data) == [wrong, *rest]


def test_at_most_one_basis_is_named() -> None:
    envelope = world.plain(world.consent())["envelope"]
    envelope |= {"licence": world.HTA, "agreement": world.HTA}
    text = "give at most one of licence, agreement, authorisation; given: licence, agreement"
    assert violations(Envelope, envelope, "envelope") == [Violation("envelope.basis", text)]


def test_a_part_inside_a_fact_has_its_groups_too() -> None:
    data = world.plain(world.site(bases=[]))["fact"]
    data["bases"] = [{"activity": "ACTIVITY_STORAGE", "effective_from": "2026-01-05"}]
    text = "give exactly one of licence, agreement, authorisation; given: none"
    assert violations(SiteRegistered, data) == [Violation("fact.bases[0].basis", text)]


# Sizes


def bags(count: int) -> world.Data:
    """A dispatch that names so many containers, and its own id and destination."""
    return {**world.plain(world.dispatch())["fact"], "materials": [name("x", str(number)) for number in range(count)]}


def test_a_fact_names_so_many_things_and_no_more() -> None:
    others = 5
    assert len(born(ConsignmentDispatched, bags(MOST_IDENTIFIERS - others)).materials) == MOST_IDENTIFIERS - others
    assert violations(ConsignmentDispatched, bags(MOST_IDENTIFIERS - others + 1)) == [
        Violation("fact", "names 65 things; at most 64: split the fact")
    ]


def test_a_tag_has_so_many_bytes_and_no_more() -> None:
    longest = 200 - len("coi:x:")
    assert born(ConsentRecorded, consent(coi=name("x", "1" * longest))).coi is not None
    assert violations(ConsentRecorded, consent(coi=name("x", "1" * (longest + 1)))) == [
        Violation("fact.coi", "is too long: its tag may have 200 bytes")
    ]


def test_a_list_that_is_no_list_is_refused() -> None:
    data = world.plain(world.product())["fact"]
    assert violations(ProductRegistered, {**data, "prescription_bases": "all"}) == [
        Violation("fact.prescription_bases", "Expected `array`, got `str`")
    ]
    assert [found.path for found in violations(ProductRegistered, {**data, "prescription_bases": ["?"]})] == [
        "fact.prescription_bases"
    ]
