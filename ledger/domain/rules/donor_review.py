"""Rule D2: did somebody entitled look at what is known of a donor who gives for others, before their cells go out?"""

from collections.abc import Iterator

from ledger.domain.facts.collection import MaterialReleasedForCirculation
from ledger.domain.facts.donors import DonorEligibility, DonorEligibilityDecided
from ledger.domain.facts.naming import tag_of
from ledger.domain.rules.case import Case
from ledger.domain.rules.named_on_licence import may
from ledger.domain.rules.provenance import CERTIFYING, known_donations
from ledger.domain.rules.pseudonyms import donor_of
from ledger.domain.rules.rule import ROLES_OF, Broken, Owner, Rule
from ledger.domain.subjects.donors import DONATION_STATUS, DONOR, Decision, DonationStatus, Donor
from ledger.domain.subjects.registers import AGREEMENT, LICENCE, SITE_STATUS
from ledger.domain.subjects.settlement import PATIENT_LINKS
from ledger.domain.subjects.staff import PERSON

_ASSESSED = "a documented risk assessment by the Designated Individual"


def _reviewed(case: Case) -> Iterator[Broken]:
    """D2: released, or certified, without a review of the donor; or a risk taken on by who may not."""
    fact = case.fact
    if isinstance(fact, DonorEligibilityDecided):
        yield from _taken_on(case, fact)
    elif isinstance(fact, MaterialReleasedForCirculation):
        tag = tag_of("donation", fact.donation)
        if not fact.quarantine_transfer:
            yield from _of_donation(case, tag, case.state(DONATION_STATUS, tag))
    else:
        for tag, donation in known_donations(case):
            yield from _of_donation(case, tag, donation)


def _of_donation(case: Case, tag: str, donation: DonationStatus) -> Iterator[Broken]:
    """The last decision on the donor: there, eligible, and made in sight of every risk that is known."""
    if donation.autologous or not donation.collections:
        return
    donor = donor_of(case, donation.person)
    decisions = [item for item in donor.decisions if _is_about(item, tag, donation.coi)]
    if not decisions:
        must = "a review of the donor against the selection criteria"
        yield Broken(tag=tag, found="nobody decided on the donor's eligibility", must=must)
        return
    last = decisions[-1]
    if last.outcome is not DonorEligibility.ELIGIBLE:
        found = f"the donor is {last.outcome.name.lower().replace('_', ' ')} (fact {last.position})"
        yield Broken(tag=tag, found=found, must="an eligible donor")
    elif (risks := _risks(donor)) and not (last.risk_assessed and last.at >= donor.reactive_since()):
        found = f"{risks}, and the decision (fact {last.position}) assesses no such risk"
        yield Broken(tag=tag, found=found, must=_ASSESSED)


def _is_about(item: Decision, donation: str, coi: str) -> bool:
    return item.donation == donation or (not item.donation and item.coi in ("", coi))


def _risks(donor: Donor) -> str:
    """Says what speaks against a donor: reactive markers, an exclusion in the history; empty for nothing."""
    reactive = ", ".join(marker.name for marker in donor.reactive())
    told = (f"reactive: {reactive}" if reactive else "", "an exclusion was found" if donor.exclusion_found else "")
    return "; ".join(filter(None, told))


def _taken_on(case: Case, fact: DonorEligibilityDecided) -> Iterator[Broken]:
    """Who decides for a donor against whom something speaks is the Designated Individual, on an assessed risk."""
    person = tag_of("donor", fact.donor)
    risks = _risks(donor_of(case, person)) if person else ""
    if fact.outcome is not DonorEligibility.ELIGIBLE or not risks:
        return
    if fact.risk_assessment is None:
        yield Broken(tag=person, found=f"decided as eligible; {risks}", must=_ASSESSED)
    elif not may(case, case.performer(), ROLES_OF[Owner.TISSUE]):
        me = tag_of("person", case.envelope.performed_by)
        yield Broken(tag=me, found=f"decides as no Designated Individual; {risks}", must=_ASSESSED)


D2 = Rule(
    id="D2",
    revision=1,
    text="Material given for others, to anybody or to one named person, is released, or what was made of it is "
    "certified, with a reactive marker or an exclusion in the donor's history, or without a documented review of the "
    "donor's eligibility. A transfer in quarantine is no release.",
    source="Directive 2006/17/EC Annex I and Annex IV 1.4; directed donations (our encoding)",
    owner=Owner.TISSUE,
    override="documented risk assessment by the Designated Individual (DI), in the decision on eligibility",
    types=("DonorEligibilityDecided", "MaterialReleasedForCirculation", *CERTIFYING),
    reads=(DONATION_STATUS, DONOR, PATIENT_LINKS, PERSON, SITE_STATUS, LICENCE, AGREEMENT),
    over=(DONATION_STATUS,),
    judge=_reviewed,
)
