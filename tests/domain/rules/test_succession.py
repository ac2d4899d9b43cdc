"""Organisations that take over others: custody, licences, roles, records and parties pass, and no trace breaks."""

from tests.audit.test_parties import feed, heard, organisation, parties
from tests.domain.rules.test_keeping import ceasing
from tests.support import transport, vigilance, world
from tests.support.judged import Asked, bar, given, note
from tests.support.world import (
    BAG_A,
    CHAIN,
    COLLECTING,
    HTA,
    PHARMACIST,
    POC_SITE,
    TREATING,
    tag,
)

A, UNIT, OLD = tag("material", BAG_A), tag("site", world.APHERESIS_UNIT), tag("organisation", COLLECTING)
NOWHERE = note("C6", "zone:zone.RXK:F-1")
EVERYTHING = ("SITES", "LICENCES", "RECORDS")


def succeeded(*parts: str, since: str = "2026-04-02", **changes: object) -> world.Draft:
    """OrganisationSucceeded: the collecting hospital becomes a part of the treating one."""
    data = {
        "predecessor": COLLECTING,
        "successor": TREATING,
        "passes": [f"SUCCESSION_PART_{part}" for part in parts or EVERYTHING],
        "effective_from": since,
    }
    return world.fact("OrganisationSucceeded", data, {**world._REGISTRY, "at": f"{since}T08:00Z"}, changes)


def test_a_story_goes_on_through_a_succession_as_if_nothing_had_happened() -> None:
    given(*world.until("apheresis"), succeeded(), *world.since("apheresis"))
    given(*world.until("second_dispatch"), succeeded(since="2026-04-10"), *world.since("second_dispatch"))


def test_C2_knows_the_successor_as_the_holder_of_what_lies_at_a_site_that_it_took_over() -> None:
    stored = transport.stored(world.name("zone.RXK", "F-1"), BAG_A, at="2026-04-07T12:30Z", **transport.WARD)
    given(*world.until("dispatch")).when(stored).then_refused(bar("C2", A), NOWHERE)
    given(*world.until("dispatch"), succeeded()).when(stored).then_noted(note("C2", A), NOWHERE)
    limited = succeeded("SITES", "RECORDS", sites=[world.LABORATORY])
    given(*world.until("dispatch"), limited).when(stored).then_refused(bar("C2", A), NOWHERE)


def test_L1_takes_the_successors_hands_for_the_holder_of_a_licence_only_where_licences_passed_too() -> None:
    given(*world.until("apheresis"), succeeded()).when(world.apheresis()).then_recorded()
    ledger = Asked().given(*world.until("apheresis")).given(succeeded("SITES", "RECORDS"))
    ledger.when(world.apheresis()).then_refused(bar("L1", UNIT))
    other = succeeded(licences=[world.MIA])
    given(*world.until("apheresis"), other).when(world.apheresis()).then_refused(bar("L1", UNIT))


def test_R1_knows_a_role_that_was_granted_in_either_of_the_two_houses() -> None:
    role = world.role(PHARMACIST, "RELEASER", in_organisation=COLLECTING)
    given(*world.until("release", releaser_role=role)).when(world.release()).then_refused("R1")
    given(*world.until("release", releaser_role=role), succeeded()).when(world.release()).then_recorded()


def test_what_was_taken_over_and_given_back_is_the_first_ones_again() -> None:
    back = succeeded(since="2026-04-05", predecessor=TREATING, successor=COLLECTING)
    given(*world.until("apheresis"), succeeded(), back, *world.since("apheresis", "poc_batch"))


def test_a_succession_that_did_not_happen_passes_nothing() -> None:
    ledger = given(*world.until("dispatch"), succeeded())
    ledger.given(world.did_not_happen(ledger.position))
    stored = transport.stored(world.name("zone.RXK", "F-1"), BAG_A, at="2026-04-07T12:30Z", **transport.WARD)
    ledger.when(stored).then_refused(bar("C2", A), NOWHERE)


# E7, E8


