"""A ledger's answers made by hand from the story file: what rendering is tested with, without any ledger."""

import json
from typing import Any
from uuid import UUID

import msgspec

from ledger.api import AsOf, Edge, Node, Step, StoredFact, Story, Trace
from ledger.domain.facts import record as records
from ledger.domain.facts import tagging
from ledger.domain.facts.about import Fact
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content, encode
from ledger.domain.facts.envelope import Envelope
from ledger.domain.facts.record import Recorder, Stamp, Verdict
from ledger.domain.finding import Finding, Outcome, Weight
from services.cli.story import StoryFile, StoryStep, load, with_positions

HISTORY = slice(next(n for n, step in enumerate(load().steps) if not step.rpc.startswith("RegistryService/")), None)
"""The steps after the register's entries."""


def content_of(step: StoryStep, positions: dict[str, int]) -> Content:
    """The content that a step sends."""
    request = with_positions(step.request, positions)
    struct: type[Fact] = TYPES[step.type]
    return Content(
        id=UUID(request["request_id"]),
        type=step.type,
        envelope=msgspec.json.decode(json.dumps(request["envelope"]), type=Envelope),
        fact=msgspec.json.decode(json.dumps(request["fact"]), type=struct, strict=False),
    )


def stored(step: StoryStep, position: int, positions: dict[str, int]) -> StoredFact:
    """A step as it would be stored if everything came as the story expects."""
    content = content_of(step, positions)
    bars = [found(rule, Weight.BAR) for rule in step.expect.refused]
    notes = [found(rule, Weight.NOTE) for rule in step.expect.notes]
    organisation = content.envelope.organisation
    assert organisation is not None
    stamp = Stamp(position=position, recorded_at=step.recorded_at, recorder=Recorder(organisation=organisation))
    outcome = Outcome.REFUSED if bars else Outcome.RECORDED
    verdict = Verdict(outcome=outcome, rulebook=0, findings=(*bars, *notes), tags=tagging.own(content))
    octets = records.encode(encode(content), stamp, verdict)
    return StoredFact(
        position=position,
        type=step.type,
        octets=octets,
        salt=bytes(16),
        leaf_hash=position.to_bytes(32, "big"),
        record=records.decode(octets),
    )


def found(rule: str, weight: Weight) -> Finding:
    """A finding of a rule, in words as long as real ones."""
    return Finding(
        rule=rule,
        tag="material:isbt128-mpho:A9996A0002A999926123456A00000",
        weight=weight,
        found="its chain is for patient:pseudonym:01KMZ8Y0TE5Q7V3H2D9C6B4A1X, offered to another",
        must="goes to the patient of its chain only",
    )


def story(told: StoryFile) -> Story:
    """The replay of the chain, as it could be."""
    positions = {step.name: number for number, step in enumerate(told.steps, 1)}
    facts = [stored(step, positions[step.name], positions) for step in told.steps]
    steps = [
        Step(fact=fact, effective=step.recorded_at, standing="reported, refused" if step.expect.refused else "recorded")
        for step, fact in list(zip(told.steps, facts, strict=True))[HISTORY]
    ]
    return Story(subject=told.coi, steps=tuple(steps), through=len(facts), as_of=AsOf(), vein_to_vein_seconds=598_860)


def trace(told: StoryFile, start: str) -> Trace:
    """The lineage that the facts of the story state."""
    positions = {step.name: number for number, step in enumerate(told.steps, 1)}
    edges = [
        Edge(child=link.child, parent=link.parent, kind=link.kind, source=positions[step.name])
        for step in told.steps
        if not step.expect.refused
        for link in content_of(step, positions).fact.lineage()
    ]
    labels = dict.fromkeys(label for edge in edges for label in (edge.child, edge.parent))
    nodes = tuple(Node(tag=label, positions=(31, 34)) for label in labels)
    return Trace(start=start, nodes=nodes, edges=tuple(edges), through=len(positions), as_of=AsOf())


def shape(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value with its leaves replaced by their types, to compare what it is made of."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__
