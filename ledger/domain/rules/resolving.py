"""What the ledger found out for itself: the basis relied on, nation, chain, product; and the inherited tags."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache

from ledger.domain import civil_time
from ledger.domain.facts import tagging
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.clinical_area import BedsidePackIssued
from ledger.domain.facts.patients import IdentifiersIssued
from ledger.domain.facts.record import Resolved
from ledger.domain.identifiers import schemes
from ledger.domain.identifiers.errors import IdentifierError
from ledger.domain.identifiers.tag import kind_of, parts
from ledger.domain.rules import frame, issuing, licences, reporting
from ledger.domain.rules.bases import known
from ledger.domain.rules.bedside import told_to_the_bedside
from ledger.domain.rules.case import Case
from ledger.domain.rules.context import Context, subjects_for
from ledger.domain.rules.custody import handled
from ledger.domain.rules.proceeding import announcing
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.cases import CASE
from ledger.domain.subjects.donors import DONATION_STATUS
from ledger.domain.subjects.materials import CONSIGNMENT, MATERIAL
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import SITE_STATUS
from ledger.domain.subjects.succession import SUCCESSION
from ledger.domain.subjects.whereabouts import WHEREABOUTS


def resolve(case: Case, context: Context) -> tuple[Resolved, ...]:
    """Returns what was found out, in one order."""
    found = [*_basis(case), *_place(case), *_chain(case), *_clock(case), *_unregistered(case, context)]
    found += [*_announced(case), *_block(case), *_unverified(case), *_due(case)]
    found += told_to_the_bedside(case) if isinstance(case.fact, BedsidePackIssued) else ()
    found += [Resolved(name="resolved-later", value=tag) for tag in sorted(context.resolved_later)]
    return tuple(found)


def _announced(case: Case) -> Iterator[Resolved]:
    if (decided := announcing(case)) is not None:
        yield Resolved(name="proceeding", value=f"fact:{decided.position}", position=decided.position)


def _block(case: Case) -> Iterator[Resolved]:
    """The block of numbers that is given out: it follows from all that were given out before."""
    if isinstance(case.fact, IdentifiersIssued):
        with suppress(IdentifierError):
            first, last = issuing.block(case, case.fact)
            yield from (Resolved(name="first", value=first.value), Resolved(name="last", value=last.value))


def _basis(case: Case) -> Iterator[Resolved]:
    """The licence, agreement or authorisation that carries the fact, with the grant or signing that was relied on."""
    if basis := licences.relied_on(case):
        yield Resolved(name="basis", value=basis, position=known(case, basis))


def _place(case: Case) -> Iterator[Resolved]:
    site = case.state(SITE_STATUS, case.site)
    if site.nation is not None:
        yield Resolved(name="nation", value=site.nation.name, position=site.registered)


def _chain(case: Case) -> Iterator[Resolved]:
    chains = {chain for material in handled(case) if (chain := case.chain_of(material))}
    batch = frame.batch(case)
    chains |= {case.state(BATCH_RECORD, batch).coi} - {""}
    yield from (Resolved(name="chain", value=chain) for chain in sorted(chains))
    if product := frame.product(case):
        yield Resolved(name="product", value=product)


def _clock(case: Case) -> Iterator[Resolved]:
    """A claimed time later than our clock counts as the recording, and is flagged."""
    if case.envelope.occurred_at.time > civil_time.moved(case.recorded_at, tagging.uncertainty(case.content)):
        yield Resolved(name="clock", value="suspect: later than the recording")


def _unregistered(case: Case, context: Context) -> Iterator[Resolved]:
    """Things named that the ledger does not know, and that this fact does not bring into being."""
    registered = _strangers(case.content.type)
    named = {tag for tag in tagging.named(case.content) if kind_of(tag) in registered}
    unknown = {tag for tag in handled(case) if not case.state(MATERIAL, tag).origins}
    asked, known = set[str](), set[str]()
    for (name, tag), history in context.histories.items():
        if name != WHEREABOUTS.name and (tag in named or tag in unknown):  # being handled makes nothing known
            if name != SUCCESSION.name:  # who took over nobody may be anybody
                asked.add(tag)
            if history.known:
                known.add(tag)
    strange = (named & asked) - known | (unknown & asked)
    yield from (Resolved(name="unregistered", value=tag) for tag in sorted(strange))


@cache
def _strangers(fact_type: str) -> frozenset[str]:
    """Kinds of registered things that facts of a type do not bring into being."""
    return _REGISTERED - {
        kind
        for subject in subjects_for(fact_type)
        if fact_type in subject.types and subject.name != WHEREABOUTS.name
        for kind in subject.kinds
    }


def _unverified(case: Case) -> Iterator[Resolved]:
    """Names that fail the check of every scheme, and stand so on a real label."""
    named = (tag for tag in tagging.named(case.content) if parts(tag)[1] == schemes.UNVERIFIED)
    yield from (Resolved(name="unverified", value=tag) for tag in named)


def _due(case: Case) -> Iterator[Resolved]:
    """Reports that the fact makes due, with the moment from which each is late; computed, never claimed."""
    for clock in reporting.running(case):
        if clock.due is not None:
            yield Resolved(name="report-due", value=f"{clock.words} before {clock.due:%Y-%m-%dT%H:%M:%SZ}")


_REGISTERED = frozenset(
    (
        *("site", "person", "organisation", "product"),
        *("licence", "agreement", "authorisation", "designation", "masterfile"),
        *("coi", "batch"),
    )
)


def inherited(case: Case, own: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the tags reached through links, without the fact's own: an index for search and trace, never state."""
    found: set[str] = set()
    for letter in TYPES[case.content.type].about.inherits:
        found |= set(_THROUGH[letter](case, own))
    if case.target is not None and TYPES[case.content.type].about.settles:
        found |= set(case.target.record.verdict.tags)
    return tuple(sorted(found - set(own) - {""}))


def _of(own: Iterable[str], kind: str) -> list[str]:
    return [tag for tag in own if kind_of(tag) == kind]


def _through_materials(case: Case, own: Iterable[str]) -> Iterator[str]:
    for material in _of(own, "material"):
        batch = case.batch_of(material)
        yield from (case.chain_of(material), batch)


def _through_batches(case: Case, own: Iterable[str]) -> Iterator[str]:
    yield from (case.state(BATCH_RECORD, batch).coi for batch in _of(own, "batch"))


def _through_consignments(case: Case, own: Iterable[str]) -> Iterator[str]:
    for consignment in _of(own, "consignment"):
        contents = case.state(CONSIGNMENT, consignment).materials
        yield from contents
        yield from _through_materials(case, (*contents, *_of(own, "material")))


def _through_chains(case: Case, own: Iterable[str]) -> Iterator[str]:
    yield from (case.state(CHAIN, chain).patient for chain in _of(own, "coi"))


def _through_donations(case: Case, own: Iterable[str]) -> Iterator[str]:
    yield from (case.linked(DONATION_STATUS, donation).coi for donation in _of(own, "donation"))


def _through_sites(case: Case, own: Iterable[str]) -> Iterator[str]:
    for site in _of(own, "site"):
        status = case.state(SITE_STATUS, site)
        yield from (status.control_site, status.organisation)


def _through_cases(case: Case, own: Iterable[str]) -> Iterator[str]:
    for tag in _of(own, "case"):
        yield from case.state(CASE, tag).things


_THROUGH = {
    "m": _through_materials,
    "b": _through_batches,
    "c": _through_consignments,
    "k": _through_chains,
    "n": _through_donations,
    "s": _through_sites,
    "d": _through_cases,
}