def test_E7_refuses_an_organisation_that_succeeds_itself_and_notes_records_that_stay_behind() -> None:
    ledger = given(*world.registers())
    ledger.when(succeeded(successor=COLLECTING)).then_refused(bar("E7", OLD))
    ledger.when(succeeded("SITES")).then_noted(note("E7", OLD))
    ledger.when(succeeded()).then_recorded()


def test_E7_accepts_the_end_of_a_licence_whose_records_a_successor_keeps() -> None:
    given_up = world.ended_licence(HTA, reason="LICENCE_END_REASON_SURRENDERED", records_custodian=None)
    given(*world.registers()).when(given_up).then_refused(bar("E7", tag("licence", HTA)))
    given(*world.registers(), succeeded(since="2026-01-20")).when(given_up).then_recorded()
    alone = succeeded("SITES", since="2026-01-20")
    ledger = given(*world.registers())
    ledger.tell(alone)
    ledger.when(given_up).then_refused(bar("E7", tag("licence", HTA)))


def test_E7_accepts_the_end_of_a_site_whose_records_a_successor_keeps() -> None:
    merged = succeeded(since="2026-04-10", predecessor=TREATING, successor=COLLECTING)
    ended = ceasing("2026-04-15T08:00Z")
    given(*world.registers()).when(ended).then_refused(bar("E7", tag("site", POC_SITE)))
    given(*world.registers(), merged).when(ended).then_recorded()


def test_E8_knows_who_took_over_the_hospital_on_the_other_side() -> None:
    trust = world.name("ods", "R0A")
    told = vigilance.disclosure("OTHER", trust, donor=vigilance.DONOR, coi=[CHAIN], at="2026-04-15T10:00Z")
    merged = succeeded(since="2026-04-10", predecessor=TREATING, successor=trust)
    ledger = given(*world.until("circulation", **world.allogeneic()), world.organisation(trust))
    ledger.given(merged).when(told).then_refused(bar("E8", tag("donor", vigilance.DONOR)))


# Parties, trace, replay


def test_the_successor_hears_from_then_on_what_its_predecessor_would_and_takes_its_place_as_a_party() -> None:
    trust = world.name("ods", "R0A")
    merged = succeeded(since="2026-04-10", predecessor=TREATING, successor=trust)
    ledger = given(*world.until("second_receipt"), merged)
    before, told = ledger.position, feed(ledger, trust)
    assert [item for item in heard(told) if isinstance(item, int) and item > len(world.registers())] == [before]
    ledger.given(*world.since("second_receipt", "check"))
    assert [item for item in heard(feed(ledger, trust)) if isinstance(item, int) and item > before] == [
        item for item in heard(feed(ledger, TREATING)) if isinstance(item, int) and item > before
    ]
    ledger.given(world.check(organisation=trust))
    assert parties(ledger)[organisation(trust)].position == ledger.position


def test_trace_and_replay_lead_across_the_succession() -> None:
    ledger = given(*world.until("second_dispatch"), succeeded(since="2026-04-10"), *world.since("second_dispatch"))
    lot = tag("lot", world.VECTOR_LOT)
    assert tag("patient", world.PATIENT) in {node.tag for node in ledger.ledger.trace(lot, "forward").nodes}
    types = [step.fact.type for step in ledger.ledger.replay(tag("coi", CHAIN)).steps]
    assert {"ApheresisPerformed", "AdministrationEnded"} <= set(types)


def test_cards_and_replay_say_who_has_a_container_by_the_name_of_the_day() -> None:
    ledger = given(*world.until("dispatch"))
    assert ledger.ledger.look_up(A).cards[0].holder == OLD
    stored = transport.stored(world.name("zone.RR8", "F-1"), BAG_A, at="2026-04-09T12:30Z", **transport.UNIT)
    ledger = given(*world.until("dispatch"), succeeded(since="2026-04-08"))
    ledger.when(stored).then_noted(note("C6", "zone:zone.RR8:F-1"))
    assert ledger.ledger.look_up(A).cards[0].holder == tag("organisation", TREATING)
    last = ledger.ledger.replay(A).steps[-1].containers
    assert [one.holder for one in last if one.container == A] == [tag("organisation", TREATING)]
