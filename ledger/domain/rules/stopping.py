"""Rules L6, L7, E7: who may let a stopped site work again, and who keeps the records when one ends."""

import dataclasses
from collections.abc import Iterator
from typing import Final

from ledger.domain.facts.bases import LicenceEnded, LicenceEndReason, LicenceReinstated
from ledger.domain.facts.keeping import RecordCustodyTransferred
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Role
from ledger.domain.facts.sites import SiteCeased, SiteResumed
from ledger.domain.facts.succession import OrganisationSucceeded, SuccessionPart
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.rules.case import Case
from ledger.domain.rules.release import holds_role
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.keeping import RECORD_CUSTODY
from ledger.domain.subjects.papers import LICENCE
from ledger.domain.subjects.products import MASTER_FILE
from ledger.domain.subjects.sites import SITE_STATUS, Stop, StoppedBy
from ledger.domain.subjects.staff import PERSON
from ledger.domain.subjects.succession import SUCCESSION

_QUALITY: Final = frozenset((Role.QUALITY_ASSURANCE,))
"""Who signs for quality assurance."""


def _stop(case: Case, fact: SiteResumed) -> Stop | None:
    stops = case.state(SITE_STATUS, tag_of("site", fact.site)).stops
    return next((stop for stop in stops if stop.position == fact.stop), None)


def _by_variation(case: Case) -> Iterator[Broken]:
    """L6: what an authority stopped is lifted without its reference."""
    fact = case.fact
    if isinstance(fact, LicenceReinstated):
        tag = tag_of("licence", fact.licence)
        if fact.reference is None:
            yield Broken(tag=tag, found="reinstated without a reference", must="the authority's reference")
        if not any(stop.until is None for stop in case.state(LICENCE, tag).stops):
            yield Broken(tag=tag, found="nothing of it is suspended", must="a suspension that it lifts", note=True)
    if isinstance(fact, SiteResumed):
        stop = _stop(case, fact)
        if stop is not None and stop.by is StoppedBy.AUTHORITY and fact.variation_reference is None:
            yield Broken(
                tag=tag_of("site", fact.site),
                found=f"suspended by the licensing authority (fact {stop.position})",
                must="the reference of the approved variation",
            )


L6 = Rule(
    id="L6",
    revision=1,
    text="The holder resumes a site that the licensing authority suspended, without the reference of an approved "
    "variation; or a licence is reinstated without the authority's reference.",
    source="Clinical Trials Regulations 2004 reg 45(5)-(6); HMR 2012 regs 26, 27A (partly verified)",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteResumed", "LicenceReinstated"),
    reads=(SITE_STATUS, LICENCE),
    judge=_by_variation,
)


def _by_variation_2(case: Case) -> Iterator[Broken]:
    """L6, where the rulebook says how much the mirror of an unread regulation weighs."""
    noted = case.whole("suspension-lifted-by-variation") == 1
    for one in _by_variation(case):
        yield dataclasses.replace(one, note=one.note or noted)


L6_2 = dataclasses.replace(
    L6,
    revision=2,
    text=f"{L6.text} HMR 2012 reg 27A was not read: it is taken to say what its mirror for trials does (our safe "
    "default; a parameter makes it a note).",
    judge=_by_variation_2,
)


def _signed_off(case: Case) -> Iterator[Broken]:
    """L7: resumed without quality assurance of the control site, or from nothing that is known."""
    fact = case.fact
    if not isinstance(fact, SiteResumed):
        return
    tag, stop = tag_of("site", fact.site), _stop(case, fact)
    if stop is None:
        found = f"fact {fact.stop} is no pause or suspension of this site"
        yield Broken(tag=tag, found=found, must="the position of the pause or suspension that is lifted")
        return
    if stop.until is not None:
        yield Broken(tag=tag, found="it was lifted before", must="lifted once", note=True)
    scopes = _control_scopes(case, fact)
    signers = [item for item in case.envelope.signatures if item.meaning is SignatureMeaning.APPROVED]
    people = [tag_of("person", item.person) for item in signers] or ([case.performer()] if case.validate_only else [])
    if not any(holds_role(case, person, _QUALITY, scopes) for person in people):
        found = "nobody signed for quality assurance of the control site"
        yield Broken(tag=tag, found=found, must="approved and signed by quality assurance of the control site")


