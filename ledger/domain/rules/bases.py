"""What is wrong with a basis that an activity rests on: a licence, an agreement, an authorisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.domain.facts.bases import AgreementPurpose
from ledger.domain.facts.registry import Activity, Nation
from ledger.domain.facts.succession import SuccessionPart
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import frame
from ledger.domain.rules.case import Case
from ledger.domain.subjects.authorisations import AUTHORISATION, Authorisation
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.papers import AGREEMENT, LICENCE, Agreement
from ledger.domain.subjects.sites import SITE_STATUS

ABROAD: Final = frozenset((Nation.EEA, Nation.OTHER))
"""Nations outside the United Kingdom."""

_ONLY: Final = {
    AgreementPurpose.CARRIER: frozenset((Activity.TRANSPORT, Activity.DISTRIBUTION)),
    AgreementPurpose.SUPPLIER: frozenset((Activity.IMPORT, Activity.EXPORT, Activity.DISTRIBUTION)),
}
"""What an agreement of some purposes is for, where it lists no activities."""

_TISSUE: Final = frozenset((Activity.PROCUREMENT, Activity.TESTING, Activity.PROCESSING, Activity.STORAGE))
"""What a supplier abroad does with tissue and cells under an import or export licence of the HTA."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a basis has to carry.

    Attributes:
        case: The fact.
        activities: Any of these will do.
        site: Where it is done.
        bound: The basis has to name the place and its organisation; a certification may be given from anywhere.
    """

    case: Case
    activities: tuple[Activity, ...]
    site: str
    bound: bool = True

    @property
    def words(self) -> str:
        """The activity, for a finding."""
        return self.activities[0].name.lower()

    def sites(self) -> set[str]:
        """The site and its control site; for a certification those of the batch."""
        here = self.site if self.bound else self.case.state(BATCH_RECORD, frame.batch(self.case)).site
        return {here, self.case.state(SITE_STATUS, here).control_site} - {""}

    def organisations(self) -> set[str]:
        """Who runs the site, whose premises it is in, and who runs its control site."""
        case, site = self.case, self.case.state(SITE_STATUS, self.site)
        parties = {case.party_at(item) for item in (self.site, site.control_site) if item}
        return parties - {self.site, site.control_site} | {case.heir(site.host, SuccessionPart.SITES)} - {""}

    def abroad(self) -> bool:
        """The site is registered outside the United Kingdom."""
        return self.case.state(SITE_STATUS, self.site).nation in ABROAD


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """Why a basis does not carry an activity; a mild one is that the ledger has no copy of it."""

    words: str
    mild: bool = False


def flaws(asked: Asked, basis: str) -> Iterator[Flaw]:
    """Says everything that is wrong with a basis."""
    kind = kind_of(basis)
    if kind == "licence":
        yield from _licence(asked, basis)
    elif kind == "agreement":
        yield from _agreement(asked, basis)
    else:
        yield from _authorisation(asked, basis)


def known(case: Case, basis: str) -> int:
    """Position at which a basis was granted or signed last; 0 when the ledger does not know it."""
    kind = kind_of(basis)
    if kind == "licence":
        return case.state(LICENCE, basis).granted
    return case.state(AGREEMENT, basis).signed if kind == "agreement" else case.state(AUTHORISATION, basis).granted


def _licence(asked: Asked, basis: str) -> Iterator[Flaw]:
    licence, holders = asked.case.state(LICENCE, basis), asked.organisations()
    yield from _in_force(asked, basis)
    if not set(asked.activities) & set(licence.activities):
        yield Flaw(words=f"{basis} does not permit {asked.words}")
    if asked.bound and not asked.sites() & set(licence.sites):
        yield Flaw(words=f"{basis} does not name the site or its control site")
    holder = asked.case.heir(licence.holder, SuccessionPart.LICENCES, basis)
    if asked.bound and holders and holder not in holders:
        yield Flaw(words=f"{basis} is held by {holder}")
    yield from _line(asked, basis)


def _in_force(asked: Asked, basis: str) -> Iterator[Flaw]:
    licence, moment = asked.case.state(LICENCE, basis), asked.case.at
    if not licence.live(moment):
        yield Flaw(words=f"{basis} is not in force")
    stop = licence.stopped(moment, asked.sites() | {frame.therapy(asked.case)})
    if stop is not None:
        part = f" for {stop.part}" if stop.part else ""
        yield Flaw(words=f"{basis} is suspended{part} (fact {stop.position})")


def _line(asked: Asked, basis: str) -> Iterator[Flaw]:
    """A licence with product lines carries the making and certification of those products alone."""
    lines = {line.product for line in asked.case.state(LICENCE, basis).lines}
    wanted = frame.product(asked.case)
    strict = frame.making(asked.case) or not asked.bound
    if lines and frame.MADE & set(asked.activities) and wanted not in lines and (wanted or strict):
        yield Flaw(words=f"{wanted or 'the product'} is not on {basis}")


def _agreement(asked: Asked, basis: str) -> Iterator[Flaw]:
    agreement = asked.case.state(AGREEMENT, basis)
    if not agreement.signed:
        later = asked.case.known(AGREEMENT, basis).signed
        words = "begins later" if later else "is registered by the site; the ledger has no signed copy of it"
        yield Flaw(words=f"{basis} {words}", mild=later == 0)
        return
    if not agreement.live(asked.case.at):
        yield Flaw(words=f"{basis} is not in force")
    yield from _terms(agreement, asked, basis)
    if agreement.licence:
        yield from _givers_licence(asked, agreement)


def _terms(agreement: Agreement, asked: Asked, basis: str) -> Iterator[Flaw]:
    """What an agreement covers: activities, sites or all of the acceptor's, products."""
    if not _covers(agreement, asked):
        yield Flaw(words=f"{basis} does not cover {asked.words}")
    if agreement.sites and not asked.sites() & set(agreement.sites):
        yield Flaw(words=f"{basis} does not cover the site")
    acceptor = asked.case.heir(agreement.acceptor, SuccessionPart.SITES)
    if not agreement.sites and asked.organisations() and acceptor not in asked.organisations():
        yield Flaw(words=f"{basis} was accepted by {acceptor}")
    wanted = frame.therapy(asked.case)
    if agreement.products and wanted and wanted not in agreement.products:
        yield Flaw(words=f"{basis} does not cover {wanted}")


