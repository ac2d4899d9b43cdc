"""Random requests made from the descriptors: stored and read back equal, or malformed with paths; nothing else."""

import hashlib
import json
import re
import uuid
from collections import Counter

import pytest
from google.protobuf import json_format

from ledger.domain.facts import content as contents
from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.facts.catalogue import TYPES, field_name
from services.mapping import incoming, outgoing
from tests.services.random_messages import Maker
from tests.support import samples
from tests.support.wire import AnyMessage

PATH = re.compile(r"[a-z_0-9]+(\[[0-9]+\])?(\.[a-z_0-9]+(\[[0-9]+\])?)*\Z")
EACH = 100
"""Requests of each of the 27 types: 2,700 in all."""


def made(name: str, number: int) -> AnyMessage:
    """One random request; half of them hold no nonsense."""
    maker = Maker(seed=TYPES[name].about.no * 10_000 + number, wild=(number % 2) * 0.04)
    through_any = number % 5 == 0
    request = samples.message("RecordRequest" if through_any else f"Record{name}Request")
    request.request_id = str(uuid.UUID(int=number + 1))
    maker.fill(request.envelope)
    if through_any:
        part = getattr(request.fact, field_name(name))
        part.SetInParent()
        maker.fill(part)
    else:
        request.fact.SetInParent()
        maker.fill(request.fact)
    for _ in range(maker.chance.choice((0, 0, 1, 2))):
        maker.fill(request.exceptions.add())
    if not request.envelope.HasField("organisation"):
        request.envelope.organisation.CopyFrom(request.envelope.performed_by)
    return signed(request)


def signed(request: AnyMessage) -> AnyMessage:
    """Makes every signature cover the content, as the signers would."""
    try:
        covered = hashlib.sha256(incoming.draft(samples.unsigned(request)).octets).digest()
    except Malformed:
        return request
    for signature in request.envelope.signatures:
        if len(signature.content_hash) == 32:
            signature.content_hash = covered
    for exception in request.exceptions:
        if exception.HasField("signature") and len(exception.signature.content_hash) == 32:
            exception.signature.content_hash = covered
    return request


def mapped(request: AnyMessage) -> tuple[bytes, tuple[Violation, ...]]:
    """What is stored of a request, or all that is wrong with it."""
    try:
        return incoming.draft(request).octets, ()
    except Malformed as error:
        return b"", error.violations


def came_back(name: str, request: AnyMessage, octets: bytes) -> None:
    """The stored bytes are canonical, and both ways of reading them give the message that was sent."""
    sent = request.fact
    fact = getattr(sent, field_name(name)) if sent.DESCRIPTOR.name == "AnyFact" else sent
    stored, content = json.loads(octets), contents.decode(octets)
    assert contents.encode(content) == octets
    assert json.dumps(stored, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == octets
    assert json_format.ParseDict(stored["envelope"], samples.message("Envelope")) == request.envelope
    assert json_format.ParseDict(stored["fact"], samples.message(name)) == fact
    assert outgoing.message(type(request.envelope), content.envelope) == request.envelope
    assert outgoing.message(type(fact), content.fact) == fact
    back = [outgoing.message(type(one), kept) for one, kept in zip(request.exceptions, content.exceptions, strict=True)]
    assert back == [*request.exceptions]


@pytest.mark.parametrize("name", samples.SENT)
def test_a_random_request_is_stored_and_comes_back_or_is_malformed(name: str) -> None:
    outcomes: Counter[str] = Counter()
    for number in range(EACH):
        request = made(name, number)
        octets, wrong = mapped(request)
        assert [one for one in wrong if not PATH.match(one.path) or not one.description] == []
        if octets:
            came_back(name, request, octets)
        outcomes["stored" if octets else "malformed"] += 1
    assert outcomes["stored"] >= EACH // 4
    assert outcomes["malformed"] >= EACH // 10
