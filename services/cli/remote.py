"""Reading from a server over gRPC. A fact is read from its stored bytes, so nothing is lost between the two."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from coi.ledger.v1 import inspection_pb2 as wire
from coi.ledger.v1 import receipt_pb2 as receipt
from coi.ledger.v1.receipt_pb2 import Outcome
from coi_client import Client, ClientError, LedgerUnavailable, Retrying
from coi_client import NotFound as NothingThere
from ledger.api import (
    DEFAULT_FACTS,
    Affected,
    AsOf,
    Claim,
    Container,
    Edge,
    LedgerInfo,
    LookedUp,
    Node,
    Page,
    Patient,
    Place,
    Question,
    Scanned,
    Scope,
    Span,
    Step,
    StoredFact,
    Story,
    Trace,
)
from ledger.api import rejudging as again
from ledger.domain.facts import record
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import NotFound
from ledger.domain.rules.retention import Retention
from services.cli.failing import Failure
from services.cli.remote_lists import RemoteLists
from services.mapping import reading

PATIENCE: Final = Retrying(attempts=2, timeout=60)

DIRECTIONS: Final = {
    "both": wire.TRACE_DIRECTION_BOTH,
    "forward": wire.TRACE_DIRECTION_FORWARD,
    "back": wire.TRACE_DIRECTION_BACK,
}


@contextmanager
def asked(target: str) -> Iterator["Remote"]:
    """Opens a client of a server and turns its errors into ours.

    Raises:
        Failure: Nobody answers there, or the server could not answer.
        NotFound: Nothing of that name is in the ledger.
    """
    with Client(target, retrying=PATIENCE) as client:
        try:
            yield Remote(client)
        except NothingThere as error:
            raise NotFound(str(error)) from error
        except LedgerUnavailable as error:
            way_out = "start one with `coi serve`, or give --target, --data DIR or --dsn"
            raise Failure(f"no server answers at {target}: {way_out}") from error
        except ClientError as error:
            raise Failure(f"the server at {target} could not answer: {error}") from error


class Remote:
    """A ledger behind a client."""

    def __init__(self, client: Client) -> None:
        """Nothing is sent until something is asked."""
        self._client = client
        self.lists = RemoteLists(client, _axes)

    def info(self) -> LedgerInfo:
        """Describes the ledger."""
        told = self._client.get_ledger()
        return LedgerInfo(
            origin=told.origin,
            server_time=_moment(told.server_time),
            size=told.size,
            root=told.root,
            rulebook=told.rulebook,
            software=told.software,
        )

    def find(self, text: str) -> tuple[str, ...]:
        """Full tags of what somebody typed."""
        return tuple(self._client.look_up(text).tags)

    def look_up(self, asked: Sequence[Scanned] | str, as_of: AsOf | None = None) -> LookedUp:
        """What bar codes or a text name."""
        if isinstance(asked, str):
            told = self._client.look_up(asked, as_of=_axes(as_of))
        else:
            scans = [wire.Scan(content=one.content, symbology=one.symbology) for one in asked]
            told = self._client.look_up(scans=scans, as_of=_axes(as_of))
        data = reading.data(told)
        data["through"], data["as_of"] = data.pop("through_position", 0), _as_of(told.as_of)
        return msgspec.convert(data, LookedUp)

    def search(self, question: Question, size: int = DEFAULT_FACTS, token: str = "") -> Page:
        """A page of a search."""
        told = self._client.search_facts(
            wire.SearchFactsRequest(
                tags=question.tags,
                types=question.types,
                occurred=_span(question.occurred),
                recorded=_span(question.recorded),
                organisation=question.organisation,
                outcome=None if question.outcome is None else Outcome.Value(question.outcome.value),
                rule=question.rule,
                sender_reference=question.sender_reference,
                newest_first=question.newest_first,
                as_of=_axes(question.as_of),
                page_size=size,
                page_token=token,
                with_record=True,
            )
        )
        return Page(
            facts=tuple(_fact(fact) for fact in told.facts),
            next_token=told.next_page_token,
            through=told.through_position,
            as_of=_as_of(told.as_of),
        )

    @property
    def rejudging(self) -> "Remote":
        """Itself: it judges again by pages."""
        return self

    def page(self, question: again.Again, after: int = 0, through: int = 0) -> again.Judgement:
        """A page of facts judged again."""
        told = self._client.rejudge(
            wire.RejudgeRequest(
                subject=question.subject, under=question.under, after_position=after, end_position=through
            )
        )
        data = reading.data(told)
        for name in ("after", "through", "end"):
            data[name] = data.pop(f"{name}_position", 0)
        for name in ("stored", "now"):
            data.get("first", {}).get(name, {}).setdefault("rulebook", 0)
        return msgspec.convert(data, again.Judgement)

    def fact(self, position: int) -> StoredFact:
        """One stored fact."""
        return _fact(self._client.get_fact(position))

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        """The story of one thing."""
        told = self._client.replay(subject, as_of=_axes(as_of), with_record=True)
        end = told.summary
        return Story(
            subject=end.subject,
            steps=tuple(_step(fact) for fact in told.facts),
            through=end.through_position,
            as_of=_as_of(end.as_of),
            vein_to_vein_seconds=end.vein_to_vein_seconds if end.HasField("vein_to_vein_seconds") else None,
            retention=msgspec.convert(_retention(end.retention), Retention) if end.HasField("retention") else None,
        )

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        """The lineage of one thing."""
        told = self._client.trace(start, direction=DIRECTIONS[direction], as_of=_axes(as_of))
        end = told.summary
        return Trace(
            start=end.start,
            nodes=tuple(
                Node(tag=node.tag, positions=(*node.positions,), refused=(*node.refused,), imported=(*node.imported,))
                for node in told.nodes
            ),
            edges=tuple(
                Edge(
                    child=edge.child,
                    parent=edge.parent,
                    kind=edge.kind,
                    source=edge.source,
                    refused=edge.refused,
                    imported=edge.imported,
                )
                for edge in told.edges
            ),
            through=end.through_position,
            as_of=_as_of(end.as_of),
            complete=end.complete,
        )

    def recall_scope(self, subject: str, as_of: AsOf | None = None) -> Scope:
        """The scope of a case, or of a thing."""
        told = self._client.recall_scope(subject, as_of=_axes(as_of))
        end = told.summary
        return Scope(
            subject=end.subject,
            starts=(*end.starts,),
            things=tuple(msgspec.convert(reading.data(one), Affected) for one in told.things),
            patients=tuple(msgspec.convert(reading.data(one), Patient) for one in told.patients),
            places=tuple(msgspec.convert(reading.data(one), Place) for one in told.places),
            claims=tuple(msgspec.convert(reading.data(one), Claim) for one in end.claims),
            closed=end.closed,
            through=end.through_position,
            scope_hash=end.scope_hash,
            as_of=_as_of(end.as_of),
            at=_moment(end.at),
            complete=end.complete,
        )


def _moment(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _retention(told: wire.Retention) -> dict[str, Any]:
    """A retention as data: what is false or empty is not on the wire."""
    return {"endless": False, "periods": (), **reading.data(told)}


def _fact(told: wire.StoredFact) -> StoredFact:
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
        late_effects=tuple(_finding(one) for one in told.late_effects),
    )


def _finding(told: receipt.Finding) -> Finding:
    return Finding(
        rule=told.rule,
        tag=told.tag,
        weight=Weight(receipt.Weight.Name(told.weight)),
        found=told.found,
        must=told.must,
        positions=(*told.positions,),
    )


def _step(told: wire.StoredFact) -> Step:
    return Step(
        fact=_fact(told),
        effective=_moment(told.effective),
        standing=told.standing,
        corrected_by=(*told.corrected_by,),
        cured=(*told.cured,),
        containers=tuple(_container(one) for one in told.containers),
    )


def _container(told: wire.ContainerAt) -> Container:
    return Container(
        container=told.container,
        holder=told.holder,
        site=told.site,
        consignment=told.consignment,
        zone=told.zone,
        status=(*told.status,),
        remaining=(*told.remaining,),
        temperature=told.temperature,
        gaps=(*told.gaps,),
        questions=(*told.questions,),
    )


def _span(span: Span) -> wire.Span:
    told = wire.Span()
    if span.start is not None:
        told.start.FromDatetime(span.start)
    if span.end is not None:
        told.end.FromDatetime(span.end)
    return told


def _axes(as_of: AsOf | None) -> wire.AsOf:
    asked_for = as_of or AsOf()
    told = wire.AsOf(position=asked_for.position, at_least_position=asked_for.at_least)
    if asked_for.occurred is not None:
        told.occurred.FromDatetime(asked_for.occurred)
    if asked_for.recorded is not None:
        told.recorded.FromDatetime(asked_for.recorded)
    return told


def _as_of(told: wire.AsOf) -> AsOf:
    return AsOf(
        occurred=_moment(told.occurred) if told.HasField("occurred") else None,
        recorded=_moment(told.recorded) if told.HasField("recorded") else None,
        position=told.position if told.HasField("position") else None,
        at_least=told.at_least_position if told.HasField("at_least_position") else None,
    )
