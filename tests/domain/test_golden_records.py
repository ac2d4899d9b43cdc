"""Records as they are stored, byte for byte: a refusal, a deviation with its cure, a correction, a clearance.

A stored record never changes. When a test here fails, what was written before would be written otherwise now: that may
be right for a verdict of rulebook 0, and never for content or stamp.
"""

from pathlib import Path
from uuid import UUID

import pytest

from ledger.domain.facts import record as records
from ledger.domain.finding import Outcome
from tests.support import released, world
from tests.support.judged import Asked, given

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "records"


SHORTER = {"second_poc_site": None}
"""One site fewer than others have: the label came into the story after these records were written, at their places."""


def key(number: int) -> UUID:
    """A request's key that is always the same."""
    return UUID(int=(0x2026 << 96) + number)


def wrong_patient() -> Asked:
    """The wrong patient, after a mismatch."""
    ledger = given(*world.until("check", **SHORTER))
    ledger.tell(world.check(patient=world.OTHER_PATIENT, outcome="IDENTITY_OUTCOME_MISMATCH", checks=world.DIFFERING))
    return ledger.when(world.start(id=key(1), patient=world.OTHER_PATIENT)).then_refused("I1", "I8", "R9")


def early_receipt() -> Asked:
    """A receipt before its dispatch was recorded, sent with the reason."""
    ledger = given(*world.until("second_dispatch"))
    return ledger.when(world.second_receipt(id=key(2), exceptions=[world.DEVIATION])).then_deviation("C1")


def late_dispatch() -> Asked:
    """The dispatch that came late."""
    return early_receipt().when(world.second_dispatch(id=key(3))).then_recorded()


def signed_correction() -> Asked:
    """48 mL were given, not 50, three minutes earlier."""
    ledger = given(*world.registers(**SHORTER), *world.story(end=world.end(id=key(5))))
    right = world.end(at="2026-04-14T10:49Z", given=[world.quantity("48")])
    return ledger.when(world.corrected(ledger.position, right, with_envelope=True, id=key(4))).then_recorded()


def bedside_check() -> Asked:
    """A check at the bedside that matches, and what the scanner showed."""
    return given(*world.until("check", **SHORTER)).when(world.check(id=key(6))).then_recorded()


def copied_from_paper() -> Asked:
    """A label applied without signal, copied from its form in the evening, with its whole content."""
    paper = {"transcribed_by": world.NURSE, "verified_by": world.REGISTRAR, "scanned_form": world.FORM}
    late = {"code": "LATE_CODE_NO_SIGNAL", "text": "no signal in the village"}
    said = {"transcription": {**paper, "source": "TRANSCRIPTION_SOURCE_PAPER"}, "late_reason": late}
    nurse = {"by": world.NURSE, "checked_by": None, "donation": None}
    label = world.label(id=key(7), source="TRANSCRIBED", envelope=said, **nurse)
    return given(*world.until("check", label=None)).when(label, recorded="2026-04-14T18:00Z").then_recorded()


def bedside_pack() -> Asked:
    """A pack issued before a journey, with what it says and its seal."""
    return given(*world.until("check", **SHORTER)).when(released.packed(id=key(8))).then_recorded()


MADE = {
    made.__name__: made
    for made in (
        wrong_patient,
        early_receipt,
        late_dispatch,
        signed_correction,
        bedside_check,
        copied_from_paper,
        bedside_pack,
    )
}


def stored(name: str) -> bytes:
    """What stands in the golden file."""
    return (FOLDER / f"{name}.json").read_bytes().removesuffix(b"\n")


@pytest.mark.parametrize("name", MADE)
def test_a_record_is_written_as_it_always_was(name: str) -> None:
    ledger = MADE[name]()
    assert ledger.rows()[-1].record == stored(name)


FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
"""Some were written before rules, facts and signatures of today: read for ever, and made no more."""


@pytest.mark.parametrize("name", FILES)
def test_a_record_is_read_as_it_always_was(name: str) -> None:
    found = records.decode(stored(name))
    assert records.encode(records.content_octets(stored(name)), found.stamp, found.verdict) == stored(name)


def test_the_golden_records_have_every_outcome_an_effect_and_a_clearance() -> None:
    found = [records.decode(stored(name)).verdict for name in MADE]
    assert {verdict.outcome for verdict in found} == set(Outcome)
    assert [verdict.effect is not None for verdict in found] == [False, False, False, True, False, False, False]
    assert [verdict.clearance is not None for verdict in found] == [False, True, False, False, True, False, True]
    assert set(FILES) - set(MADE) == {"refusal", "deviation", "cure", "correction"}
