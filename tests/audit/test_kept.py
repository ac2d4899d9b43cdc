"""How long the records of a chain are kept, as its replay says: it follows the facts, and holds have no end."""

from datetime import datetime

from ledger.domain.rules.retention import Retention
from tests.support import released, vigilance, world
from tests.support.judged import Asked, given
from tests.support.world import CHAIN, POC_BATCH, tag, time


def kept(ledger: Asked, chain: str = tag("coi", CHAIN)) -> Retention:
    """What a replay of the chain says."""
    found = ledger.ledger.replay(chain).retention
    assert found is not None
    return found


def treated() -> Asked:
    """The whole story."""
    return given(*world.registers(), *world.story())


def test_a_chain_is_kept_thirty_years_from_the_last_that_was_recorded_of_it() -> None:
    ledger = treated()
    before = kept(ledger)
    assert (before.until.year, before.endless) == (ledger.now.year + 30, False)
    ledger.given(vigilance.reaction(coi=CHAIN, at="2029-05-01T08:30Z", known_at=time("2029-05-01T08:00Z")))
    assert kept(ledger).until == time("2059-05-01T23:00Z")


def test_a_hold_on_the_chain_or_on_its_batch_stands_until_it_is_lifted() -> None:
    ledger = treated().given(vigilance.hold())
    chain = ledger.position
    ledger.given(vigilance.hold({"batch": POC_BATCH}))
    assert (kept(ledger).holds, kept(ledger).endless) == ((chain, ledger.position), True)
    ledger.given(vigilance.lifted_hold(chain))
    assert kept(ledger).holds == (chain + 1,)


def test_the_file_of_a_trial_has_no_end_until_the_trial_has_ended() -> None:
    trial = {"authorisation": world.AUTHORISATION, "product": world.PRODUCT}
    ledger = given(*world.registers(), world.authorisation(kind="AUTHORISATION_KIND_CLINICAL_TRIAL"))
    ledger.when(world.sample("RouteConfirmed", coi=CHAIN, patient=world.PATIENT, route="ROUTE_CLINICAL_TRIAL", **trial))
    assert kept(ledger).endless
    ledger.when(
        world.sample("AuthorisationEnded", authorisation=world.AUTHORISATION, effective_from=time("2026-05-01T08:00Z"))
    )
    assert not kept(ledger).endless
    assert {one.reason for one in kept(ledger).periods} == {
        "traceability",
        "trial master file",
        "batch documents of a trial",
        "samples of the investigational product",
    }


def test_a_replay_says_it_in_words() -> None:
    ledger = treated()
    assert kept(ledger).lines == ("records are kept at least until 14 Apr 2056 (traceability)",)
    ledger.given(vigilance.hold())
    assert kept(ledger).lines[1:] == (f"without end while legal hold #{ledger.position} stands",)


def test_only_a_chain_has_a_retention() -> None:
    assert treated().ledger.replay(tag("batch", POC_BATCH)).retention is None


SUPPLY = "supply of an unlicensed modular or point of care product"


def special() -> Asked:
    """A special that was made at a point of care and given."""
    ledger = given(*world.registers(), released.route("SPECIAL"))
    for draft in world.story():
        ledger.tell(draft)
    return ledger


def supplied_until(ledger: Asked) -> datetime | None:
    """From when the five years run after the supply was discontinued."""
    return next(one.start for one in kept(ledger).periods if one.reason == SUPPLY)


def test_a_special_of_a_point_of_care_is_kept_until_its_licence_or_its_designation_has_ended() -> None:
    ledger = special()
    assert (supplied_until(ledger), kept(ledger).endless) == (None, True)
    ended = world.time("2026-06-01T08:00Z")
    ledger.when(
        world.sample(
            "DesignationEnded", designation=world.DESIGNATION, product=world.PRODUCT, effective_from="2026-07-01"
        )
    )
    assert supplied_until(ledger) == world.time("2026-06-30T23:00Z")
    ledger.when(world.ended_licence(world.MIA_POC, since="2026-06-01T08:00Z"))
    assert (supplied_until(ledger), kept(ledger).endless) == (ended, False)


def test_a_trial_is_kept_for_the_authorisation_that_it_supported() -> None:
    trial = {"authorisation": world.AUTHORISATION, "product": world.PRODUCT}
    ledger = given(*world.registers(), world.authorisation(kind="AUTHORISATION_KIND_CLINICAL_TRIAL"))
    ledger.when(world.sample("RouteConfirmed", coi=CHAIN, patient=world.PATIENT, route="ROUTE_CLINICAL_TRIAL", **trial))
    granted = world.authorisation(
        authorisation=world.name("mhra", "PLGB-99999-0009"),
        kind="AUTHORISATION_KIND_MARKETING_AUTHORISATION",
        effective_from="2026-04-02",
    )
    ledger.when(granted)
    name = "trial master file that supported an application"
    assert next(one.until for one in kept(ledger).periods if one.reason == name) == world.time("2028-04-02T23:00Z")


def test_the_card_of_a_chain_says_how_long_its_records_are_kept() -> None:
    ledger = treated()
    card = ledger.ledger.look_up(tag("coi", CHAIN)).cards[0]
    assert card.conditions == kept(ledger).lines
    ledger.given(vigilance.hold())
    assert (
        f"without end while legal hold #{ledger.position} stands"
        in ledger.ledger.look_up(tag("coi", CHAIN)).cards[0].conditions
    )
