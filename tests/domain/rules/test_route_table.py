"""Routes to the patient: who may release under each, which authorisation each goes by, and what ends it."""

from typing import Final

import pytest

from tests.support import released, world
from tests.support.judged import Asked, bar, given
from tests.support.world import AUTHORISATION, FINAL, tag

BAG, PAPER = tag("material", FINAL), tag("authorisation", AUTHORISATION)
NEED = {"specification": "as discussed", "unsolicited": True, "special_need": "no licensed product suits"}
ROUTES: Final = ("MARKETING_AUTHORISATION", "CLINICAL_TRIAL", "EARLY_ACCESS", "HOSPITAL_EXEMPTION", "SPECIAL")
EXEMPT: Final = ("HOSPITAL_EXEMPTION", "SPECIAL")


def confirmed(kind: str) -> tuple[world.Draft, ...]:
    """A live route: by an authorisation of its kind, or with what an exemption or a special has to say."""
    return (released.route(kind),) if kind in EXEMPT else released.live_route(kind)


def made(kind: str) -> Asked:
    """Made centrally for a chain on that route, tested, its record reviewed."""
    told = released.made_centrally(prescription=world.prescription(special=NEED))
    ledger = given(*told, *confirmed(kind), released.result("sterility"), released.result())
    return ledger.given(released.reviewed(ledger.position_of("ManufactureCompleted")))


@pytest.mark.parametrize("kind", ROUTES)
def test_R1_accepts_the_release_of_the_authority_proper_to_each_route_and_refuses_the_other(kind: str) -> None:
    by_qp, by_controller = released.certified(outstanding_tests=None), released.controlled(route=f"ROUTE_{kind}")
    right, other = (by_controller, by_qp) if kind in EXEMPT else (by_qp, released.controlled())
    made(kind).given(right, *released.delivered(), released.dispensed()).when(world.start()).then_recorded()
    wrong = made(kind)
    wrong.tell(other)
    wrong.given(*released.delivered()).when(released.dispensed())
    assert bar("R1", BAG) in {(item.rule, item.tag, item.weight) for item in wrong.answer.findings}


@pytest.mark.parametrize("kind", [kind for kind in ROUTES if kind not in EXEMPT])
def test_R13_refuses_each_route_once_its_authorisation_has_ended(kind: str) -> None:
    ledger = made(kind).given(released.certified(outstanding_tests=None), *released.delivered())
    ledger.given(
        world.authorisation(kind=f"AUTHORISATION_KIND_{kind}", effective_to="2026-04-13", at="2026-04-14T10:00Z")
    )
    ledger.when(released.dispensed()).then_refused(bar("R13", PAPER))
    ledger.when(world.start()).then_refused(bar("R13", PAPER))


@pytest.mark.parametrize(("route", "paper"), [(route, paper) for route in ROUTES for paper in ROUTES if route != paper])
def test_R13_refuses_a_route_by_the_authorisation_of_another(route: str, paper: str) -> None:
    ledger = given(*world.until("consent"), world.authorisation(kind=f"AUTHORISATION_KIND_{paper}"))
    ledger.when(released.route(route, authorisation=AUTHORISATION)).then_refused(bar("R13", PAPER))


def test_a_release_at_the_point_of_care_is_proper_to_an_authorised_route() -> None:
    told = world.until("release")
    ledger = given(*told, *released.live_route("MARKETING_AUTHORISATION"), world.release(), world.check())
    ledger.when(world.start()).then_recorded()
