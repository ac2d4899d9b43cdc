"""Who has to be told of a recall or look-back: who has something of it, and who looks after whom it reached."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from ledger.audit.reached import Patient, Successor
from ledger.audit.states import StatesAsOf
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.answering import told
from ledger.domain.rules.following_up import Standing
from ledger.domain.subjects.cases import SafetyCase
from ledger.domain.subjects.custody import CONSIGNMENT
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.succession import SUCCESSION, Succession, heir


class Place(Struct, frozen=True, kw_only=True):
    """One organisation that has to be told, or was.

    Attributes:
        organisation: Who stands for it now; empty for stock whose holder nobody knows.
        sites: Where its stock is, and its centres.
        stock: Containers of which something is left there.
        chains: Chains of the patients whom it looks after.
        told: Positions of the notices to it.
        answered: How many of these are answered.
        held: Containers still held, as it last answered.
        used: Containers used, as it last answered.
        due: When the earliest notice without an answer is late.
        late: Whether that is past.
    """

    organisation: str
    sites: tuple[str, ...] = ()
    stock: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    told: tuple[int, ...] = ()
    answered: int = 0
    held: int | None = None
    used: int | None = None
    due: datetime | None = None
    late: bool = False

    @property
    def silent(self) -> bool:
        """Whether it was not told, or has not answered."""
        return self.answered < max(len(self.told), 1)


def successor_in(states: StatesAsOf) -> Successor:
    """Who stands for an organisation as known then: whoever took over all its sites, else whoever keeps its records."""

    def of(tag: str) -> Succession:
        return states.state(SUCCESSION, tag)

    def successor(organisation: str) -> str:
        return heir(of, heir(of, organisation, SuccessionPart.SITES), SuccessionPart.RECORDS)

    return successor


def places(
    states: StatesAsOf,
    case: SafetyCase,
    stock: Iterable[tuple[str, str, str]],
    patients: Iterable[Patient],
    successor: Successor,
) -> tuple[Place, ...]:
    """Returns who has to be told, and who was; whose stock nobody knows comes last.

    Args:
        states: Subjects as of the question.
        case: Whose notices count; an empty one for a drill.
        stock: Containers of which something is left: (container, holder, place).
        patients: Whom it reached.
        successor: Who stands for an organisation now.
    """
    there: dict[str, dict[str, dict[str, None]]] = {}

    def put(organisation: str, site: str, kind: str, what: str) -> None:
        at = there.setdefault(organisation, {"sites": {}, "stock": {}, "chains": {}})
        at["sites"].update(dict.fromkeys(filter(None, (site,))))
        at[kind].update(dict.fromkeys(filter(None, (what,))))

    for container, holder, place in stock:
        travels = kind_of(place) == "consignment"
        site = states.state(CONSIGNMENT, place).destination if travels else place
        has = holder or states.state(SITE_STATUS, site).organisation
        put(successor(has), site, "stock", container)
    for one in patients:
        if one.standing is not Standing.DIED:
            put(one.organisation, one.centre, "chains", one.chain)
    notices = told(case, successor)
    for item in notices:
        there.setdefault(item.owed.owner, {"sites": {}, "stock": {}, "chains": {}})
    found = []
    for organisation, at in sorted(there.items(), key=lambda item: (not item[0], item[0])):
        mine = [item for item in notices if item.owed.owner == organisation]
        answers = [item.answer for item in mine if item.answer is not None]
        open_ = [item.owed for item in mine if item.answer is None]
        dues = [owed.due for owed in open_ if owed.due is not None]
        found.append(
            Place(
                organisation=organisation,
                sites=tuple(at["sites"]),
                stock=tuple(at["stock"]),
                chains=tuple(at["chains"]),
                told=tuple(item.notice.position for item in mine),
                answered=len(answers),
                held=answers[-1].held if answers else None,
                used=answers[-1].used if answers else None,
                due=min(dues, default=None),
                late=any(owed.late(states.at) for owed in open_),
            )
        )
    return tuple(found)
