"""The cards of chains, places, papers, products and people, and of everything of which no state is kept."""

from collections.abc import Iterator, Mapping
from typing import Final

from ledger.audit.cards.card import Card, States, clock
from ledger.audit.cards.layers import run_by, standing_stops
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.rules.duties import meets
from ledger.domain.subjects.people import CHAIN
from ledger.domain.subjects.registers import LICENCE, MASTER_FILE, ORGANISATION, PRODUCT, SITE_STATUS, in_force
from ledger.domain.subjects.reporting import REPORTING
from ledger.domain.subjects.sites import Assessment
from ledger.domain.subjects.staff import PERSON


def chain(states: States, tag: str) -> Card:
    """The card of a chain of identity: one order, all its collections. Whose it is stands in its story."""
    known = states.state(CHAIN, tag)
    follows: tuple[str, ...] = ()
    if known.closed:
        how = f" as {known.outcome.name.lower().replace('_', ' ')}" if known.outcome is not None else ""
        status, sentence = "closed", f"Closed{how}, by fact {known.closed}."
    elif known.collections:
        count = len(known.collections)
        status, sentence = "collected", f"Assigned, with {count} collection{'' if count == 1 else 's'}."
    elif known.assigned:
        status, sentence = "assigned", "Assigned to its patient; nothing is collected yet."
        follows = ("ConsentRecorded", "DonorIdentified", "ApheresisPerformed")
    elif known.prescriptions:
        status, sentence, follows = "prescribed", "Prescribed, and not assigned yet.", ("CoiAssigned",)
    else:
        status, sentence = "unregistered", "Facts name it, but it was not assigned."
        follows = ("CoiAssigned",)
    return Card(
        tag=tag,
        what="chain of identity",
        status=status,
        sentence=sentence,
        product=known.product,
        holds=known.collections,
        next=follows,
    )


def site(states: States, tag: str) -> Card:
    """The card of a site: who runs it, on which bases, and whether it is suspended."""
    known = states.state(SITE_STATUS, tag)
    stops = standing_stops(known, states)
    if stops:
        words, since = stops[-1].by.value, clock(stops[-1].since)
        status, sentence = words.partition(" ")[0], f"{words.capitalize()} since {since}."
    elif not known.registered:
        status, sentence = "unregistered", "It is not registered."
    elif known.effective_to is not None and not in_force(states.at, "0001-01-01", known.effective_to):
        status, sentence = "closed", f"Its registration ended on {known.effective_to}."
    else:
        status, sentence = "registered", "Registered."
    bases = [item for item in known.bases if in_force(states.at, item.effective_from, item.effective_to)]
    return Card(
        tag=tag,
        what="site",
        status=status,
        sentence=sentence,
        holder=run_by(states, tag),
        conditions=(
            *(f"{_word(item.activity)}: {item.basis or 'no basis'}" for item in bases),
            *(_assessed(item) for item in known.assessments[-MOST_ASSESSMENTS:]),
        ),
        next=() if known.registered else ("SiteRegistered",),
    )


MOST_ASSESSMENTS: Final = 3
"""Assessments that a card tells, the newest."""


def _assessed(one: Assessment) -> str:
    what, outcome = _plain(one.purpose.name), _plain(one.outcome.name)
    return f"{what} on {clock(one.at)}: {outcome} (fact {one.position})"


def _plain(word: str) -> str:
    return word.lower().replace("_", " ")


def _word(choice: str) -> str:
    return choice.partition("_")[2].lower().replace("_", " ")


def organisation(states: States, tag: str) -> Card:
    """The card of an organisation: what it is registered as."""
    known = states.state(ORGANISATION, tag)
    roles = ", ".join(role.removeprefix("ORGANISATION_ROLE_").lower().replace("_", " ") for role in known.roles)
    return _registered(tag, "organisation", known.registered, f"Registered as {roles}." if roles else "Registered.")


def licence(states: States, tag: str) -> Card:
    """The card of a licence: who holds it, and until when."""
    known = states.state(LICENCE, tag)
    if not known.granted:
        return _registered(tag, "licence", 0, "")
    holds = in_force(states.at, known.effective_from, known.effective_to)
    until = f" until {known.effective_to}" if known.effective_to else ""
    return Card(
        tag=tag,
        what="licence",
        status="valid" if holds else "lapsed",
        sentence=f"In force from {known.effective_from}{until}." if holds else f"Not in force at {clock(states.at)}.",
        holder=known.holder,
        holds=known.sites,
    )


def masterfile(states: States, tag: str) -> Card:
    """The card of a master file: its version in force and the sites on it."""
    known = states.state(MASTER_FILE, tag)
    card = _registered(tag, "master file", known.approved, f"Version {known.version} is approved.")
    if not known.approved:
        return card
    return Card(
        tag=tag,
        what=card.what,
        status="approved",
        sentence=card.sentence,
        product=known.product,
        holds=known.sites,
        conditions=tuple(_duties(states, tag, known.sites)),
    )


def _duties(states: States, tag: str, sites: tuple[str, ...]) -> Iterator[str]:
    """What its control site has shown: how each site was assessed last, and the reports sent to whom they are owed."""
    for site in sites:
        ours = [one for one in states.state(SITE_STATUS, site).assessments if one.masterfile in ("", tag)]
        yield f"{site}: {_assessed(ours[-1])}" if ours else f"{site}: never assessed on record"
    newest = {one.report: one for one in states.state(REPORTING, tag).submitted if meets(one, one.report, None)}
    for report, sent in newest.items():
        yield f"report sent on {clock(sent.at)}: {_plain(report.name)} (fact {sent.position})"


def product(states: States, tag: str) -> Card:
    """The card of a product."""
    known = states.state(PRODUCT, tag)
    name = f"{known.data.name}." if known.data is not None else ""
    return _registered(tag, "product", known.registered, name)


def person(states: States, tag: str) -> Card:
    """The card of a member of staff: registered, and with which roles today."""
    known = states.state(PERSON, tag)
    if known.first not in ("", tag):
        known = states.state(PERSON, known.first)
    roles = [one for one in known.roles if in_force(states.at, one.effective_from, one.effective_to)]
    words = tuple(
        f"{one.role.removeprefix('ROLE_').lower().replace('_', ' ')}: {one.scope or 'anywhere'}" for one in roles
    )
    card = _registered(tag, "member of staff", known.registered, "Registered.")
    return Card(tag=tag, what=card.what, status=card.status, sentence=card.sentence, conditions=words)


def _registered(tag: str, what: str, at: int, sentence: str) -> Card:
    if at:
        return Card(tag=tag, what=what, status="registered", sentence=sentence)
    return Card(tag=tag, what=what, status="unregistered", sentence="Facts name it, but it is not registered.")


NAMES: Final[Mapping[str, str]] = {
    "patient": "pseudonym of a patient",
    "donor": "pseudonym of a donor",
    "lot": "lot",
    "case": "safety case",
    "masterfile": "master file",
}
"""What a thing is called where its kind is not the word for it."""


def named(states: States, tag: str) -> Card:
    """The card of a thing of which no state is kept: facts name it, and its trace tells what it touched."""
    del states
    what = NAMES.get(kind_of(tag), kind_of(tag))
    return Card(tag=tag, what=what, status="known", sentence="Facts name it; its trace tells what it touched.")
