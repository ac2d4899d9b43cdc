"""Rule R2 for what was made abroad: a QP here certified it, or who is responsible for the import verified it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.domain.facts.certification import QpCertified
from ledger.domain.facts.importing import ImportVerified
from ledger.domain.facts.licensing import Authority, LicenceKind
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import Activity, Role
from ledger.domain.rules.authority import EXEMPT, covering
from ledger.domain.rules.bases import ABROAD
from ledger.domain.rules.case import COUNTRIES, Case
from ledger.domain.rules.exceptional import offered
from ledger.domain.rules.release import holds_role
from ledger.domain.rules.rule import Broken
from ledger.domain.subjects import releases
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.registers import LICENCE, SITE_STATUS
from ledger.domain.subjects.releases import Release
from ledger.domain.subjects.routes import CHAIN_ROUTE

APPROVED: Final = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
"""Approved countries for import as rulebook 1 asks for them: the EEA states. R2 revision 2 asks the parameter."""

_MUST: Final = "a QP's certification under a licence here that covers import, or the verification of the import"


def made_abroad(case: Case, batch: str) -> bool:
    """Whether a batch was opened at a site that is registered outside the United Kingdom."""
    return case.state(SITE_STATUS, case.linked(BATCH_RECORD, batch).site).nation in ABROAD


def certified(case: Case, fact: QpCertified) -> Iterator[Broken]:
    """What was made abroad is certified here under a licence that covers import; a QP abroad certifies under theirs."""
    licence = case.state(LICENCE, tag_of("licence", fact.licence))
    here = bool(licence.granted) and licence.authority is Authority.MHRA
    if made_abroad(case, tag_of("batch", fact.batch)) and here and Activity.IMPORT not in licence.activities:
        found = "does not cover import, and the batch was made abroad"
        yield Broken(tag=tag_of("licence", fact.licence), found=found, must="a manufacturer's licence that covers it")


def verified(case: Case, fact: ImportVerified) -> Iterator[Broken]:
    """By a QP of a licence that covers import; or by the responsible person (import), from an approved country."""
    tag, batch, person = tag_of("licence", fact.licence), tag_of("batch", fact.batch), case.performer()
    licence, product = case.state(LICENCE, tag), case.product_of(batch, "")
    if holds_role(case, person, frozenset((Role.QUALIFIED_PERSON,)), {tag}, product):
        if Activity.IMPORT not in licence.activities:
            yield Broken(tag=tag, found="does not cover import", must="a manufacturer's licence that covers it")
        return
    if not holds_role(case, person, frozenset((Role.RESPONSIBLE_PERSON_IMPORT,)), {tag}, product):
        found = f"is named on {tag} neither as responsible person (import) nor as QP"
        yield Broken(tag=person, found=found, must="who is responsible for the import, named there, then")
    if licence.kind is not LicenceKind.WHOLESALE:
        yield Broken(tag=tag, found="is no wholesale licence", must="the one that names the responsible person")
    if fact.country not in APPROVED:
        found = f"certified in {fact.country}, which is no approved country for import"
        yield Broken(tag=batch, found=found, must="certified by a QP here, under a licence that covers import")


def verified_by_rulebook(case: Case, fact: ImportVerified) -> Iterator[Broken]:
    """As `verified`, with the approved countries of the rulebook; what is found of the batch is its country."""
    tag, batch, person = tag_of("licence", fact.licence), tag_of("batch", fact.batch), case.performer()
    yield from (one for one in verified(case, fact) if one.tag != batch)
    by_qp = holds_role(case, person, frozenset((Role.QUALIFIED_PERSON,)), {tag}, case.product_of(batch, ""))
    if not by_qp and not approved(case, fact.country):
        found = f"certified in {fact.country}, which is no approved country for import"
        yield Broken(tag=batch, found=found, must="certified by a QP here, under a licence that covers import")


def approved(case: Case, country: str) -> bool:
    """Whether a country is approved for import: as the rulebook sets it for that country alone, else by its list."""
    listed = country in case.parameters[COUNTRIES].split()
    own = case.parameters.get(f"{COUNTRIES}.{country}")
    return listed if own is None else Decimal(own) == 1


def used(case: Case) -> Iterator[Broken]:
    """What was made abroad is given here after a certification here, or a verified import.

    Nothing is asked of what is given abroad, nor of a special: that is imported on notice to the licensing authority.
    """
    if case.state(SITE_STATUS, case.site).nation in ABROAD:
        return
    materials, _ = offered(case)
    for material in materials:
        batch = case.batch_of(material)
        if (
            not batch
            or not made_abroad(case, batch)
            or case.state(CHAIN_ROUTE, case.chain_of(material)).route in EXEMPT
        ):
            continue
        judged = [_covers_import(case, release) for release in covering(case, batch, material)]
        if judged and True not in judged:
            found = f"{batch} was made abroad, and nobody verified its import"
            yield Broken(tag=material, found=found, must=_MUST, note=None in judged)


def _covers_import(case: Case, release: Release) -> bool | None:
    """Whether a release is one of the import; None where the ledger does not know the licence that would tell."""
    if release.authority is not releases.Authority.QUALIFIED_PERSON:
        return release.authority is not releases.Authority.POINT_OF_CARE
    licence = case.state(LICENCE, release.licence)
    if not licence.granted:
        return None
    return licence.authority is Authority.MHRA and Activity.IMPORT in licence.activities
