"""Lists are what the log says up to their position: however it was cut, whoever was at it, whatever was corrected."""

from dataclasses import replace
from typing import Final

import msgspec
import pytest

from ledger.domain.receipt import Unavailable
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import AnySubject
from ledger.store.errors import StoreError
from ledger.store.log import Reading
from ledger.views.catalogue import LISTS
from ledger.views.entries import STANDS, Change, Entry, Place, Progress, Wanted
from ledger.views.histories import Histories
from ledger.views.keeper import Keeper
from ledger.views.keeping import Views
from ledger.views.listing import Listing
from ledger.views.memory_views import MemoryViews
from ledger.views.postgres_views import PostgresViews
from tests.support.clusters import Database
from tests.support.judged import Asked
from tests.support.random_story import random_story

NAMES: Final = [listing.name for listing in LISTS]
DEVIATIONS: Final = "open-deviations"


def keeper(story: Asked, views: Views, most: int = 500, listings: tuple[Listing, ...] = LISTS) -> Keeper:
    return Keeper(story.ledger._log, views, listings, most)


def everything(views: Views) -> dict[str, list[Entry]]:
    return {name: list(views.all(name)) for name in NAMES}


def standing(views: Views, known: int) -> dict[str, list[Entry]]:
    """What the lists say, as known at a position, whatever became of it since."""
    pages = {name: views.page(Wanted(list=name, known=known, limit=10_000)) for name in NAMES}
    return {name: [msgspec.structs.replace(one, gone=STANDS) for one in found] for name, found in pages.items()}


@pytest.mark.parametrize("seed", range(6))
def test_lists_come_out_alike_however_the_log_is_cut(seed: int) -> None:
    story, whole = random_story(seed), MemoryViews()
    keeper(story, whole).catch_up()
    for most in (1, 7):
        cut = MemoryViews()
        keeper(story, cut, most).catch_up()
        assert everything(cut) == everything(whole)


class Counting(Histories):
    """Counts what was not at hand when it was asked for: a query each."""

    misses = 0

    def get(self, subject: AnySubject, tag: str, reading: Reading, through: int) -> History:
        """See Histories."""
        self.misses += self.known(subject, tag) is None
        return super().get(subject, tag, reading, through)


def test_what_lists_once_asked_for_is_read_ahead() -> None:
    kept, counting = keeper(random_story(2), MemoryViews()), Counting()
    kept._worker.histories = counting
    kept.catch_up()
    first, counting.misses = counting.misses, 0
    kept.rebuild()
    assert counting.misses < first / 10


def test_a_random_story_gives_rows_that_stand_and_rows_that_are_gone() -> None:
    found = []
    for seed in range(6):
        views = MemoryViews()
        keeper(random_story(seed), views).catch_up()
        found += [one for entries in everything(views).values() for one in entries]
    assert {one.gone == STANDS for one in found} == {True, False}


def test_a_list_can_be_asked_as_it_was_known_at_any_position(views: Views) -> None:
    story = random_story(3)
    kept, seen = keeper(story, views, 1), dict[int, dict[str, list[Entry]]]()
    while (position := kept.catch_up(stretches=1)) not in seen:
        seen[position] = standing(views, position)
    assert len(seen) == story.rows()[-1].position
    assert {position: standing(views, position) for position in seen} == seen


@pytest.mark.parametrize("seed", [1, 4])
def test_lists_on_postgres_are_those_in_memory(seed: int, database: Database) -> None:
    story, twin, kept = random_story(seed), MemoryViews(), PostgresViews(database.writer)
    keeper(story, twin).catch_up()
    keeper(story, kept, 9).catch_up()
    assert everything(kept) == everything(twin)
    labels = sorted({label for entries in everything(twin).values() for one in entries for label in one.labels})
    for known in (25, story.rows()[-1].position):
        for name in NAMES:
            for label in labels[::11]:
                for other in labels[::13]:
                    asked = Wanted(list=name, labels=(label, other), known=known, limit=3)
                    assert kept.page(asked) == twin.page(asked)
            for by in ("site", "rule", "person", "month"):
                asked = Wanted(list=name, known=known, limit=50)
                assert kept.groups(asked, by) == twin.groups(asked, by)
                led = msgspec.structs.replace(asked, labels=("site:ods:RXKP1",))
                assert kept.groups(led, by) == twin.groups(led, by)
    kept.close()


def test_pages_go_on_where_the_last_one_ended(views: Views) -> None:
    keeper(random_story(2), views).catch_up()
    asked = Wanted(list="notes", known=2**40, limit=10_000)
    whole, paged = views.page(asked), list[Entry]()
    while more := views.page(msgspec.structs.replace(asked, limit=2)):
        paged += more
        last = more[-1]
        asked = msgspec.structs.replace(asked, after=Place(last.at, last.root, last.part))
    assert len(whole) > 2
    assert paged == whole


