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


@pytest.mark.parametrize(
    "place", [world.APHERESIS_UNIT, world.CENTRAL_SITE, world.POC_SITE], ids=["collected", "made", "finished"]
)
def test_R12_refuses_what_was_made_or_handled_at_a_site_that_is_recalled(place: world.Data) -> None:
    recalled_before("start", site=place).when(world.start()).then_refused(bar("R12", tag("site", place)))


@pytest.mark.parametrize(
    ("period", "refused"),
    [
        ({"worked_since": "2026-04-08T00:00Z", "worked_until": "2026-04-08T23:59Z"}, True),
        ({"worked_since": "2026-04-10T00:00Z", "worked_until": "2026-04-11T00:00Z"}, True),
        ({"worked_until": "2026-04-07T00:00Z"}, False),
        ({"worked_since": "2026-04-14T00:00Z"}, False),
        ({"worked_since": "2026-04-13T00:00Z"}, True),
    ],
    ids=["while it was worked on", "while it lay there", "before it came", "after it had left", "until it left"],
)
def test_R12_accepts_what_was_at_a_recalled_site_outside_the_period_and_refuses_what_was_there_inside_it(
    period: dict[str, str], refused: bool
) -> None:
    times = {name: world.time(text) for name, text in period.items()}
    ledger = recalled_before("start", site=world.CENTRAL_SITE, **times).when(world.start())
    assert findings(ledger) == ({bar("R12", tag("site", world.CENTRAL_SITE))} if refused else set())


ISOLATOR = name("gs1-giai", "9506000ISO0001")


def with_an_isolator() -> tuple[world.Draft, ...]:
    """The story up to the start; the cells were modified with an instrument."""
    used = world.modification(envelope={"equipment": [ISOLATOR]})
    return world.until("start", modification=used)


@pytest.mark.parametrize("more", [{}, {"site": world.CENTRAL_SITE}], ids=["alone", "with its site"])
def test_R12_refuses_what_was_handled_with_a_recalled_instrument(more: dict[str, object]) -> None:
    ledger = Asked()
    for draft in (*with_an_isolator(), making.recall(at="2026-04-14T10:00Z", equipment=ISOLATOR, **more)):
        ledger.tell(draft)
        assert ledger.receipt.position  # nobody registered the instrument: that is noted
    ledger.when(world.start()).then_refused(bar("R12", tag("equipment", ISOLATOR)))
    ledger.given(making.case_closed(at="2026-04-14T10:28Z"))
    ledger.when(world.start(at="2026-04-14T10:35Z")).then_recorded()


def test_R12_accepts_what_was_handled_with_another_instrument_or_in_another_period() -> None:
    other = {"equipment": name("gs1-giai", "9506000ISO0002")}
    later = {"equipment": ISOLATOR, "worked_since": world.time("2026-04-12T00:00Z")}
    for scope in (other, later):
        ledger = Asked()
        for draft in (*with_an_isolator(), making.recall(at="2026-04-14T10:00Z", **scope)):
            ledger.tell(draft)
        ledger.when(world.start())
        assert "R12" not in {one.rule for one in ledger.answer.findings}


def test_R12_accepts_what_a_site_only_stands_beside_a_lot_that_is_another() -> None:
    scope = {"lot": name("lot.VEC", "V999"), "site": world.CENTRAL_SITE}
    recalled_before("start", **scope).when(world.start()).then_recorded()


def test_R12_accepts_at_a_recalled_site_what_physician_and_quality_assurance_take_on_together() -> None:
    roles = world.role(QA, "QUALITY_ASSURANCE", at_site=world.POC_SITE)
    ledger = recalled_before("start", site=world.CENTRAL_SITE).given(roles)
    both = [override(world.CONSULTANT), override(QA)]
    ledger.when(world.start(exceptions=both)).then_recorded(overridden("R12", tag("site", world.CENTRAL_SITE)))


def test_R12_refuses_at_a_site_that_was_recalled_more_often_than_is_kept_whatever_case_is_closed() -> None:
    ledger = given(*world.until("start"))
    cases = [name("case.MPC", f"SITE-{number}") for number in range(MOST_RECALLS + 1)]
    for case in cases:
        ledger.given(making.recall(site=world.CENTRAL_SITE, case=case, at="2026-04-14T10:00Z"))
    for case in cases:
        ledger.given(making.case_closed(case=case, at="2026-04-14T10:10Z"))
    ledger.when(world.start()).then_refused(bar("R12", tag("site", world.CENTRAL_SITE)))
