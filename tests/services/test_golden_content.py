"""The stored form of every fact type, byte for byte. These files are never edited: what they hold is in ledgers.

A field that is added comes into the full example of its type, and what that was before is kept beside it.
"""

import hashlib
import json
from pathlib import Path

import pytest
from google.protobuf import json_format

from ledger.domain.facts import content as contents
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import UnknownFact
from services.mapping import incoming, outgoing
from tests.support import samples, wire


def test_every_type_that_callers_may_send_has_a_full_and_a_minimal_example() -> None:
    assert set(samples.FILES) == {f"{name}{form}.json" for name in samples.SENT for form in ("", ".minimal")}


@pytest.mark.parametrize("name", samples.SENT)
def test_the_full_example_fills_every_field_and_one_of_each_group(name: str) -> None:
    fact = json.loads(samples.of(name))["fact"]
    groups = [set(group.fields) for group in getattr(TYPES[name], "one_of", ())]
    grouped = set().union(*groups)
    assert set(TYPES[name].__struct_fields__) - grouped == set(fact) - grouped
    assert [len(group & set(fact)) for group in groups] == [1] * len(groups)


@pytest.mark.parametrize("name", samples.SENT)
def test_the_minimal_example_has_only_what_is_required(name: str) -> None:
    content = json.loads(samples.of(name, minimal=True))
    required = {field.name for field in wire.messages()[name].fields if wire.is_required(field)}
    groups = [{field.name for field in group.fields} for group in wire.oneofs(wire.messages()[name])]
    assert set(content["fact"]) - set().union(*groups) == required
    assert set(content["envelope"]) == {"occurred_at", "place", "performed_by", "organisation"}


@pytest.mark.parametrize("file", samples.FILES)
def test_stored_content_decodes_and_encodes_to_the_same_bytes(file: str) -> None:
    content = contents.decode(samples.octets(file))
    assert not isinstance(content.fact, UnknownFact)
    assert contents.encode(content) == samples.octets(file)


@pytest.mark.parametrize("file", sorted(samples.BEFORE_FIELDS.glob("*.json")), ids=lambda file: file.stem)
def test_content_that_was_stored_before_a_field_was_added_is_read_and_written_as_it_was(file: Path) -> None:
    octets = file.read_bytes().removesuffix(b"\n")
    content = contents.decode(octets)
    assert contents.encode(content) == octets
    assert samples.of(content.type) != octets


@pytest.mark.parametrize("file", samples.FILES)
def test_stored_content_is_canonical(file: str) -> None:
    octets = samples.octets(file)
    again = json.dumps(json.loads(octets), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == octets


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", samples.SENT)
def test_what_is_sent_is_what_is_stored(name: str, minimal: bool) -> None:
    typed = incoming.draft(samples.request(name, minimal=minimal))
    through_any = incoming.draft(samples.any_request(name, minimal=minimal))
    assert typed.octets == through_any.octets == samples.of(name, minimal=minimal)


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", samples.SENT)
def test_the_stock_parser_reads_every_stored_part_as_the_message_that_was_sent(name: str, minimal: bool) -> None:
    stored = json.loads(samples.of(name, minimal=minimal))
    sent = samples.request(name, minimal=minimal)
    assert json_format.ParseDict(stored["fact"], samples.message(name)) == sent.fact
    assert json_format.ParseDict(stored["envelope"], samples.message("Envelope")) == sent.envelope
    exceptions = [json_format.ParseDict(one, samples.message("FactException")) for one in stored.get("exceptions", ())]
    assert exceptions == list(sent.exceptions)


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("name", samples.SENT)
def test_what_is_read_back_is_the_message_that_was_sent(name: str, minimal: bool) -> None:
    content = contents.decode(samples.of(name, minimal=minimal))
    sent = samples.request(name, minimal=minimal)
    assert outgoing.message(type(sent.fact), content.fact) == sent.fact
    assert outgoing.message(type(sent.envelope), content.envelope) == sent.envelope


@pytest.mark.parametrize("name", samples.SENT)
def test_the_signatures_of_an_example_cover_the_content_without_any_signature(name: str) -> None:
    sent = samples.request(name)
    covered = hashlib.sha256(incoming.draft(samples.unsigned(sent)).octets).digest()
    signatures = [*sent.envelope.signatures, *(one.signature for one in sent.exceptions if one.HasField("signature"))]
    assert {signature.content_hash for signature in signatures} <= {covered}
