"""How long the records of a chain are kept, as its replay says: it follows the facts, and holds have no end."""

from ledger.domain.rules.retention import Retention
from services.cli.timeline import kept as lines
from tests.support import vigilance, world
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
    assert {one.reason for one in kept(ledger).periods} == {"traceability", "trial master file"}


def test_a_replay_says_it_in_words() -> None:
    ledger = treated()
    assert lines(kept(ledger)) == ["records are kept at least until 14 Apr 2056 (traceability)"]
    ledger.given(vigilance.hold())
    assert lines(kept(ledger))[1:] == [f"without end while legal hold #{ledger.position} stands"]


def test_only_a_chain_has_a_retention() -> None:
    assert treated().ledger.replay(tag("batch", POC_BATCH)).retention is None
