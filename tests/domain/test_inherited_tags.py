"""Inherited tags are an index and never state, and every verdict comes out again from the log alone."""

from collections.abc import Sequence

import msgspec
import pytest

from ledger.audit.rejudge import Difference, essence, rejudge
from ledger.domain.facts import record as records
from ledger.domain.finding import Outcome
from ledger.store.rows import Stored
from tests.support import world
from tests.support.judged import Asked, given
from tests.support.random_story import random_story


def bare(rows: Sequence[Stored]) -> list[Stored]:
    """The same log without one inherited tag."""
    return [msgspec.structs.replace(row, record=_without_inherited(row.record)) for row in rows]


def _without_inherited(octets: bytes) -> bytes:
    record = msgspec.json.decode(octets)
    record["verdict"].pop("inherited", None)
    return msgspec.json.encode(record)


def outcomes(ledger: Asked) -> set[Outcome]:
    """What became of facts."""
    found = [ledger.ledger.fact(row.position).record for row in ledger.rows()]
    return {record.verdict.outcome for record in found if record is not None}


def test_the_whole_story_is_judged_alike_from_its_stored_bytes() -> None:
    rows = given(*world.registers(), *world.story()).rows()
    assert rejudge(rows) is None
    assert any(b'"inherited"' in row.record for row in rows)


def test_the_whole_story_is_judged_alike_without_any_inherited_tag() -> None:
    rows = bare(given(*world.registers(), *world.story()).rows())
    assert not any(b'"inherited"' in row.record for row in rows)
    assert rejudge(rows) is None


@pytest.mark.parametrize("seed", range(24))
def test_a_random_story_is_judged_alike_from_its_bytes_with_and_without_inherited_tags(seed: int) -> None:
    rows = random_story(seed).rows()
    assert rejudge(rows) is None
    assert rejudge(bare(rows)) is None


def test_random_stories_have_every_outcome() -> None:
    assert set.union(*(outcomes(random_story(seed)) for seed in range(4))) == set(Outcome)


def verdicts(ledger: Asked) -> list[tuple[object, ...]]:
    """What every fact was found to be, in order."""
    return [essence(records.decode(row.record).verdict) for row in ledger.rows()]


@pytest.mark.parametrize("seed", [*range(24, 36), 2052, 2064, 2114, 2173])
def test_a_random_story_is_judged_alike_when_nothing_is_cached(seed: int) -> None:
    assert verdicts(random_story(seed, cached=False)) == verdicts(random_story(seed))


def test_a_verdict_that_was_changed_is_found() -> None:
    rows = given(*world.registers(), *world.story()).rows()
    last = msgspec.json.decode(rows[-1].record)
    last["verdict"]["outcome"] = "OUTCOME_RECORDED_AS_DEVIATION"
    found = rejudge([*rows[:-1], msgspec.structs.replace(rows[-1], record=msgspec.json.encode(last))])
    assert isinstance(found, Difference)
    assert (found.position, found.stored.outcome, found.now.outcome) == (
        len(rows),
        Outcome.RECORDED_AS_DEVIATION,
        Outcome.RECORDED,
    )
