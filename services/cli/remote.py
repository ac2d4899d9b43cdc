"""Reading from a server over gRPC. A fact is read from its stored bytes, so nothing is lost between the two."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1 import inspection_pb2, inspection_pb2_grpc
from ledger.api import AsOf, Edge, LedgerInfo, Node, Step, StoredFact, Story, Trace
from ledger.domain.facts import record
from ledger.domain.receipt import NotFound
from services.cli.failing import Failure

SECONDS = 30
DIRECTIONS = {
    "both": inspection_pb2.TRACE_DIRECTION_BOTH,
    "forward": inspection_pb2.TRACE_DIRECTION_FORWARD,
    "back": inspection_pb2.TRACE_DIRECTION_BACK,
}


@contextmanager
def asked(target: str) -> Iterator["Remote"]:
    """Opens a channel to a server and turns its errors into failures.

    Raises:
        Failure: Nobody answers there, or the server could not answer.
        NotFound: Nothing of that name is in the ledger.
    """
    with grpc.insecure_channel(target) as channel:
        try:
            yield Remote(channel)
        except grpc.RpcError as error:
            raise _explained(target, error) from error


def _explained(target: str, error: grpc.RpcError) -> Exception:
    code, details = error.code(), error.details() or ""
    if code is grpc.StatusCode.NOT_FOUND:
        return NotFound(details)
    if code is grpc.StatusCode.UNAVAILABLE:
        return Failure(
            f"no server answers at {target}: start one with `coi serve`, or give --target, --data DIR or --dsn"
        )
    return Failure(f"the server at {target} could not answer: {code.name}: {details}")


class Remote:
    """A ledger behind a channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        """Nothing is sent until something is asked."""
        self._stub = inspection_pb2_grpc.InspectionServiceStub(channel)

    def info(self) -> LedgerInfo:
        """Describes the ledger."""
        told = self._stub.GetLedger(inspection_pb2.GetLedgerRequest(), timeout=SECONDS)
        return LedgerInfo(
            origin=told.origin,
            server_time=_moment(told.server_time),
            size=told.size,
            root=told.root,
            rulebook=told.rulebook,
            software=told.software,
        )

    def fact(self, position: int) -> StoredFact:
        """One stored fact."""
        told = self._stub.GetFact(inspection_pb2.GetFactRequest(position=position), timeout=SECONDS)
        return _fact(told.fact)

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        """The story of one thing."""
        request = inspection_pb2.ReplayRequest(subject=subject, as_of=_axes(as_of), with_record=True)
        steps: list[Step] = []
        for told in self._stub.Replay(request, timeout=SECONDS):
            if told.HasField("fact"):
                steps.append(_step(told.fact))
                continue
            end = told.summary
            seconds = end.vein_to_vein_seconds if end.HasField("vein_to_vein_seconds") else None
            return Story(
                subject=end.subject,
                steps=tuple(steps),
                through=end.through_position,
                as_of=_as_of(end.as_of),
                vein_to_vein_seconds=seconds,
            )
        raise Failure("the server's answer was cut off: ask again")

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        """The lineage of one thing."""
        request = inspection_pb2.TraceRequest(start=start, direction=DIRECTIONS[direction], as_of=_axes(as_of))
        nodes: list[Node] = []
        edges: list[Edge] = []
        for told in self._stub.Trace(request, timeout=SECONDS):
            if told.HasField("node"):
                nodes.append(Node(tag=told.node.tag, positions=(*told.node.positions,), refused=(*told.node.refused,)))
            elif told.HasField("edge"):
                edge = told.edge
                edges.append(Edge(child=edge.child, parent=edge.parent, kind=edge.kind, source=edge.source))
            else:
                end = told.summary
                return Trace(
                    start=end.start,
                    nodes=tuple(nodes),
                    edges=tuple(edges),
                    through=end.through_position,
                    as_of=_as_of(end.as_of),
                    complete=end.complete,
                )
        raise Failure("the server's answer was cut off: ask again")


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _fact(told: inspection_pb2.StoredFact) -> StoredFact:
    import msgspec

    try:
        read = record.decode(told.record)
    except msgspec.DecodeError:
        read = None
    return StoredFact(
        position=told.position,
        type=told.type,
        octets=told.record,
        salt=told.salt,
        leaf_hash=told.leaf_hash,
        record=read,
    )


def _step(told: inspection_pb2.StoredFact) -> Step:
    return Step(
        fact=_fact(told),
        effective=_moment(told.effective),
        standing=told.standing,
        corrected_by=(*told.corrected_by,),
        cured=(*told.cured,),
    )


def _axes(as_of: AsOf | None) -> inspection_pb2.AsOf:
    asked_for = as_of or AsOf()
    told = inspection_pb2.AsOf(position=asked_for.position, at_least_position=asked_for.at_least)
    if asked_for.occurred is not None:
        told.occurred.FromDatetime(asked_for.occurred)
    if asked_for.recorded is not None:
        told.recorded.FromDatetime(asked_for.recorded)
    return told


def _as_of(told: inspection_pb2.AsOf) -> AsOf:
    return AsOf(
        occurred=_moment(told.occurred) if told.HasField("occurred") else None,
        recorded=_moment(told.recorded) if told.HasField("recorded") else None,
        position=told.position if told.HasField("position") else None,
        at_least=told.at_least_position if told.HasField("at_least_position") else None,
    )
