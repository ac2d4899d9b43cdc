"""Subject of premises: which sites of a master file stand at one and the same place."""

from msgspec import Struct

from ledger.domain.facts.licensing import MasterFileVersionApproved
from ledger.domain.facts.naming import tag_of
from ledger.domain.subjects.subject import Entry, Subject


class Premises(Struct, frozen=True, kw_only=True):
    """The places of the sites of the master file version in force: (site, latitude, longitude), where given."""

    places: tuple[tuple[str, str, str], ...] = ()

    def same(self, one: str, other: str) -> bool:
        """Whether the master file gives two sites exactly the same place."""
        found = {place[1:] for place in self.places if place[0] in (one, other)}
        return len(found) == 1 and {one, other} <= {place[0] for place in self.places}


def _premises(state: Premises, entry: Entry) -> Premises:
    fact = entry.content.fact
    if not isinstance(fact, MasterFileVersionApproved):
        return state
    return Premises(
        places=tuple(
            (tag_of("site", item.site), item.latitude, item.longitude)
            for item in fact.sites
            if item.latitude is not None and item.longitude is not None
        )
    )


PREMISES = Subject(
    name="Premises",
    kinds=("masterfile",),
    types=frozenset(("MasterFileVersionApproved",)),
    empty=Premises(),
    fold=_premises,
)
