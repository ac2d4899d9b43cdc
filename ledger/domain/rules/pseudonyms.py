"""What is known of one person under every pseudonym: what was said or tested under one counts under all."""

from ledger.domain.rules.case import Case
from ledger.domain.subjects.donors import DONOR, Donor
from ledger.domain.subjects.people import CONSENT, Consent, told_together


def consent_of(case: Case, person: str) -> Consent:
    """Returns what a person consented to: what was withdrawn under one pseudonym is withdrawn."""
    states = [case.state(CONSENT, name) for name in sorted(case.patients(person))]
    return states[0] if len(states) == 1 else told_together(states)


def donor_of(case: Case, person: str) -> Donor:
    """Returns what is known of a donor: what was positive, found or decided under one pseudonym counts under all."""
    states = [case.state(DONOR, name) for name in sorted(case.patients(person))]
    if len(states) == 1:
        return states[0]
    found = {state.exclusion_found for state in states} - {None}
    return Donor(
        exclusion_found=any(found) if found else None,
        decisions=tuple(sorted((item for state in states for item in state.decisions), key=lambda item: item.at)),
        samplings=tuple(sorted((item for state in states for item in state.samplings), key=lambda item: item.at)),
        tests=tuple(sorted((item for state in states for item in state.tests), key=lambda item: item.at)),
    )
