"""Released revisions stay what they were, whatever is built beside them; every program judges old histories alike."""

import json

import pytest

from ledger.audit.rejudge import rejudge
from ledger.domain.rules.catalogue import REVISIONS, RULES
from ledger.domain.rules.rulebook import Released
from ledger.domain.rules.rulebooks import RULEBOOKS
from tests.support.frozen import histories, released, sources
from tests.support.frozen.sources import Place

PLACES = {(rule.id, rule.revision): place for rule, place in sources.revisions()}
R5, I1 = PLACES["R5", 1], PLACES["I1", 1]


def test_every_released_rulebook_is_what_it_was() -> None:
    kept = {number: json.loads((released.FOLDER / f"{number}.json").read_text("utf-8")) for number in RULEBOOKS}
    told = [released.edited(number, kept[number], released.told(RULEBOOKS[number])) for number in RULEBOOKS]
    assert [words for one in told for words in one] == []


def test_every_released_rulebook_is_kept_with_histories_that_it_judged() -> None:
    assert sorted(file.stem for file in released.FOLDER.glob("*.json")) == sorted(map(str, RULEBOOKS))
    assert {file.parent.name for file in histories.kept()} == set(map(str, RULEBOOKS))


def test_every_history_is_judged_as_its_release_judged_it() -> None:
    judged = {f"{file.parent.name}/{file.name}": rejudge(histories.rows(file)) for file in histories.kept()}
    assert {name: found for name, found in judged.items() if found is not None} == {}


def test_every_revision_is_found_where_it_is_declared() -> None:
    assert sorted(PLACES) == sorted((rule.id, rule.revision) for rule in REVISIONS)


def rewritten(place: Place, module: str, old: str, new: str) -> bool:
    """Whether a rule's hash is another one once a module reads otherwise."""
    text = sources.text_of(module)
    assert text.count(old) >= 1, f"{module} no longer reads {old!r}"

    def read(name: str) -> str:
        return text.replace(old, new) if name == module else sources.text_of(name)

    return sources.digest(place) != sources.digest(place, read)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("limits", "case.at > limit", "case.at >= limit"),
        ("limits", '    id="R5",', '    id="R5",\n    live=False,'),
        ("limits", "Start of use after expiry", "Start of use long after expiry"),
        ("limits", "_MOST: Final = 64", "_MOST: Final = 65"),
        ("release", "def holds_role(", "def holds_role(  # pragma\n    _unused: object = None, *, "),
    ],
    ids=["the check", "the declaration", "the words", "a constant", "what it reaches in another room"],
)
def test_an_edited_rule_has_another_hash(module: str, old: str, new: str) -> None:
    assert rewritten(R5, module, old, new)


@pytest.mark.parametrize(
    ("place", "module", "old", "new"),
    [
        (I1, "limits", "case.at > limit", "case.at >= limit"),
        (R5, "limits", '"""R5: use after', '"""R5: any use after'),
        (R5, "limits", "_MOST: Final = 64", "_MOST: Final = 64  # containers"),
        (R5, "limits", "weights=_WEIGHTS,\n    timed", "weights=_WEIGHTS, timed"),
    ],
    ids=["another rule", "a docstring", "a comment", "the layout"],
)
def test_what_does_not_judge_leaves_the_hash(place: Place, module: str, old: str, new: str) -> None:
    assert not rewritten(place, module, old, new)


def test_an_edited_revision_is_told_with_the_way_out() -> None:
    now = released.told(Released({"R5": 1, "I1": 1}, {"place-tolerance-metres": "100"}))
    kept = json.loads(json.dumps(now))
    assert released.edited(1, kept, now) == []
    kept["rules"][0]["sha256"] = "00"
    (told,) = released.edited(1, kept, now)
    assert told.startswith("R5 revision 1 was released with rulebook 1 and is not what it was. Put its source back")
    assert "R5_2 = Rule(id='R5', revision=2, …) beside it" in told
    assert told.endswith("`make freeze NUMBER=2` writes the rulebook that asks it.")
    kept = json.loads(json.dumps(now)) | {"parameters": {}}
    assert released.edited(1, kept, now) == [
        "the parameters of rulebook 1 are not what they were: a new rulebook may have others"
    ]


def test_only_the_newest_rulebook_and_the_next_one_can_be_written() -> None:
    for number in (0, max(RULEBOOKS, default=0) + 2):
        with pytest.raises(SystemExit, match=rf"rulebook {number} cannot be written"):
            released.freeze(number)
    assert {rule.id for rule in REVISIONS} == set(RULES)
