"""Answers questions about what is recorded. Nothing here records anything."""

from collections.abc import AsyncIterator
from typing import Final

from coi.ledger.v1 import inspection_pb2 as wire
from ledger.api import LISTS, Ledger
from ledger.domain.facts.birth import Malformed, Violation
from services.mapping import incoming, lists, outgoing, questions
from services.servicers import listing
from services.servicers.reads import Reads

_DIRECTIONS: Final = {
    wire.TRACE_DIRECTION_FORWARD: "forward",
    wire.TRACE_DIRECTION_BACK: "back",
    wire.TRACE_DIRECTION_BOTH: "both",
}


class InspectionServicer:
    """The InspectionService, method by method."""

    def __init__(self, ledger: Ledger, reads: Reads, limits: wire.Limits) -> None:
        """The ledger and the reads are shared with the other servicers."""
        self._ledger = ledger
        self._reads = reads
        self._limits = limits

    async def GetFact(self, request: wire.GetFactRequest) -> wire.GetFactResponse:
        """One stored fact."""
        incoming.check(request)
        stored = await self._reads.short(self._ledger.fact, request.position, request.at_least_position)
        return wire.GetFactResponse(fact=outgoing.stored_fact(stored))

    async def Replay(self, request: wire.ReplayRequest) -> AsyncIterator[wire.ReplayResponse]:
        """The story of one thing: its facts, then the summary."""
        incoming.check(request)
        subject = incoming.label(request.subject, "subject")
        story = await self._reads.long(self._ledger.replay, subject, incoming.as_of(request.as_of))
        for step in story.steps:
            fact = outgoing.stored_fact(step.fact, with_record=request.with_record, step=step)
            yield wire.ReplayResponse(fact=fact)
        yield wire.ReplayResponse(
            summary=wire.ReplaySummary(
                subject=story.subject,
                facts=len(story.steps),
                through_position=story.through,
                as_of=outgoing.as_of(story.as_of),
                vein_to_vein_seconds=story.vein_to_vein_seconds,
                retention=None if story.retention is None else outgoing.message(wire.Retention, story.retention),
            )
        )

    async def Trace(self, request: wire.TraceRequest) -> AsyncIterator[wire.TraceResponse]:
        """The lineage of one thing: nodes, edges, then the summary."""
        incoming.check(request)
        start = incoming.label(request.start, "start")
        direction = _direction(request)
        trace = await self._reads.long(self._ledger.trace, start, direction, incoming.as_of(request.as_of))
        for node in trace.nodes:
            yield wire.TraceResponse(node=outgoing.message(wire.TraceNode, node))
        for edge in trace.edges:
            yield wire.TraceResponse(edge=outgoing.message(wire.TraceEdge, edge))
        yield wire.TraceResponse(
            summary=wire.TraceSummary(
                start=trace.start,
                nodes=len(trace.nodes),
                edges=len(trace.edges),
                through_position=trace.through,
                as_of=outgoing.as_of(trace.as_of),
                complete=trace.complete,
            )
        )

    async def RecallScope(self, request: wire.RecallScopeRequest) -> AsyncIterator[wire.RecallScopeResponse]:
        """The scope of a case or a thing: things, patients, places, then the summary."""
        incoming.check(request)
        subject = incoming.label(request.subject, "subject")
        found = await self._reads.long(self._ledger.recall_scope, subject, incoming.as_of(request.as_of))
        for answer in outgoing.scope(found):
            yield answer

    async def LookUp(self, request: wire.LookUpRequest) -> wire.LookUpResponse:
        """What bar codes or a text name, with a card for each thing that is known."""
        incoming.check(request)
        asked, axes = questions.look_up(request), incoming.as_of(request.as_of)
        return outgoing.looked_up(await self._reads.short(self._ledger.look_up, asked, axes))

    async def SearchFacts(self, request: wire.SearchFactsRequest) -> wire.SearchFactsResponse:
        """A page of the facts that are searched for."""
        incoming.check(request)
        question, size, token = questions.search(request)
        found = await self._reads.long(self._ledger.search, question, size, token)
        return outgoing.page(found, with_record=request.with_record)

    async def ListLists(self, request: wire.ListListsRequest) -> wire.ListListsResponse:
        """The reading lists."""
        incoming.check(request)
        return wire.ListListsResponse(lists=[lists.listing(one.described) for one in LISTS])

    async def ReadList(self, request: wire.ReadListRequest) -> wire.ReadListResponse:
        """A page of a reading list."""
        incoming.check(request)
        (question, axes), size = lists.question(request), lists.page_size(request)
        found = await self._reads.long(self._ledger.lists.read, question, size, request.page_token, axes)
        return lists.page(found)

    async def CountList(self, request: wire.CountListRequest) -> wire.CountListResponse:
        """The rows of a reading list, counted."""
        incoming.check(request)
        question, axes = lists.question(request)
        return lists.counts(await self._reads.long(self._ledger.lists.count, question, request.by, axes))

    async def Rejudge(self, request: wire.RejudgeRequest) -> wire.RejudgeResponse:
        """A page of verdicts worked out again."""
        incoming.check(request)
        found = await self._reads.long(self._ledger.rejudging.page, *questions.rejudge(request))
        return outgoing.judgement(found)

    async def GetLedger(self, request: wire.GetLedgerRequest) -> wire.GetLedgerResponse:
        """This ledger."""
        incoming.check(request)
        info = await self._reads.short(self._ledger.info)
        answer = outgoing.message(wire.GetLedgerResponse, info)
        answer.limits.CopyFrom(self._limits)
        return answer

    async def ListFactTypes(self, request: wire.ListFactTypesRequest) -> wire.ListFactTypesResponse:
        """What can be recorded."""
        incoming.check(request)
        return wire.ListFactTypesResponse(types=listing.fact_types())

    async def ListRules(self, request: wire.ListRulesRequest) -> wire.ListRulesResponse:
        """The rules."""
        incoming.check(request)
        return wire.ListRulesResponse(rules=listing.rules())


def _direction(request: wire.TraceRequest) -> str:
    if not request.HasField("direction"):
        return "both"
    if request.direction not in _DIRECTIONS:
        wanted = ", ".join(wire.TraceDirection.Name(number) for number in _DIRECTIONS)
        raise Malformed([Violation("direction", f"{request.direction} is no direction: choose one of {wanted}")])
    return _DIRECTIONS[request.direction]
