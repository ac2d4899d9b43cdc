"""Who is party to a chain: those whom parties name, from then on. Nobody joins uninvited, nobody is drawn in."""

import msgspec
import pytest

from ledger import api
from ledger.api import Ledger
from ledger.audit.feed import FeedPage, Heard, PartyGained, Wanted
from ledger.audit.parties import Gain, Mention, Parties, admit
from ledger.audit.party_book import PartyBook
from ledger.domain.facts import record as records
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from tests.support import vigilance, world
from tests.support.clusters import Database
from tests.support.judged import Asked
from tests.support.world import CENTRAL, CENTRAL_SITE, CHAIN, COLLECTING, CONTROL, TREATING, tag

COI = tag("coi", CHAIN)
A, B, C = (f"organisation:ods:{name}" for name in "ABC")


def folded(*mentions: Mention) -> Parties:
    """The parties after these facts of a chain."""
    parties = Parties()
    for mention in mentions:
        parties = admit(parties, mention)
    return parties


def test_who_opens_a_chain_and_whom_the_opening_names_are_its_first_parties() -> None:
    found = folded(Mention(7, A, frozenset({B}), opens=True))
    assert dict(found.since) == {A: Gain(7, missed=False), B: Gain(7, missed=False)}


def test_nobody_joins_a_chain_by_recording_a_fact_about_it() -> None:
    found = folded(Mention(7, A, opens=True), Mention(8, B, frozenset({B, C})))
    assert dict(found.since) == {A: Gain(7, missed=False)}


def test_nobody_takes_a_chain_over_by_opening_it_again() -> None:
    found = folded(Mention(7, A, opens=True), Mention(8, B, frozenset({C}), opens=True))
    assert dict(found.since) == {A: Gain(7, missed=False)}


def test_before_a_chain_is_opened_it_has_no_parties() -> None:
    assert dict(folded(Mention(6, B, frozenset({A, C}))).since) == {}


def test_whom_a_party_names_is_a_party_and_names_others_in_turn() -> None:
    found = folded(Mention(7, A, opens=True), Mention(8, A, frozenset({B})), Mention(9, B, frozenset({C})))
    assert dict(found.since) == {A: Gain(7, missed=False), B: Gain(8, missed=True), C: Gain(9, missed=True)}
    assert [found.includes(B, position) for position in (7, 8, 9)] == [False, True, True]


def test_who_recorded_all_that_went_before_missed_nothing() -> None:
    found = folded(Mention(5, B), Mention(7, A, frozenset({B, C}), opens=True))
    assert dict(found.since) == {A: Gain(7, missed=True), B: Gain(7, missed=False), C: Gain(7, missed=True)}


def parties(asked: Asked, chain: str = COI) -> dict[str, Gain]:
    """The parties of a chain of a ledger, as a book that knows nothing reads them."""
    with asked.ledger._reading() as reading:
        head = reading.head()
        return dict(PartyBook().of(reading, [chain], head.size, head)[chain].since)


def organisation(name: world.Data) -> str:
    """An organisation's tag."""
    return tag("organisation", name)


def test_a_site_that_a_party_names_brings_in_who_runs_it() -> None:
    asked = Asked().given(*world.until("second_receipt"))
    assert set(parties(asked)) == {organisation(TREATING)}
    asked.tell(world.second_receipt(origin=CENTRAL_SITE))
    assert parties(asked)[organisation(CENTRAL)] == Gain(asked.position, missed=True)


@pytest.mark.parametrize(
    "telling",
    [
        vigilance.submitted(coi=CHAIN, organisation=TREATING),
        vigilance.notice(coi=CHAIN, organisation=TREATING),
        vigilance.disclosure(coi=[CHAIN], organisation=TREATING),
    ],
    ids=lambda draft: draft.content.type,
)
def test_who_is_only_told_of_something_is_drawn_in_by_nobody(telling: world.Draft) -> None:
    asked = Asked().given(*world.until("second_receipt"))
    asked.when(telling).then_recorded()
    assert COI in asked.receipt.tags
    assert set(parties(asked)) == {organisation(TREATING)}


def test_who_is_told_of_a_case_is_not_drawn_in_by_the_chain_that_the_case_is_about() -> None:
    asked = Asked().given(*world.until("second_receipt"), vigilance.reaction(coi=CHAIN))
    asked.when(vigilance.submitted(organisation=TREATING)).then_recorded()
    assert COI in asked.record.verdict.inherited
    assert set(parties(asked)) == {organisation(TREATING)}


def test_a_stranger_who_names_a_site_brings_in_nobody() -> None:
    asked = Asked().given(*world.until("receipt"))
    named = asked.record.verdict
    assert {tag("site", CENTRAL_SITE), organisation(world.CARRIER)} <= set(named.tags)
    assert COI in named.inherited
    assert set(parties(asked)) == {organisation(TREATING)}


