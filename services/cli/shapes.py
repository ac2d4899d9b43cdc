"""What --json prints. These names are part of the contract: they change only with an entry in CHANGELOG.md."""

from typing import Any

import msgspec

from ledger.api import AsOf, LookedUp, Scope, StoredFact, Story, Trace, Verification
from ledger.domain.finding import Finding
from ledger.domain.identifiers.tag import kind_of
from services.cli import reached
from services.cli.screen import stamp


def finding(found: Finding) -> dict[str, Any]:
    """One finding, as it is stored."""
    return {
        "rule": found.rule,
        "tag": found.tag,
        "weight": found.weight.value,
        "found": found.found,
        "must": found.must,
        "positions": list(found.positions),
    }


def as_of(axes: AsOf) -> dict[str, Any]:
    """Both axes; null is now."""
    return {
        "occurred": None if axes.occurred is None else stamp(axes.occurred),
        "recorded": None if axes.recorded is None else stamp(axes.recorded),
        "position": axes.position,
    }


def fact(stored: StoredFact) -> dict[str, Any]:
    """One fact of a replay; times and findings are null when its bytes cannot be read."""
    record = stored.record
    return {
        "position": stored.position,
        "type": stored.type,
        "occurred_at": None if record is None else stamp(record.content.envelope.occurred_at.time),
        "recorded_at": None if record is None else stamp(record.stamp.recorded_at),
        "leaf_hash": stored.leaf_hash.hex(),
        "findings": None if record is None else [finding(found) for found in record.verdict.findings],
    }


def story(told: Story) -> dict[str, Any]:
    """A replay."""
    return {
        "subject": told.subject,
        "as_of": as_of(told.as_of),
        "through": told.through,
        "vein_to_vein_seconds": told.vein_to_vein_seconds,
        "retention": None if told.retention is None else msgspec.to_builtins(told.retention),
        "facts": [
            {**fact(step.fact), "containers": [msgspec.to_builtins(one) for one in step.containers]}
            for step in told.steps
        ],
    }


def looked_up(found: LookedUp) -> dict[str, Any]:
    """A look-up: what was read, what it names, and the cards."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    return {**told, "as_of": as_of(found.as_of), "at": stamp(found.at)}


def trace(found: Trace) -> dict[str, Any]:
    """A trace, with the patients whom it reached and those for whom a refused report is open."""
    whom = reached.of(found)
    return {
        "start": found.start,
        "as_of": as_of(found.as_of),
        "through": found.through,
        "complete": found.complete,
        "nodes": [
            {"tag": node.tag, "positions": list(node.positions), "refused": list(node.refused)} for node in found.nodes
        ],
        "edges": [
            {
                "child": edge.child,
                "parent": edge.parent,
                "kind": edge.kind,
                "source": edge.source,
                "refused": edge.refused,
            }
            for edge in found.edges
        ],
        "patients": list(whom.patients),
        "open": [{"tag": tag, "positions": list(positions)} for tag, positions in whom.open.items()],
        "exposed": _exposed(reached.exposed(found)),
    }


def _exposed(found: reached.Exposed | None) -> dict[str, Any] | None:
    """What the patient asked for was exposed to; null for a trace from anything else."""
    if found is None:
        return None
    told: dict[str, Any] = {"pseudonyms": list(found.names)}
    for name, kind in (("lots", "lot"), ("batches", "batch"), ("donations", "donation")):
        some = (one for one in found.things if kind_of(one.tag) == kind)
        told[name] = [{"tag": one.tag, "sources": list(one.sources), "open": one.open} for one in some]
    return told


def verification(result: Verification) -> dict[str, Any]:
    """A verification; `first_break` is null when there is none."""
    return {
        "verified": result.holds,
        "size": result.size,
        "root": result.root.hex(),
        "first_break": result.first_break or None,
        "reason": result.reason or None,
    }


def scope(found: Scope) -> dict[str, Any]:
    """The scope of a recall, a look-back or a drill."""
    told: dict[str, Any] = msgspec.to_builtins(found, builtin_types=(bytes,))
    patients = [
        {**one, "reachable": patient.reachable} for one, patient in zip(told["patients"], found.patients, strict=True)
    ]
    return {
        **told,
        "patients": patients,
        "unreachable": len(found.unreachable),
        "scope_hash": found.scope_hash.hex(),
        "as_of": as_of(found.as_of),
        "at": stamp(found.at),
    }
