"""A ledger in memory with the face of the real one: no rules, no store, only what the services need of it."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ledger.api import (
    DEFAULT_FACTS,
    AsOf,
    Card,
    Container,
    Edge,
    Hold,
    Identified,
    Ledger,
    LedgerInfo,
    LookedUp,
    Node,
    OpenQuestion,
    Page,
    Question,
    Scanned,
    Scope,
    Step,
    StoredFact,
    Story,
    Told,
    Trace,
)
from ledger.domain.facts import content as contents
from ledger.domain.facts import record as records
from ledger.domain.facts import tagging
from ledger.domain.facts.record import Recorder, Stamp, Verdict
from ledger.domain.facts.values import Quantity
from ledger.domain.finding import Finding, Outcome
from ledger.domain.receipt import Draft, DraftBatch, KeyReused, NotFound, Receipt, Refused, State

EPOCH = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SALT = b"s" * 32
CONTAINER = Container(
    container="material:x:1",
    holder="organisation:ods:RR8",
    site="site:ods:RR813",
    consignment="consignment:x:2",
    zone="zone:x:3",
    status=("in storage", "frozen"),
    remaining=("118 mL",),
    temperature="liquid nitrogen",
    gaps=("no hand-over from organisation:x:4 to organisation:x:5",),
    questions=("excursion #6 not assessed",),
)
"""How a container stands after every fact."""


def card_of(tag: str) -> Card:
    """A card with everything in it."""
    question = OpenQuestion(position=3, type="Given", state="deviation", rules=("I1",), sentence="It is open.")
    return Card(
        tag=tag,
        what="collected cells",
        status="received",
        sentence="Received.",
        holder="organisation:ods:RR8",
        place="site:ods:RR813",
        remaining=(Quantity(value="1.40", unit="10*9", of="viable-cd3"), Quantity(value="118", unit="mL")),
        expires_at=EPOCH + timedelta(microseconds=5),
        conditions=("for the patient of its chain only",),
        chain="coi:x:1",
        donation="donation:x:1",
        batch="batch:x:1",
        product="product:x:1",
        holds=("material:x:2",),
        open=(question,),
        more_open=True,
        next=("CellsModified",),
    )


class FakeLedger(Ledger):
    """Records everything, unless a test says otherwise.

    Attributes:
        bars: What to refuse with; empty accepts.
        failing: Errors that the next calls raise, whatever they are.
        committing: Called in the committing thread before the answer; a test may wait there.
        stored: What was recorded, refusals included.
        submitted: How many facts were submitted one by one.
        asked: What was searched for.
        held: What holds appends.
        waited_for: The position that the last reading of a fact waited for.
    """

    def __init__(self) -> None:
        self.bars: tuple[Finding, ...] = ()
        self.failing: list[BaseException] = []
        self.committing: Callable[[], object] = lambda: None
        self.stored: list[StoredFact] = []
        self.submitted = 0
        self.asked: list[Question] = []
        self.waited_for = 0
        self.held: Hold | None = None
        self._answers: dict[tuple[str, UUID], tuple[bytes, Receipt | Refused]] = {}
        self._batches: dict[tuple[str, UUID], tuple[bytes, tuple[Receipt, ...]]] = {}
        self._lock = threading.Lock()

    def hold(self) -> Hold | None:
        return self.held

    @property
    def waiting(self) -> int:
        return 0

    def find(self, text: str) -> tuple[str, ...]:
        tags = {
            tag for stored in self.stored if stored.record is not None for tag in tagging.own(stored.record.content)
        }
        return tuple(sorted(tag for tag in tags if tag == text or tag.endswith(f":{text}")))

    def submit(self, draft: Draft) -> Future[Receipt]:
        answer: Future[Receipt] = Future()

        def commit() -> None:
            try:
                self.committing()
                with self._lock:
                    receipt = self._judge(draft)
            except Exception as error:  # noqa: BLE001 - as the real one, it hands over everything
                answer.set_exception(error)
            else:
                answer.set_result(receipt)

        self.submitted += 1
        if self.failing:
            raise self.failing.pop(0)
        threading.Thread(target=commit, daemon=True).start()
        return answer

    def submit_batch(self, drafts: DraftBatch) -> Future[tuple[Receipt, ...]]:
        answer: Future[tuple[Receipt, ...]] = Future()
        self._fail()
        try:
            with self._lock:
                receipts = self._judge_all(drafts)
        except Exception as error:  # noqa: BLE001 - as the real one, it hands over everything
            answer.set_exception(error)
        else:
            answer.set_result(receipts)
        return answer

    async def record(self, draft: Draft) -> Receipt:
        raise AssertionError(draft)

    def _judge_all(self, drafts: DraftBatch) -> tuple[Receipt, ...]:
        scope = drafts.organisation.value, drafts.id
        if scope in self._batches and self._batches[scope][0] != drafts.digest:
            raise KeyReused(drafts.id, 1)
        receipts = tuple(self._judge_item(drafts, number) for number in range(len(drafts.items)))
        if not drafts.validate_only:
            self._batches[scope] = drafts.digest, receipts
        return receipts

    def _judge_item(self, drafts: DraftBatch, number: int) -> Receipt:
        try:
            return self._judge(drafts.items[number])
        except Refused as refused:
            refused.item = number
            raise

    def _judge(self, draft: Draft) -> Receipt:
        scope = draft.recorder.organisation.value, draft.content.id
        digest = contents.digest(draft.octets)
        if scope in self._answers:
            known, earlier = self._answers[scope]
            if known != digest:
                raise KeyReused(draft.content.id, 1)
            return self._again(earlier)
        answer = self._answer(draft)
        if not draft.validate_only:
            self._answers[scope] = digest, answer
            self._store(draft, Outcome.REFUSED if self.bars else Outcome.RECORDED)
        if isinstance(answer, Refused):
            raise answer
        return answer

    def _again(self, earlier: Receipt | Refused) -> Receipt:
        if isinstance(earlier, Refused):
            raise earlier
        return earlier

    def _answer(self, draft: Draft) -> Receipt | Refused:
        position = 0 if draft.validate_only else len(self.stored) + 1
        signed = contents.signed_octets(draft.content) if draft.validate_only else b""
        covered = contents.digest(signed) if signed else b""
        if self.bars:
            return Refused(
                position=position,
                fact_type=draft.content.type,
                findings=self.bars,
                rulebook=0,
                unresolved=True,
                content=signed,
                content_hash=covered,
            )
        return Receipt(
            state=State.JUDGED_ONLY if draft.validate_only else State.RECORDED,
            position=position,
            recorded_at=EPOCH + timedelta(seconds=position),
            type=draft.content.type,
            request_id=draft.content.id,
            rulebook=0,
            tags=("coi:isbt128-coi:A99992600000001",),
            leaf_hash=b"" if draft.validate_only else hashlib.sha256(draft.octets).digest(),
            content=signed,
            content_hash=covered,
        )

    def _store(self, draft: Draft, outcome: Outcome) -> None:
        position = len(self.stored) + 1
        stamp = Stamp(
            position=position, recorded_at=EPOCH + timedelta(seconds=position, microseconds=7), recorder=draft.recorder
        )
        verdict = Verdict(outcome=outcome, rulebook=0, findings=self.bars)
        octets = records.encode(draft.octets, stamp, verdict)
        self.stored.append(
            StoredFact(
                position=position,
                type=draft.content.type,
                octets=octets,
                salt=SALT,
                leaf_hash=hashlib.sha256(draft.octets).digest(),
                record=records.decode(octets),
            )
        )

    def _fail(self) -> None:
        if self.failing:
            raise self.failing.pop(0)

    def receipts(self, recorder: Recorder, request_id: UUID) -> tuple[Receipt, ...]:
        self._fail()
        scope = recorder.organisation.value, request_id
        if scope in self._batches:
            return self._batches[scope][1]
        try:
            return (self._again(self._answers[scope][1]),)
        except KeyError:
            raise NotFound(f"no request {request_id} was recorded; send it again with the same request_id") from None

    def look_up(self, asked: Sequence[Scanned] | str, as_of: AsOf | None = None) -> LookedUp:
        self._fail()
        texts = [asked] if isinstance(asked, str) else [one.content for one in asked]
        tags = tuple(dict.fromkeys(tag for text in texts for tag in self.find(text)))
        return LookedUp(
            readings=tuple(Told(what="typed") for _ in texts),
            identifiers=tuple(
                Identified(tags=(tag,), scheme="x", value="y", what="typed", known=(tag,)) for tag in tags
            ),
            tags=tags,
            cards=tuple(card_of(tag) for tag in tags),
            through=len(self.stored),
            as_of=as_of or AsOf(),
            at=EPOCH,
        )

    def search(self, question: Question, size: int = DEFAULT_FACTS, token: str = "") -> Page:
        self._fail()
        self.asked.append(question)
        start = int(token or 0)
        facts = tuple(self.stored[start : start + size])
        more = str(start + size) if start + size < len(self.stored) else ""
        return Page(facts=facts, next_token=more, through=len(self.stored), as_of=question.as_of)

    def fact(self, position: int, at_least: int = 0) -> StoredFact:
        self._fail()
        self.waited_for = at_least
        if not 1 <= position <= len(self.stored):
            raise NotFound(f"no fact has position {position}")
        return self.stored[position - 1]

    def replay(self, subject: str, as_of: AsOf | None = None) -> Story:
        self._fail()
        self.committing()
        if not self.stored:
            raise NotFound(f"nothing is known of {subject}")
        steps = [
            Step(fact=one, effective=EPOCH, standing="recorded", corrected_by=(9,), containers=(CONTAINER,))
            for one in self.stored
        ]
        used = as_of or AsOf()
        return Story(subject=subject, steps=tuple(steps), through=len(steps), as_of=used, vein_to_vein_seconds=60)

    def trace(self, start: str, direction: str = "both", as_of: AsOf | None = None) -> Trace:
        self._fail()
        child = f"batch:batch.RR8:{direction}"
        return Trace(
            start=start,
            nodes=(Node(tag=start, positions=(1, 2), refused=(2,)), Node(tag=child)),
            edges=(Edge(child=child, parent=start, kind="made-from", source=1),),
            through=len(self.stored),
            as_of=as_of or AsOf(),
        )

    def recall_scope(self, subject: str, as_of: AsOf | None = None) -> Scope:
        del as_of
        raise NotFound(f"nothing about {subject} is known")

    def info(self) -> LedgerInfo:
        # The server asks this at any time, for its health: it would take the errors that are for a call.
        return LedgerInfo(
            origin="localhost/fake",
            server_time=EPOCH,
            size=len(self.stored),
            root=hashlib.sha256(b"").digest(),
            rulebook=0,
            software="0.1.0",
        )

    def close(self) -> None:
        """Nothing is open."""
