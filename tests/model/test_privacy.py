"""A canary: an NHS number pushed into every text that a caller can send leaves no trace."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from ledger.api import Ledger, in_memory
from ledger.domain.facts.birth import Malformed
from ledger.domain.receipt import LedgerError
from services.mapping import incoming
from tests.support import samples

SPELLED = {
    "in threes": "999 000 0018",
    "in a sentence": "Mr Smith, NHS no. 9990000018, bed 4",
    "with its scheme": "NHS 999 000 0018",
}
"""A number that is issued to nobody. Ten digits alone are a number of many kinds, and may be a lot's."""


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A ledger in memory."""
    opened = in_memory(clock=lambda: datetime(2026, 11, 20, tzinfo=UTC))
    yield opened
    opened.close()


def texts(message: Message) -> Iterator[tuple[Any, FieldDescriptor, int | None]]:
    """Every text in a message: whose, which, and its number in a list."""
    for part, value in message.ListFields():
        repeated = part.is_repeated
        if part.type == FieldDescriptor.TYPE_STRING:
            yield from ((message, part, number) for number in (range(len(value)) if repeated else (None,)))
        elif part.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value if repeated else (value,):
                yield from texts(one)


def soiled(fact_type: str, number: int, text: str) -> Message | None:
    """The example of a type with the canary in its n-th text; None beyond the last."""
    request: Any = samples.unsigned(samples.request(fact_type))
    request.request_id = str(UUID(int=0xC0DE_0000_0000_4000_8000_0000_0000_0000 + number))
    found = list(texts(request))
    if number >= len(found):
        return None
    owner, part, place = found[number]
    if place is None:
        setattr(owner, part.name, text)
    else:
        getattr(owner, part.name)[place] = text
    soiled_one: Message = request
    return soiled_one


@pytest.mark.parametrize("text", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("fact_type", samples.SENT)
def test_no_text_of_any_fact_keeps_or_echoes_an_nhs_number(
    ledger: Ledger, caplog: pytest.LogCaptureFixture, fact_type: str, text: str
) -> None:
    caplog.set_level(logging.DEBUG)
    number, said = 0, []
    while (request := soiled(fact_type, number, text)) is not None:
        number += 1
        try:
            ledger.submit(incoming.draft(request)).result(10)
        except (Malformed, LedgerError) as error:
            said.append(f"{error!r} {error} {getattr(error, 'violations', '')} {getattr(error, 'findings', '')}")
    with ledger._log.reading() as reading:
        said += [str(row.record) for row in reading.scan(0, 10**6, 10**6)]
        said += [row.tag for _, row in reading.tag_rows(0, 10**6)]
        said += [f"{row.child} {row.parent}" for _, row in reading.edge_rows(0, 10**6)]
    assert number
    assert [line for line in [*said, caplog.text] if text in line] == []
