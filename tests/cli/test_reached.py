"""Whom to follow up: what is recorded and what was only reported are never mixed."""

from ledger.api import AsOf, Edge, Trace
from services.cli import reached

PATIENT = "patient:pseudonym:P"


def traced(*edges: Edge, start: str = "lot:lot.VEC:V123", complete: bool = True) -> Trace:
    """A trace of these steps."""
    return Trace(start=start, nodes=(), edges=edges, through=9, as_of=AsOf(), complete=complete)


USED = Edge(child="material:x:a", parent="lot:lot.VEC:V123", kind="modified", source=1)
GIVEN = Edge(child=PATIENT, parent="material:x:a", kind="given", source=2)
DONATED = Edge(child="material:x:a", parent="patient:pseudonym:D", kind="donated", source=3)


def test_a_patient_who_was_given_something_is_reached() -> None:
    assert reached.sentence(reached.of(traced(USED, GIVEN))) == (
        f"patients reached: {PATIENT}; reported but refused and open: none; complete: yes"
    )


def test_a_donor_is_none_of_those_who_received() -> None:
    found = reached.of(traced(USED, DONATED, complete=False))
    assert (found.patients, found.donors) == ((), ("patient:pseudonym:D",))
    assert reached.sentence(found, back=True).startswith("donors: patient:pseudonym:D;")
    assert reached.sentence(found).endswith("complete: no")


def test_a_start_that_lineage_does_not_know_reaches_from_wherever_the_trace_begins() -> None:
    assert reached.of(traced(USED, GIVEN, start="site:ods:RXKP1")).patients == (PATIENT,)


def test_a_circle_ends() -> None:
    back = Edge(child="lot:lot.VEC:V123", parent="material:x:a", kind="made", source=4)
    assert reached.of(traced(USED, back, GIVEN)).patients == (PATIENT,)
