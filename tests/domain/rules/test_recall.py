"""Rule R12: is anything that it came from recalled?"""

import pytest

from ledger.domain.facts.catalogue import TYPES
from ledger.domain.rules.case import Case
from ledger.domain.rules.catalogue import RULES
from ledger.domain.subjects.cases import CASE, SafetyCase
from ledger.domain.subjects.recalls import MOST_RECALLS, RECALLS
from ledger.domain.subjects.subject import Entry
from tests.support import making, world
from tests.support.judged import Asked, Expected, bar, given, note, overridden
from tests.support.world import BAG_A, CELLS, CENTRAL_BATCH, DONATION, FINAL, POC_BATCH, VECTOR_LOT, name, override, tag

LOT, POC, CENTRAL = tag("lot", VECTOR_LOT), tag("batch", POC_BATCH), tag("batch", CENTRAL_BATCH)
QA = world.SECOND_NURSE
SET = name("lot.APX", "AS-77120")

RECALLED = [
    ({"lot": VECTOR_LOT}, LOT),
    ({"lot": SET}, tag("lot", SET)),
    ({"donation": DONATION}, tag("donation", DONATION)),
    ({"batch": CENTRAL_BATCH}, CENTRAL),
    ({"batch": POC_BATCH}, POC),
    ({"materials": [CELLS]}, tag("material", CELLS)),
    ({"materials": [FINAL]}, tag("material", FINAL)),
]
NAMES = ["vector", "apheresis set", "donation", "batch before", "its batch", "container before", "itself"]


def recalled_before(slot: str, **scope: object) -> Asked:
    """The story up to a slot, and then a recall."""
    return given(*world.until(slot), making.recall(at="2026-04-14T10:00Z", **scope))


@pytest.mark.parametrize(("scope", "about"), RECALLED, ids=NAMES)
def test_R12_refuses_to_start_what_came_from_anything_recalled(scope: dict[str, object], about: str) -> None:
    recalled_before("start", **scope).when(world.start()).then_refused(bar("R12", about))


@pytest.mark.parametrize("scope", [{"lot": name("lot.VEC", "V999")}, {"batch": name("batch.PCW", "26-0001")}])
def test_R12_accepts_what_came_from_nothing_recalled(scope: dict[str, object]) -> None:
    recalled_before("start", **scope).when(world.start()).then_recorded()


def test_R12_accepts_again_once_the_case_is_closed_and_refuses_when_it_is_opened_again() -> None:
    ledger = recalled_before("start", lot=VECTOR_LOT).given(making.case_closed(at="2026-04-14T10:10Z"))
    ledger.given(making.recall(lot=VECTOR_LOT, at="2026-04-14T10:24Z"))
    ledger.when(world.start()).then_refused(bar("R12", LOT))
    ledger.given(making.case_closed()).when(world.start(at="2026-04-14T10:35Z")).then_recorded()


def test_R12_refuses_to_consume_release_certify_dispense_and_send_for_use() -> None:
    completed = recalled_before("release", lot=VECTOR_LOT)
    completed.when(world.release()).then_refused(bar("R12", LOT))
    completed.when(making.certification())
    assert bar("R12", LOT) in findings(completed)
    completed.when(making.dispensing())
    assert bar("R12", LOT) in findings(completed)
    sent = given(*world.until("second_dispatch"), making.recall(lot=VECTOR_LOT, at="2026-04-13T16:00Z"))
    sent.when(world.second_dispatch()).then_refused(bar("R12", LOT))
    taken = given(*world.until("modification"), making.recall(donation=DONATION))
    taken.when(world.modification()).then_refused(bar("R12", tag("donation", DONATION)))


def findings(ledger: Asked) -> set[Expected]:
    """What was found of the last fact; other rules may have found more."""
    return {Expected(item.rule, item.tag, item.weight) for item in ledger.answer.findings}