def test_a_change_that_was_taken_up_is_not_taken_up_again(views: Views) -> None:
    keeper(random_story(1), views).catch_up()
    before, position = everything(views), views.progress()[DEVIATIONS].position
    assert not views.apply(Change(lists=tuple(NAMES), after=0, through=position))
    assert not views.apply(Change(lists=(DEVIATIONS, "notes"), after=position - 1, through=position + 5))
    assert (everything(views), views.progress()[DEVIATIONS].position) == (before, position)


def test_two_that_keep_the_same_lists_in_turn_keep_them_once(views: Views) -> None:
    story, alone = random_story(5), MemoryViews()
    first, second = keeper(story, views, 3), keeper(story, views, 4)
    while first.catch_up(stretches=1) != second.catch_up(stretches=2):
        pass
    keeper(story, alone).catch_up()
    assert everything(views) == everything(alone)


def test_who_has_not_the_turn_leaves_the_lists_alone(views: Views) -> None:
    with views.leading() as mine:
        assert mine
        assert keeper(random_story(1), views).catch_up() == 0
    assert keeper(random_story(1), views).catch_up() > 0


def test_a_list_that_is_made_otherwise_now_is_made_anew(views: Views) -> None:
    story = random_story(1)
    keeper(story, views).catch_up()
    changed = tuple(
        replace(one, revision=2, rows=lambda _seen, _root: ()) if one.name == DEVIATIONS else one for one in LISTS
    )
    others = {name: entries for name, entries in everything(views).items() if name != DEVIATIONS}
    assert keeper(story, views, listings=changed).catch_up() == story.rows()[-1].position
    assert everything(views) == {**others, DEVIATIONS: []}
    assert views.progress()[DEVIATIONS] == Progress(DEVIATIONS, 2, story.rows()[-1].position)


def test_a_list_that_a_newer_program_keeps_is_left_to_it(views: Views) -> None:
    story = random_story(1)
    views.begin([Progress(DEVIATIONS, 9, 0)])
    keeper(story, views).catch_up()
    assert views.progress()[DEVIATIONS] == Progress(DEVIATIONS, 9, 0)
    assert views.progress()["notes"].position == story.rows()[-1].position


def test_lists_that_are_ahead_of_their_log_are_made_anew(views: Views) -> None:
    story = random_story(1)
    views.begin([Progress(name, 1, 10_000) for name in NAMES])
    assert keeper(story, views).catch_up() == story.rows()[-1].position
    assert everything(views)["notes"] != []


def test_a_root_that_cannot_be_worked_out_is_shown_and_stops_nothing(views: Views) -> None:
    def fails(_seen: object, root: str) -> tuple[()]:
        raise ValueError(root)

    story = random_story(1)
    broken = tuple(replace(one, rows=fails) if one.name == "notes" else one for one in LISTS)
    assert keeper(story, views, listings=broken).catch_up() == story.rows()[-1].position
    assert {one.part for one in views.all("notes")} == {"flawed"}
    assert list(views.all(DEVIATIONS)) != []


def test_lists_that_are_what_the_log_says_have_no_difference(views: Views) -> None:
    story = random_story(2)
    kept = keeper(story, views)
    position = kept.catch_up()
    beside = MemoryViews()
    assert kept.compared(beside) == (position, None)
    assert beside.progress() == {}


def test_the_first_difference_is_named_also_of_a_row_that_is_gone(database: Database) -> None:
    story, kept = random_story(2), PostgresViews(database.writer)
    lists = keeper(story, kept)
    lists.catch_up()
    gone = next(one for name in sorted(NAMES) for one in kept.all(name) if one.gone != STANDS)
    change = Change(
        lists=(gone.list,),
        after=lists.position(),
        through=lists.position(),
        closed=(),
        entries=(msgspec.structs.replace(gone, part="forged"),),
    )
    assert kept.apply(change)
    beside = PostgresViews(database.writer, check=True)
    _, found = lists.compared(beside)
    assert found is not None
    assert (found.list, found.root, found.part, found.made) == (gone.list, gone.root, "forged", None)
    assert lists.rebuild() == lists.position()
    assert lists.compared(beside)[1] is None
    beside.close()
    kept.close()


def test_a_role_that_may_not_change_lists_reads_them(database: Database) -> None:
    story, writing, reading = random_story(1), PostgresViews(database.writer), PostgresViews(database.reader)
    assert keeper(story, reading).catch_up() == 0
    with pytest.raises(Unavailable, match="never made here"):
        keeper(story, reading).reach("notes", 5)
    with pytest.raises(StoreError):
        reading.begin([Progress("notes", 1, 0)])
    assert keeper(story, reading).rebuild() == -1
    keeper(story, writing).catch_up()
    assert everything(reading) == everything(writing)
    writing.close()
    reading.close()
