"""Rules L2, L8, L9: may this product be made in this mode, under this control site?"""

from collections.abc import Iterator

from ledger.domain.facts.changes import ChangeControlApproved
from ledger.domain.facts.licensing import LicenceGranted
from ledger.domain.facts.manufacture import BatchOpened
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.registry import SiteRegistered
from ledger.domain.facts.values import ManufacturingMode
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules import frame
from ledger.domain.rules.bases import ABROAD
from ledger.domain.rules.case import Case
from ledger.domain.rules.licences import candidates
from ledger.domain.rules.rule import Broken, Owner, Rule
from ledger.domain.subjects.batches import BATCH_RECORD
from ledger.domain.subjects.materials import MATERIAL
from ledger.domain.subjects.papers import AGREEMENT, LICENCE
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.products import DESIGNATION, MASTER_FILE, PRODUCT
from ledger.domain.subjects.sites import SITE_STATUS


def _words(mode: ManufacturingMode) -> str:
    return mode.name.lower().replace("_", " ")


def _licences_for(case: Case, mode: ManufacturingMode) -> Iterator[str]:
    """Licences relied on, by an agreement too, that have the product for a mode."""
    wanted = frame.product(case)
    for basis in candidates(case):
        licence = case.state(AGREEMENT, basis).licence if kind_of(basis) == "agreement" else basis
        if any(line.product == wanted and mode in line.modes for line in case.state(LICENCE, licence).lines):
            yield licence


def _on_the_licence(case: Case) -> Iterator[Broken]:
    """L2: decentralised manufacture of a product that the licence does not have for that mode."""
    site = case.state(SITE_STATUS, case.site)
    if site.control_site and isinstance(case.fact, BatchOpened) and case.fact.mode is ManufacturingMode.CENTRAL:
        found = f"opened as made centrally, at a site under {site.control_site}"
        yield Broken(tag=case.site, found=found, must="the mode in which the site works: point of care or modular")
    mode = frame.mode(case)
    if mode is None or any(_licences_for(case, mode)):
        return
    yield Broken(
        tag=frame.product(case) or case.site,
        found=f"no licence relied on has this product for {_words(mode)}",
        must=f"product and {_words(mode)} on the control site's licence",
    )


L2 = Rule(
    id="L2",
    revision=1,
    text="A point-of-care or modular product is made or assembled at a POC site or unit while product and mode are not "
    "on the control site's licence.",
    source="HMR 2012 regs 17A, 17B (SI 2025/87 reg 6)",
    owner=Owner.NOBODY,
    override="none",
    types=tuple(sorted(frame.MAKING)),
    reads=(SITE_STATUS, LICENCE, AGREEMENT, MATERIAL, BATCH_RECORD, CHAIN, PRODUCT),
    judge=_on_the_licence,
)


def _designated(case: Case) -> Iterator[Broken]:
    """L8: made in a decentralised mode for which the product has no live designation; or changed beside it."""
    if isinstance(case.fact, ChangeControlApproved):
        yield from _changed(case, case.fact)
        return
    mode, product = frame.mode(case), frame.therapy(case)
    if mode is None or not product:
        return
    known = [case.state(DESIGNATION, tag) for tag in case.product(product).designations]
    ours = [item for item in known if item.mode is mode and item.since is not None and item.since <= case.at]
    if any(item.until is None or case.at < item.until for item in ours):
        return
    found = "its designation ended" if ours else "no designation of it is known"
    yield Broken(tag=product, found=f"{found} for {_words(mode)}", must="a live designation by the MHRA for that mode")


def _changed(case: Case, fact: ChangeControlApproved) -> Iterator[Broken]:
    """A product that is designated is changed: a significant change needs a new designation."""
    if fact.product is None:
        return
    tag = tag_of("product", fact.product)
    if not case.product(tag).registered:
        yield Broken(tag=tag, found="the product is not registered", must="a product that is on record")
    designations = {item: case.state(DESIGNATION, item) for item in case.product(tag).designations}
    live = [item for item, state in designations.items() if state.until is None or case.at < state.until]
    if live and fact.regulator_reference is None:
        must = "the MHRA's answer whether it needs a new designation"
        yield Broken(tag=tag, found=f"{live[-1]} was given for the product before the change", must=must, note=True)


L8 = Rule(
    id="L8",
    revision=1,
    text="No live designation covers that product and mode of manufacture, or a decentralised investigational "
    "medicinal product has none. A change control of a designated product without a reference of the MHRA is a note: a "
    "significant change needs a new designation.",
    source="MHRA guidance, Decentralised manufacture: clinical trial authorisation and GCP",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteOnboarded", "ChangeControlApproved", *sorted(frame.MAKING)),
    reads=(SITE_STATUS, MATERIAL, BATCH_RECORD, CHAIN, MASTER_FILE, PRODUCT, DESIGNATION),
    judge=_designated,
    timed=True,
)


def _control_site(case: Case) -> Iterator[Broken]:
    """L9: a control site abroad, or one that the licence relied on does not name."""
    fact = case.fact
    if isinstance(fact, LicenceGranted):
        yield from _licensed_abroad(case, fact)
        return
    control = tag_of("site", fact.control_site) if isinstance(fact, SiteRegistered) else _control_of(case)
    if not control:
        return
    nation = case.state(SITE_STATUS, control).nation
    if nation in ABROAD:
        yield Broken(
            tag=control, found=f"the control site is in {nation.name.lower()}", must="a control site in the UK"
        )
    mode = frame.mode(case)
    if mode is None or not frame.making(case):
        return
    licences = tuple(_licences_for(case, mode))
    if licences and not any(control in case.state(LICENCE, basis).sites for basis in licences):
        found = f"{licences[0]} has {_words(mode)}, and does not name this control site"
        yield Broken(tag=control, found=found, must=f"a control site for {_words(mode)} on the licence relied on")


def _control_of(case: Case) -> str:
    return "" if frame.mode(case) is None else case.state(SITE_STATUS, frame.place(case)).control_site


def _licensed_abroad(case: Case, fact: LicenceGranted) -> Iterator[Broken]:
    """The sites of a licence with a decentralised mode are its control sites; one at home at least."""
    sites = [tag_of("site", item) for item in fact.sites]
    modes = {*fact.modes, *(mode for line in fact.product_lines for mode in line.modes)} - {ManufacturingMode.CENTRAL}
    if modes and all(case.state(SITE_STATUS, site).nation in ABROAD for site in sites):
        yield Broken(
            tag=tag_of("licence", fact.licence),
            found="a decentralised mode, and every site on it is abroad",
            must="a control site in the UK",
        )


L9 = Rule(
    id="L9",
    revision=1,
    text="The control site is outside the United Kingdom, or is not a control site for that mode of manufacture.",
    source="MHRA guidance, Decentralised manufacture: UK guideline on GMP",
    owner=Owner.NOBODY,
    override="none",
    types=("SiteRegistered", "LicenceGranted", "SiteOnboarded", *sorted(frame.MAKING)),
    reads=(SITE_STATUS, LICENCE, AGREEMENT, BATCH_RECORD),
    judge=_control_site,
)