def test_a_refusal_makes_nobody_a_party_until_it_is_recorded_as_a_deviation() -> None:
    asked = Asked().given(*world.until("second_dispatch"))
    asked.tell(world.second_receipt(origin=CENTRAL_SITE))
    refused = asked.position
    assert asked.record.verdict.outcome == "OUTCOME_REFUSED"
    assert organisation(CENTRAL) not in parties(asked)
    asked.tell(world.as_deviation(refused))
    assert parties(asked)[organisation(CENTRAL)] == Gain(asked.position, missed=True)


def test_who_runs_a_site_is_what_the_register_said_when_the_fact_was_recorded() -> None:
    asked = Asked().given(*world.until("second_receipt"))
    asked.tell(world.site(CENTRAL_SITE, CONTROL, at="2026-03-03T09:00Z", effective_from="2026-04-01"))
    asked.tell(world.second_receipt(origin=CENTRAL_SITE))
    at = asked.position
    asked.tell(world.site(CENTRAL_SITE, COLLECTING, at="2026-03-04T09:00Z", effective_from="2026-04-02"))
    assert parties(asked) == {
        organisation(TREATING): Gain(parties(asked)[organisation(TREATING)].position, missed=False),
        organisation(CONTROL): Gain(at, missed=True),
    }


def test_a_party_stays_one_when_the_fact_that_named_it_is_taken_back() -> None:
    asked = Asked().given(*world.until("second_receipt"))
    asked.tell(world.second_receipt(origin=CENTRAL_SITE))
    before = parties(asked)
    asked.tell(world.did_not_happen(asked.position))
    assert parties(asked) == before


def test_a_book_that_may_keep_little_answers_the_same() -> None:
    asked = Asked().given(*world.registers())
    chains = [world.name("isbt128-coi", f"CHA99992600{number:04}") for number in range(12)]
    for number, coi in enumerate(chains):
        asked.tell(world.chain(coi, world.name("pseudonym", f"01KMZ8Y0TE{number:04}")))
    small, large = PartyBook(most=6), PartyBook()
    with asked.ledger._reading() as reading:
        head = reading.head()
        for coi in chains:
            label = tag("coi", coi)
            assert small.of(reading, [label], head.size, head) == large.of(reading, [label], head.size, head)
            assert small.weight <= 6
    assert large.weight == 3 * len(chains)


def test_after_a_failover_parties_are_read_anew() -> None:
    asked = Asked().given(*world.until("consent"))
    book = PartyBook()
    with asked.ledger._reading() as reading:
        head = reading.head()
        before = book.of(reading, [COI], head.size, head)
        stranger = Asked()
        with stranger.ledger._reading() as lost:
            assert book.of(lost, [COI], head.size, head) == before, "what is kept is not read again"
            promoted = msgspec.structs.replace(head, epoch=head.epoch + 1)
            assert dict(book.of(lost, [COI], head.size, promoted)[COI].since) == {}
            assert book.weight == 1


def feed(asked: Asked | Ledger, organisation_: world.Data | None, after: int = 0, **chosen: object) -> FeedPage:
    """A whole feed, its pages put together."""
    ledger = asked.ledger if isinstance(asked, Asked) else asked
    whose = None if organisation_ is None else organisation(organisation_)
    wanted = Wanted(organisation=whose, **chosen)  # type: ignore[arg-type]  # keywords of each test
    events: list[Heard] = []
    through, size = after, -1
    while through != size:
        page = ledger.feed(through, wanted, most_rows=7)
        assert page.through > through or page.through == page.size
        events += page.events
        through, size = page.through, page.size
    return FeedPage(events=tuple(events), through=through, size=size)


def heard(page: FeedPage) -> list[int | str]:
    """Positions of facts; of a gain, the chain."""
    return [event.tag if isinstance(event, PartyGained) else event.position for event in page.events]


@pytest.fixture
def told() -> Asked:
    """The whole story; the treating hospital names the central site when the cells arrive."""
    asked = Asked().given(*world.until("second_receipt"))
    for draft in world.since("second_receipt"):
        asked.tell(world.second_receipt(origin=CENTRAL_SITE) if draft.content.type == "ConsignmentReceived" else draft)
    return asked


REGISTERS = len(world.registers())
EVERYBODYS = [
    position
    for position, draft in enumerate(world.registers(), 1)
    if TYPES[draft.content.type].about.kind is Kind.REGISTER
]
"""Entries of registers; the release of a lot is a decision and concerns whoever has the lot."""
BEFORE_THE_DONATION = ("DonorTestsSampled",)
"""Recorded before the donation is the chain's: who is party has it from the replay of the chain, not from the feed."""
ON_THE_DONATION = ("DonorTestsResulted", "DonorEligibilityDecided", "MaterialReleasedForCirculation")


def test_the_operator_hears_of_everything(told: Asked) -> None:
    page = feed(told, None, refusals=True)
    assert heard(page) == list(range(1, page.size + 1))


