"""How long records are kept: the longest period that applies; no end under a hold, or while a start is not known."""

from datetime import UTC, datetime

import pytest

from ledger.domain import civil_time
from ledger.domain.facts.terms import Route
from ledger.domain.rules.case import DEFAULTS
from ledger.domain.rules.parameters import LIMITS
from ledger.domain.rules.retention import Around, Retention, Told, retention
from tests.support import following, world
from tests.support.world import Draft, filled, quantity, time

KNOWN = time("2026-04-15T10:00Z")
DAY = "2026-04-14T10:30Z"


def told(*drafts: Draft) -> list[Told]:
    """Facts as they count, each when it says that it happened."""
    return [Told(content=one.content, at=one.content.envelope.occurred_at.time) for one in drafts]


def found(*drafts: Draft, parameters: dict[str, str] | None = None, **around: object) -> Retention:
    """How long the records of some facts are kept."""
    return retention(told(*drafts), Around(**{"known": KNOWN, **around}), {**DEFAULTS, **(parameters or {})})  # type: ignore[arg-type]


def reasons(what: Retention) -> dict[str, datetime | None]:
    """Every period that applies, with its end."""
    return {one.reason: one.until for one in what.periods}


def test_traceability_runs_thirty_years_from_the_last_that_is_known_its_day_included() -> None:
    assert found(world.start()) == found(world.start(at="2026-04-14T11:00Z"))
    assert (found(world.start()).until, found(world.start()).endless) == (time("2056-04-15T23:00Z"), False)


def test_an_expiry_or_a_use_later_than_what_is_known_moves_the_end() -> None:
    late = world.completion(containers=[filled(world.FINAL, quantity("68"), expiry="2027-01")])
    assert found(late).until == time("2057-02-01T00:00Z")
    assert found(world.start(at="2026-06-01T10:00Z")).until == time("2056-06-01T23:00Z")


@pytest.mark.parametrize(
    ("parameters", "until"),
    [({}, "2056-04-15T23:00Z"), ({"retention-traceability-years": "40"}, "2066-04-15T23:00Z")],
)
def test_a_rulebook_may_lengthen_a_period(parameters: dict[str, str], until: str) -> None:
    assert found(world.start(), parameters=parameters).until == time(until)


def test_a_rulebook_may_never_shorten_a_period() -> None:
    periods = {name: LIMITS[name][0] for name in DEFAULTS if name.startswith("retention-")}
    assert periods == {name: int(DEFAULTS[name]) for name in periods}
    assert len(periods) == 10


def test_a_release_keeps_batch_documents_five_years_from_certification_and_one_from_expiry() -> None:
    made = world.completion(containers=[filled(world.FINAL, quantity("68"), expires_at=time("2026-04-14T13:00Z"))])
    assert reasons(found(made, world.release())) == {
        "traceability": time("2056-04-15T23:00Z"),
        "certification": time("2031-04-14T23:00Z"),
        "batch documents": time("2027-04-14T23:00Z"),
    }


def test_a_trial_keeps_its_file_twenty_five_years_after_it_ended_and_without_end_until_then() -> None:
    open_ = found(world.start(), route=Route.CLINICAL_TRIAL)
    assert (open_.endless, reasons(open_)["trial master file"]) == (True, None)
    ended = found(world.start(), route=Route.CLINICAL_TRIAL, trial_ended=time("2040-01-01T12:00Z"))
    assert (ended.endless, ended.until) == (False, time("2065-01-02T00:00Z"))


def test_a_trial_keeps_documents_of_batches_five_years_and_samples_two_after_it_ended_or_after_release() -> None:
    kept = reasons(found(world.release(), route=Route.CLINICAL_TRIAL, trial_ended=time("2030-01-01T12:00Z")))
    assert {name: kept[name] for name in kept if name.startswith(("samples", "batch documents of"))} == {
        "batch documents of a trial": time("2035-01-02T00:00Z"),
        "samples of the investigational product": time("2032-01-02T00:00Z"),
        "samples of its starting materials": time("2028-04-14T23:00Z"),
    }


def test_a_trial_file_that_supported_an_application_is_kept_two_years_after_the_authorisation() -> None:
    over, name = time("2030-01-01T12:00Z"), "trial master file that supported an application"
    assert name not in reasons(found(world.start(), route=Route.CLINICAL_TRIAL, trial_ended=over))
    granted = time("2060-01-01T12:00Z")
    late = found(world.start(), route=Route.CLINICAL_TRIAL, trial_ended=over, authorised=granted)
    assert (reasons(late)[name], late.until) == (time("2062-01-02T00:00Z"), time("2062-01-02T00:00Z"))


@pytest.mark.parametrize("mode", ["POINT_OF_CARE", "MODULAR"])
def test_a_special_made_near_its_patient_is_kept_five_years_after_it_is_supplied_no_more(mode: str) -> None:
    batch, name = (
        world.poc_batch(mode=f"MANUFACTURING_MODE_{mode}"),
        "supply of an unlicensed modular or point of care product",
    )
    supplied = found(batch, world.start(), route=Route.SPECIAL)
    assert (supplied.endless, reasons(supplied)[name]) == (True, None)
    over = found(batch, world.start(), route=Route.SPECIAL, discontinued=time("2027-01-01T12:00Z"))
    assert (over.endless, reasons(over)[name]) == (False, time("2032-01-02T00:00Z"))


def test_a_special_made_centrally_has_no_such_period() -> None:
    batch = world.poc_batch(mode="MANUFACTURING_MODE_CENTRAL")
    assert set(reasons(found(batch, world.start(), route=Route.SPECIAL))) == {"traceability", "supply of a special"}


def test_a_special_and_blood_have_periods_of_their_own() -> None:
    special = reasons(found(world.start(), route=Route.SPECIAL))
    blood = reasons(found(world.receipt(), world.results(), blood=True))
    assert special["supply of a special"] == time("2031-04-14T23:00Z")
    assert (set(blood), blood["blood traceability"]) == (
        {"traceability", "blood traceability", "blood donor tests"},
        civil_time.years_after(world.receipt().content.envelope.occurred_at.time, 30),
    )


def test_a_follow_up_of_forty_years_is_longer_than_the_law_asks() -> None:
    assert found(following.schedule(until="2066-04-14")).until == time("2066-04-14T23:00Z")


def test_a_legal_hold_has_no_end_whatever_the_periods_say() -> None:
    held = found(world.start(), holds=(63,))
    assert (held.endless, held.holds, held.until) == (True, (63,), time("2056-04-15T23:00Z"))


@pytest.mark.parametrize(
    ("start", "years", "until"),
    [
        ("2024-02-29T12:00Z", 1, "2025-03-02T00:00Z"),
        ("2024-02-29T12:00Z", 4, "2028-03-01T00:00Z"),
        ("2026-06-01T23:30Z", 1, "2027-06-02T23:00Z"),
    ],
)
def test_years_are_counted_from_the_uk_civil_day_and_never_end_too_early(start: str, years: int, until: str) -> None:
    assert civil_time.years_after(time(start), years) == time(until)


def test_at_the_end_of_time_years_still_end() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert civil_time.years_after(last, 30) == civil_time.years_after(time("9990-01-01T00:00Z"), 30) == last
