"""Content that was stored before identifiers were checked: it stays readable for ever, and nobody can send it any more.

These files are never edited: what they hold is in ledgers.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf import json_format

from ledger.audit.rejudge import rejudge
from ledger.domain.facts import content as contents
from ledger.domain.facts import tagging
from ledger.domain.facts.birth import Malformed
from ledger.domain.facts.content import UnknownFact
from ledger.domain.facts.record import Record, Recorder, Stamp, Verdict
from ledger.domain.facts.values import Identifier
from ledger.domain.finding import Outcome
from ledger.domain.identifiers.tag import kind_of
from ledger.domain.subjects.catalogue import SUBJECTS
from ledger.domain.subjects.history import History
from ledger.domain.subjects.subject import statement
from services.mapping import incoming, outgoing
from tests.support import samples, world
from tests.support.judged import Asked
from tests.support.wire import AnyMessage

RECORDER = Recorder(organisation=Identifier(**world.TREATING))
FOLDER = Path(__file__).resolve().parents[1] / "golden" / "content_before_checks"
FILES = tuple(sorted(path.name for path in FOLDER.glob("*.json")))


def stored(file: str) -> bytes:
    """What stands in the golden file."""
    return (FOLDER / file).read_bytes().removesuffix(b"\n")


def sent(file: str) -> AnyMessage:
    """The request that led to it."""
    data = samples.parts(stored(file))
    return json_format.ParseDict(data, samples.message(f"Record{json.loads(stored(file))['type']}Request"))


def test_only_values_that_fail_their_check_stand_here() -> None:
    assert FILES
    for file in FILES:
        with pytest.raises(Malformed, match=r"gs1-(lgtin|sscc)"):
            incoming.draft(sent(file))


@pytest.mark.parametrize("file", FILES)
def test_it_decodes_and_encodes_to_the_same_bytes(file: str) -> None:
    content = contents.decode(stored(file))
    assert not isinstance(content.fact, UnknownFact)
    assert contents.encode(content) == stored(file)


@pytest.mark.parametrize("file", FILES)
def test_it_is_read_back_as_the_message_that_was_sent(file: str) -> None:
    content, request = contents.decode(stored(file)), sent(file)
    assert outgoing.message(type(request.fact), content.fact) == request.fact
    assert outgoing.message(type(request.envelope), content.envelope) == request.envelope


@pytest.mark.parametrize("file", FILES)
def test_every_subject_folds_it(file: str) -> None:
    content = contents.decode(stored(file))
    own = tagging.own(content)
    stamp = Stamp(position=1, recorded_at=datetime(2026, 5, 1, tzinfo=UTC), recorder=RECORDER)
    said = statement(
        Record(content=content, stamp=stamp, verdict=Verdict(outcome=Outcome.RECORDED, rulebook=0, tags=own))
    )
    assert said is not None
    folded = [History(subject, tag) for tag in own for subject in SUBJECTS if kind_of(tag) in subject.kinds]
    assert folded
    for history in folded:
        assert history.add(said)
        assert history.unfolded == ()


@pytest.mark.parametrize("file", FILES)
def test_the_ledger_judges_it_alike_again(file: str) -> None:
    ledger = Asked()
    content = contents.decode(stored(file))
    try:
        assert ledger.tell(world.draft_of(content)).type == content.type
        assert rejudge(ledger.rows()) is None
    finally:
        ledger.close()