def _covers(agreement: Agreement, asked: Asked) -> bool:
    if _supplies(agreement, asked) and _TISSUE & set(asked.activities):
        return True
    if agreement.activities:
        return bool(set(asked.activities) & set(agreement.activities))
    only = _ONLY.get(agreement.purpose) if agreement.purpose is not None else None
    return only is None or bool(only & set(asked.activities))


def _supplies(agreement: Agreement, asked: Asked) -> bool:
    """Whether somebody abroad works as the supplier of who imports or exports (practice, HTA import licences)."""
    return agreement.purpose is AgreementPurpose.SUPPLIER and asked.abroad()


def _givers_licence(asked: Asked, agreement: Agreement) -> Iterator[Flaw]:
    """What is done under an agreement is covered by the licence of who gave it.

    A mobile service brings its own: the hospital that asks for it gives the premises, and no licence.
    """
    licence = asked.case.state(LICENCE, agreement.licence)
    if not licence.granted:
        yield Flaw(words=f"{agreement.licence}, named in the agreement, is not registered", mild=True)
        return
    yield from _in_force(asked, agreement.licence)
    wanted, words = set(asked.activities), asked.words
    if _supplies(agreement, asked):
        wanted, words = {Activity.IMPORT, Activity.EXPORT}, "import or export"
    if not wanted & set(licence.activities):
        yield Flaw(words=f"{agreement.licence}, named in the agreement, does not permit {words}")
    giver, heir = agreement.giver, asked.case.heir(agreement.giver, SuccessionPart.LICENCES, agreement.licence)
    served = {agreement.acceptor} if agreement.purpose is AgreementPurpose.MOBILE_SERVICE else set()
    if licence.holder not in {giver, heir, *served}:
        yield Flaw(words=f"{agreement.licence}, named in the agreement, is held by {licence.holder}")
    yield from _line(asked, agreement.licence)


def _authorisation(asked: Asked, basis: str) -> Iterator[Flaw]:
    authorisation = asked.case.state(AUTHORISATION, basis)
    if not authorisation.granted:
        later = asked.case.known(AUTHORISATION, basis).granted
        words = "begins later" if later else "is registered by the site; the ledger has no record of its grant"
        yield Flaw(words=f"{basis} {words}", mild=later == 0)
        return
    if not authorisation.live(asked.case.at):
        yield Flaw(words=f"{basis} is not in force")
    stop = authorisation.stopped(asked.case.at, asked.sites())
    if stop is not None:
        yield Flaw(words=f"{basis} is {stop.reason.name.lower()} (fact {stop.position})")
    if not _names(authorisation, asked):
        yield Flaw(words=f"{basis} does not name the site")
    wanted = frame.therapy(asked.case)
    if wanted and wanted != authorisation.product:
        yield Flaw(words=f"{basis} is for {authorisation.product}")
    if not asked.abroad() and frame.MADE & set(asked.activities):
        yield Flaw(words=f"{basis} is no manufacturer's licence")


def _names(authorisation: Authorisation, asked: Asked) -> bool:
    """A site abroad is named; one at home only where the authorisation is limited to sites."""
    return bool(asked.sites() & set(authorisation.sites)) or (not authorisation.sites and not asked.abroad())