def test_a_party_hears_of_the_whole_chain_from_the_opening_on(told: Asked) -> None:
    of_nobody = [row.position for row in told.rows() if row.type in BEFORE_THE_DONATION]
    assert len(of_nobody) == len(BEFORE_THE_DONATION)
    everything = heard(feed(told, None))
    of_chain = [item for item in everything if isinstance(item, int) and item > REGISTERS and item not in of_nobody]
    assert heard(feed(told, TREATING)) == [*EVERYBODYS, *of_chain]


def test_who_is_no_party_hears_of_registers_and_of_what_it_recorded_itself(told: Asked) -> None:
    own = [row.position for row in told.rows() if row.organisation == "ods:RR8"]
    assert len(own) == 7
    assert heard(feed(told, COLLECTING)) == [*EVERYBODYS, *own]
    assert heard(feed(told, CONTROL)) == list(range(1, REGISTERS + 1))


def test_who_becomes_party_late_is_told_so_and_hears_of_what_follows_and_the_replay_has_the_rest(told: Asked) -> None:
    gained = parties(told)[organisation(CENTRAL)].position
    own = [row.position for row in told.rows() if row.organisation == "gs1-gln:9506000140018"]
    later = list(range(gained, len(told.rows()) + 1))
    assert heard(feed(told, CENTRAL, after=REGISTERS)) == [*own, COI, *later]
    replayed = {step.fact.position for step in told.ledger.replay(COI).steps}
    assert replayed >= {*range(REGISTERS + 1, gained), *later}


def test_who_goes_on_from_a_position_is_told_of_a_gain_only_if_it_lies_beyond(told: Asked) -> None:
    gained = parties(told)[organisation(CENTRAL)].position
    assert heard(feed(told, CENTRAL, after=gained - 1))[:2] == [COI, gained]
    assert heard(feed(told, CENTRAL, after=gained))[:1] == [gained + 1]


def test_a_register_entry_that_names_a_chain_is_for_the_parties_of_that_chain(told: Asked) -> None:
    told.tell(world.site(world.name("home.RXK", "1"), TREATING, kind="SITE_KIND_HOME", home_of=[CHAIN], bases=[]))
    home = told.position
    assert heard(feed(told, TREATING, after=home - 1)) == [home]
    assert heard(feed(told, COLLECTING, after=home - 1)) == []


def test_tags_and_types_choose_and_a_correction_is_found_with_what_it_corrects(told: Asked) -> None:
    collection = next(row.position for row in told.rows() if row.type == "ApheresisPerformed")
    told.tell(world.corrected(collection, world.apheresis(cycles=3)))
    corrected = told.position
    assert heard(feed(told, None, types=frozenset({"ApheresisPerformed"}))) == [collection, corrected]
    assert heard(feed(told, TREATING, types=frozenset({"Corrected"}))) == [corrected]
    donation = frozenset({tag("donation", world.DONATION), "donation:x:y"})
    decided = [row.position for row in told.rows() if row.type in ON_THE_DONATION]
    assert len(decided) == len(ON_THE_DONATION)
    assert heard(feed(told, TREATING, tags=donation)) == [collection, *decided, corrected]
    own = [row.position for row in told.rows() if row.type in {*BEFORE_THE_DONATION, *ON_THE_DONATION}]
    whole = [*sorted([*own, collection]), COI, corrected]
    assert heard(feed(told, COLLECTING, tags=donation)) == whole, "a party named the collector"


def test_refused_reports_are_told_to_who_asks_for_them(told: Asked) -> None:
    told.tell(world.start())
    refused = told.position
    assert told.record.verdict.outcome == "OUTCOME_REFUSED"
    assert heard(feed(told, TREATING, after=refused - 1)) == []
    assert heard(feed(told, TREATING, after=refused - 1, refusals=True)) == [refused]
    assert heard(feed(told, None, after=refused - 1, refusals=True, types=frozenset({"AdministrationStarted"}))) == [
        refused
    ]
    assert heard(feed(told, CONTROL, after=refused - 1, refusals=True)) == []


def test_every_feed_is_the_same_on_postgres(told: Asked, database: Database) -> None:
    told.tell(world.start())
    told.tell(world.corrected(REGISTERS + 5, world.apheresis(cycles=3)))
    ledger = api.connect(database.writer, clock=lambda: told.now, entropy=bytes, rehearsal=True)
    try:
        for row in told.rows():
            record = records.decode(row.record)
            told.now = record.stamp.recorded_at
            octets = records.content_octets(row.record)
            draft = world.Draft(content=record.content, octets=octets, recorder=record.stamp.recorder)
            ledger.submit(draft).exception(30)
        for whose in (None, TREATING, COLLECTING, CENTRAL, CONTROL):
            assert feed(ledger, whose, refusals=True) == feed(told, whose, refusals=True)
    finally:
        ledger.close()