def _control_scopes(case: Case, fact: SiteResumed) -> set[str]:
    """The control site, who runs it, and the licence of the master file; the site's own where nobody supervises it."""
    site = tag_of("site", fact.site)
    control = case.state(SITE_STATUS, site).control_site or site
    licence = case.state(MASTER_FILE, tag_of("masterfile", fact.masterfile)).licence
    return {control, case.state(SITE_STATUS, control).organisation, licence} - {""}


L7 = Rule(
    id="L7",
    revision=1,
    text="A site is resumed after a pause or suspension without sign-off by quality assurance of the control site, or "
    "from a stop that is not on record.",
    source="HMR 2012 Sch 3 para 1A(2)(e)",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteResumed",),
    reads=(SITE_STATUS, MASTER_FILE, PERSON),
    judge=_signed_off,
)


def _custodian(case: Case) -> Iterator[Broken]:
    """E7: ended, and nobody is named to keep the records; an authority's act is never barred."""
    fact = case.fact
    if isinstance(fact, RecordCustodyTransferred):
        yield from _handed_over(case, fact)
        return
    if isinstance(fact, OrganisationSucceeded):
        yield from _taken_over(fact)
        return
    if not isinstance(fact, SiteCeased | LicenceEnded) or fact.records_custodian is not None:
        return
    ended = tag_of("site", fact.site) if isinstance(fact, SiteCeased) else tag_of("licence", fact.licence)
    if case.state(RECORD_CUSTODY, ended).holder or case.known(RECORD_CUSTODY, ended).holder or _inherited(case, ended):
        return
    by_authority = isinstance(fact, LicenceEnded) and fact.reason is not LicenceEndReason.SURRENDERED
    yield Broken(
        tag=ended,
        found="nobody is named to keep its records",
        must="the organisation that keeps them from then on, here or by RecordCustodyTransferred",
        note=by_authority,
    )


def _inherited(case: Case, ended: str) -> bool:
    """Whether who ran the site, or held the licence, was taken over with the records: the successor keeps them."""
    owner = case.state(SITE_STATUS, ended).organisation or case.state(LICENCE, ended).holder
    return case.heir(owner, SuccessionPart.RECORDS) != owner


def _taken_over(fact: OrganisationSucceeded) -> Iterator[Broken]:
    """An organisation that is not its own successor, and whose records somebody keeps."""
    giver = tag_of("organisation", fact.predecessor)
    if giver == tag_of("organisation", fact.successor):
        yield Broken(tag=giver, found="succeeds itself", must="another organisation")
    elif SuccessionPart.RECORDS not in fact.passes:
        must = "records that pass too, or are handed over: RecordCustodyTransferred"
        yield Broken(tag=giver, found="its records do not pass with what passes", must=must, note=True)


def _handed_over(case: Case, fact: RecordCustodyTransferred) -> Iterator[Broken]:
    """A keeper who is another, and who took them; one who failed may have nobody left to sign."""
    holder = tag_of("organisation", fact.holder)
    if holder == tag_of("organisation", fact.giver):
        yield Broken(tag=holder, found="the same organisation gives and takes the records", must="another keeper")
    accepted = {
        case.person(tag_of("person", item.person))
        for item in case.envelope.signatures
        if item.meaning is SignatureMeaning.ACCEPTED
    }
    if not accepted:
        must = "a signature of who takes them: accepted"
        yield Broken(tag=holder, found="nobody accepted the records", must=must, note=case.validate_only)
    elif len(accepted) == 1:
        must = "signatures of both, where both can sign"
        yield Broken(tag=holder, found="signed by one side only", must=must, note=True)
    for tag in filter(None, (tag_of("site", fact.site), tag_of("licence", fact.licence))):
        keeper = case.state(RECORD_CUSTODY, tag).holder
        if keeper not in ("", tag_of("organisation", fact.giver)):
            yield Broken(tag=tag, found=f"{keeper} keeps them", must="given by who keeps them", note=True)


E7 = Rule(
    id="E7",
    revision=1,
    text="A site ends its work, or a licence is given up, without a named custodian of the records; a note where an "
    "authority ended the licence or it expired. Records are handed to a keeper who did not accept them, or to the one "
    "who gives them (our encoding). Who takes over an organisation with its records keeps them.",
    source="HMR 2012 Sch 6 para 19",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteCeased", "LicenceEnded", "RecordCustodyTransferred", "OrganisationSucceeded"),
    reads=(RECORD_CUSTODY, PERSON, SITE_STATUS, LICENCE, SUCCESSION),
    judge=_custodian,
)
