"""The patients whom a thing reached: by which container, where, and how they are followed up since."""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct

from ledger.audit.asked import read, stretches
from ledger.audit.cards.catalogue import card
from ledger.audit.states import StatesAsOf
from ledger.audit.trace import Edge
from ledger.domain.facts.content import Content
from ledger.domain.facts.naming import tag_of
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.answering import Told, told
from ledger.domain.rules.following_up import Followed, Standing, followed
from ledger.domain.subjects.cases import SafetyCase
from ledger.domain.subjects.follow_up import AFTERWARDS, FOLLOW_UP, OWN_CONSENT, Afterwards
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.subject import statement
from ledger.store.log import Reading

Successor = Callable[[str], str]
"""Who stands for an organisation now; itself where nobody took it over."""


class Patient(Struct, frozen=True, kw_only=True):
    """Somebody whom it reached, by one container. Pseudonyms only.

    Attributes:
        patient: Pseudonym.
        chain: Chain of identity; empty where nothing names one.
        container: What was given.
        position: The fact that says so.
        site: Where it was given.
        refused: Only a report that was refused and is not settled says so.
        imported: Only history that was copied from elsewhere, and judged by nobody, says so.
        standing: How the patient stands: no plan, followed, lost, died, ended.
        centre: Centre that looks after the patient: by the follow-up, else where it was given.
        organisation: Who runs that centre now.
        next_visit: The visit to come, with its state; empty where none is to come.
        next_due: When that is due.
        missed: How many visits were missed.
        malignancies: Visits at which a malignancy was found.
        told: Position of the newest notice about the patient's chain; 0 while there is none.
        answered: Position of the answer to it; 0 while there is none.
    """

    patient: str
    chain: str = ""
    container: str = ""
    position: int = 0
    site: str = ""
    refused: bool = False
    imported: bool = False
    standing: Standing = Standing.NO_PLAN
    centre: str = ""
    organisation: str = ""
    next_visit: str = ""
    next_due: datetime | None = None
    missed: int = 0
    malignancies: tuple[int, ...] = ()
    told: int = 0
    answered: int = 0

    @property
    def reachable(self) -> bool:
        """Whether somebody looks after the patient who can be told, or nobody has to be any more."""
        return self.standing is Standing.DIED or (self.standing is not Standing.LOST and bool(self.centre))


def patients(
    reading: Reading, fresh: Callable[[], StatesAsOf], edges: Iterable[Edge], case: SafetyCase, successor: Successor
) -> tuple[Patient, ...]:
    """Returns whom some steps of lineage reach, by pseudonym and container.

    Args:
        reading: The log.
        fresh: Subjects as of the question: anew for each stretch of them, so that none are kept that are not needed.
        edges: The steps.
        case: Whose notices are told beside; an empty one for a drill.
        successor: Who stands for an organisation now.
    """
    given: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        if kind_of(edge.child) == "patient":
            place = (edge.child, edge.parent)
            if place not in given or (given[place].refused and not edge.refused):
                given[place] = edge
    notices, found = told(case, successor), list[Patient]()
    for some in stretches([edge for _, edge in sorted(given.items())]):
        states, contents = fresh(), _contents(reading, {edge.source for edge in some})
        chains = {tag_of("coi", getattr(content.fact, "coi", None)) for content in contents.values()} - {""}
        people = {edge.child for edge in some}
        states.ready(
            [
                *((FOLLOW_UP, chain) for chain in chains),
                *((subject, tag) for tag in people for subject in (PATIENT_LINKS, AFTERWARDS, OWN_CONSENT)),
            ]
        )
        found += [_patient(states, edge, contents.get(edge.source), notices, successor) for edge in some]
    return tuple(found)


def _contents(reading: Reading, positions: set[int]) -> dict[int, Content]:
    """What the facts at some positions say, as they count; a refusal as it was sent."""
    found: dict[int, Content] = {}
    for row in reading.facts(sorted(positions)):
        record = read(row)
        stated = statement(record) if record is not None else None
        content = stated.content if stated is not None else record.content if record is not None else None
        if content is not None:
            found[row.position] = content
    return found


def _patient(
    states: StatesAsOf, edge: Edge, content: Content | None, notices: tuple[Told, ...], successor: Successor
) -> Patient:
    chain = tag_of("coi", getattr(content.fact, "coi", None)) if content is not None else ""
    chain = chain or card(states, edge.parent).chain
    site = tag_of("site", content.envelope.place.site) if content is not None else ""
    follow_up, stands = states.state(FOLLOW_UP, chain), standing_of(states, edge.child, chain)
    centre = follow_up.centre or site
    mine = [one for one in notices if chain and one.notice.coi == chain]
    return Patient(
        patient=edge.child,
        chain=chain,
        container=edge.parent,
        position=edge.source,
        site=site,
        refused=edge.refused,
        imported=edge.imported,
        standing=stands.standing,
        centre=centre,
        organisation=successor(states.state(SITE_STATUS, centre).organisation),
        next_visit=f"{stands.next.name}: {stands.next.state}" if stands.next is not None else "",
        next_due=stands.next.due if stands.next is not None else None,
        missed=len(stands.missed),
        malignancies=follow_up.malignancies,
        told=mine[-1].notice.position if mine else 0,
        answered=mine[-1].owed.met_by if mine else 0,
    )


def standing_of(states: StatesAsOf, patient: str, chain: str) -> Followed:
    """How a patient stands in the follow-up of a chain, whatever pseudonym a death was reported under."""
    links = states.state(PATIENT_LINKS, patient)
    names = dict.fromkeys((patient, *filter(None, (links.survivor,)), *links.superseded))
    known = [states.state(AFTERWARDS, name) for name in names]
    after = next((one for one in known if one.died), known[0] if known else Afterwards())
    return followed(states.state(FOLLOW_UP, chain), after, states.state(OWN_CONSENT, patient), states.at)