def test_R12_accepts_what_is_sent_to_be_held_or_sent_back() -> None:
    told = (*world.until("second_dispatch"), making.recall(lot=VECTOR_LOT, at="2026-04-13T16:00Z"))
    given(*told).when(world.second_dispatch(quarantine_transfer=True)).then_recorded()
    back = making.sending_back(CELLS, at="2026-04-13T16:05Z", site=world.CENTRAL_SITE)
    given(*told).when(back)
    given(*told, back).when(world.second_dispatch()).then_recorded()


def test_R12_accepts_destruction_and_quarantine_and_refuses_to_lift_the_quarantine() -> None:
    ledger = recalled_before("start", lot=VECTOR_LOT)
    held = {"batch": POC_BATCH, "site": world.POC_SITE, "organisation": world.TREATING, "by": world.PHARMACIST}
    ledger.given(making.quarantine(**held, at="2026-04-14T10:05Z"))
    lifting = making.lifting(ledger.position, batch=POC_BATCH, at="2026-04-14T10:10Z")
    ledger.when(lifting).then_refused(bar("R12", LOT))
    ledger.when(making.destruction()).then_recorded()


def deciding(*, quality: bool = True) -> Asked:
    """A recalled product at the bedside; a physician, and somebody for quality, are there."""
    roles = [world.role(QA, "QUALITY_ASSURANCE", at_site=world.POC_SITE)] if quality else []
    return recalled_before("start", lot=VECTOR_LOT).given(*roles)


def test_R12_accepts_a_decision_for_this_patient_by_physician_and_quality_assurance_together() -> None:
    both = [override(world.CONSULTANT), override(QA)]
    deciding().when(world.start(exceptions=both)).then_recorded(overridden("R12", LOT))
    deciding().when(world.start(exceptions=both[::-1])).then_recorded(overridden("R12", LOT))


@pytest.mark.parametrize("alone", [world.CONSULTANT, QA], ids=["physician", "quality assurance"])
def test_R12_refuses_a_decision_of_one_of_them_alone(alone: world.Data) -> None:
    deciding().when(world.start(exceptions=[override(alone)])).then_refused(bar("R12", LOT))
    ledger = deciding().when(world.start(exceptions=[override(alone)] * 2)).then_refused(bar("R12", LOT))
    assert "take it on together, each with their own" in ledger.answer.findings[0].must


def test_R12_refuses_one_person_who_holds_both_roles() -> None:
    both_roles = world.role(world.CONSULTANT, "QUALITY_ASSURANCE", at_site=world.POC_SITE)
    ledger = deciding(quality=False).given(both_roles)
    ledger.when(world.start(exceptions=[override(world.CONSULTANT)] * 2)).then_refused(bar("R12", LOT))


def test_R12_notes_nothing_of_a_start_before_the_recall() -> None:
    ledger = given(*world.registers(), *world.story())
    ledger.when(making.recall(materials=[BAG_A], at="2026-04-14T12:00Z")).then_recorded()
    assert note("R12") not in findings(ledger)


def test_R12_refuses_what_is_recalled_more_often_than_is_kept_whatever_case_is_closed() -> None:
    state = RECALLS.empty
    for position in range(1, MOST_RECALLS + 2):
        content = making.recall(lot=VECTOR_LOT, case=name("case.MPC", str(position))).content
        state = RECALLS.fold(
            state, Entry(tag=LOT, position=position, at=content.envelope.occurred_at.time, content=content)
        )
    closed = {(CASE.name, tag): SafetyCase(closed=1) for _, tag in state.opened}
    draft = world.start()
    case = Case(
        content=draft.content,
        kind=TYPES[draft.content.type].about.kind,
        position=999,
        at=draft.content.envelope.occurred_at.time,
        recorded_at=draft.content.envelope.occurred_at.time,
        recorder=draft.recorder,
        states={(RECALLS.name, LOT): state, **closed},
        ancestors=frozenset({LOT}),
    )
    found = [broken.found for broken in RULES["R12"].judge(case)]
    assert found == [f"a recall beyond the {MOST_RECALLS} that are kept (fact {MOST_RECALLS + 1}) is open on it"]
