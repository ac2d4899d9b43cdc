"""The decision: what becomes of a fact. Pure: no clock, no I/O, nothing random.

    verdict = decide(what was said, who sent it, our clock, the subjects as they stood)

When the subjects are not at hand it says what is missing, and is asked again.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from ledger.domain import pack
from ledger.domain.clearance.answer import Question, answer, ask
from ledger.domain.facts import renaming, tagging
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.content import Content
from ledger.domain.facts.historic import HistoricRecordImported
from ledger.domain.facts.record import Effect, Record, Recorder, Resolved, Stamp, Verdict
from ledger.domain.facts.records import Corrected, DidNotHappen, RecordedAsDeviation
from ledger.domain.finding import Finding, Outcome, Weight, in_order
from ledger.domain.rules import aftermath, judging
from ledger.domain.rules.case import DEFAULTS, Case, Versions, Watched
from ledger.domain.rules.catalogue import rules_of
from ledger.domain.rules.context import Context, Lookup, Missing, first_names, gather
from ledger.domain.rules.proceeding import NOTHING_LIFTS, announcing
from ledger.domain.rules.resolving import inherited, resolve
from ledger.domain.subjects.subject import Statement, statement


class Command(Struct, frozen=True, kw_only=True):
    """One fact to be judged, with what the ledger gives it.

    Attributes:
        content: What was said.
        recorder: Who sent it.
        recorded_at: Our clock.
        position: The position that it will have.
        rulebook: Number of the rulebook in force.
        parameters: Its numbers.
        validate_only: Only asked: signatures may still be owed.
    """

    content: Content
    recorder: Recorder
    recorded_at: datetime
    position: int
    rulebook: int = 0
    parameters: Mapping[str, str] = DEFAULTS
    validate_only: bool = False


class Decision(Struct, frozen=True, kw_only=True):
    """What became of a fact.

    Attributes:
        verdict: To be stored.
        stated: What the record says to the subjects; None for a refusal.
        target: For a record about a fact: what it is about.
        question: What may follow, not answered yet: see `cleared`.
    """

    verdict: Verdict
    stated: Statement | None
    target: Versions | None = None
    question: Question | None = None


def decide(command: Command, look: Lookup, missing: Missing) -> Decision | None:
    """Judges one fact.

    Args:
        command: The fact.
        look: The subjects at hand.
        missing: Takes up what is not at hand.

    Returns:
        The decision; None when something is missing: get it and ask again.
    """
    about = TYPES[command.content.type].about
    if about.kind is Kind.RECORD and not about.settles:
        return _decide_record(command, look, missing)
    kind, names = about.kind, first_names(command.content, look, missing)
    content = renaming.content_under(command.content, names)
    effective = tagging.effective(content, kind, command.recorded_at)
    key = (effective, command.position)
    context = gather(content, key, 0, look, missing)
    target = _named(tagging.settled(content), look, missing)
    if missing:
        return None
    case = msgspec.structs.replace(_case(command, content, kind, effective, context), target=target)
    findings = judging.judge(case)
    outcome = _outcome(case, command.content, findings)
    tags = _own(command, content, outcome)
    verdict = Verdict(
        outcome=outcome,
        rulebook=command.rulebook,
        findings=in_order(findings),
        resolved=resolve(case, context),
        tags=tags,
        inherited=tuple(sorted({*inherited(case, tags), *names})),
        renamed=renaming.noted(names),
        judged=not isinstance(content.fact, HistoricRecordImported),
    )
    quiet = not context.deviates and tags == tagging.own(content)
    return _finish(command, verdict, None, look, missing, quiet=quiet)


def prepare(command: Command, look: Lookup, missing: Missing) -> None:
    """Notes what the rules of a fact read and is not at hand, and asks none of them.

    Args:
        command: The fact.
        look: The subjects at hand.
        missing: Takes up what is not at hand; what the answers lead to beyond that is not foreseen.
    """
    fact = command.content.fact
    if isinstance(fact, RecordedAsDeviation | DidNotHappen | Corrected):
        _named(fact.position, look, missing)
    _named(tagging.settled(command.content), look, missing)
    content = renaming.content_under(command.content, first_names(command.content, look, missing))
    effective = tagging.effective(content, TYPES[content.type].about.kind, command.recorded_at)
    gather(content, (effective, command.position), 0, look, missing)


def _case(
    command: Command, content: Content, kind: Kind, effective: datetime, context: Context, *, position: int = 0
) -> Watched:
    return Watched(
        content=content,
        kind=kind,
        position=position or command.position,
        at=effective,
        recorded_at=command.recorded_at,
        recorder=command.recorder,
        states=context.states,
        histories=context.histories,
        without=position,
        ancestors=context.ancestors,
        lineages=context.lineages,
        parameters=command.parameters,
        validate_only=command.validate_only,
    )


def _own(command: Command, content: Content, outcome: Outcome) -> tuple[str, ...]:
    """Own tags, and the number of the deviation that the fact opens."""
    tags = tagging.own(content, command.position)
    if outcome is not Outcome.RECORDED_AS_DEVIATION:
        return tags
    return tuple(sorted({*tags, tagging.deviation(command.position)}))


def _outcome(case: Case, said: Content, findings: list[Finding]) -> Outcome:
    """Refuse decisions, never reality: a happening told as a deviation, or announced as one, is recorded."""
    bars = {finding.rule for finding in findings if finding.weight is Weight.BAR}
    if not bars:
        return Outcome.RECORDED
    told = any(item.kind == "EXCEPTION_KIND_DEVIATION" for item in said.exceptions)
    announced = not bars & NOTHING_LIFTS and announcing(case) is not None
    return Outcome.RECORDED_AS_DEVIATION if case.kind is Kind.HAPPENING and (told or announced) else Outcome.REFUSED


def _named(position: int, look: Lookup, missing: Missing) -> Versions | None:
    """The fact that another one names; None for none, and when it is not at hand."""
    if not position:
        return None
    answer = look.versions(position)
    if answer is None:
        missing.positions.add(position)
        return None
    return answer[0]


def _finish(
    command: Command,
    verdict: Verdict,
    target: Versions | None,
    look: Lookup,
    missing: Missing,
    *,
    quiet: bool = False,
) -> Decision | None:
    """Adds what a late fact makes impossible, what it cures, and what is asked next; these need the fact as stored.

    A question alone is never a check: what was only asked clears nobody to go on. History clears nobody, and cures
    nothing; nothing is cured either where it is `quiet`: no deviation is open on anything that the fact bears the tag
    of.
    """
    stated = statement(_record(command, verdict))
    if stated is None:
        return Decision(verdict=verdict, stated=None, target=target)
    notes = aftermath.impossible(stated, target, command.parameters, look, missing)
    cures = aftermath.cures(stated, command.parameters, look, missing) if verdict.judged and not quiet else ()
    if missing:
        return None
    if notes or cures:
        verdict = msgspec.structs.replace(verdict, findings=in_order([*verdict.findings, *notes]), cures=cures)
        stated = msgspec.structs.replace(stated, cures=cures)
    silent = command.validate_only or not verdict.judged
    question = None if silent else ask(stated, command.recorded_at, command.parameters, look, missing)
    if missing:
        return None
    return Decision(verdict=verdict, stated=stated, target=target, question=question)


def cleared(decided: Decision, missing: Missing) -> Decision | None:
    """Adds the answer to what may follow, which takes longer than the verdict and is needed once only.

    Args:
        decided: The decision.
        missing: The one that the decision was made with.

    Returns:
        The decision, to be stored; None when something is missing: get it, decide and ask again.
    """
    if decided.question is None:
        return decided
    told = answer(decided.question)
    found = pack.sealed(decided.question.asking.at, decided.verdict.resolved, told)
    verdict = msgspec.structs.replace(decided.verdict, clearance=told, resolved=found)
    return None if missing else msgspec.structs.replace(decided, verdict=verdict, question=None)


def _record(command: Command, verdict: Verdict) -> Record:
    stamp = Stamp(position=command.position, recorded_at=command.recorded_at, recorder=command.recorder)
    return Record(content=command.content, stamp=stamp, verdict=verdict)


# Records about facts


def _decide_record(command: Command, look: Lookup, missing: Missing) -> Decision | None:
    fact = command.content.fact
    position = fact.position if isinstance(fact, RecordedAsDeviation | DidNotHappen | Corrected) else 0
    target = _named(position, look, missing)
    context = gather(command.content, (command.recorded_at, command.position), 0, look, missing)
    if missing:
        return None
    case = _case(command, command.content, Kind.RECORD, command.recorded_at, context)
    findings = judging.judge(msgspec.structs.replace(case, target=target))
    resolved, own = resolve(case, context), tagging.own(command.content, command.position)
    if target is None or any(finding.weight is Weight.BAR for finding in findings):
        verdict = Verdict(
            outcome=Outcome.REFUSED,
            rulebook=command.rulebook,
            findings=in_order(findings),
            resolved=resolved,
            tags=own,
        )
        return Decision(verdict=verdict, stated=None, target=target)
    return _decide_effect(command, target, findings, resolved, look, missing)


def _new_content(fact: object, target: Versions) -> Content | None:
    """Makes the target as it now counts, from the position named and the parts that were sent."""
    now = target.effect.content if target.effect is not None else target.record.content
    if isinstance(fact, DidNotHappen):
        return None
    if isinstance(fact, Corrected):
        base = now or target.record.content
        return msgspec.structs.replace(
            base,
            envelope=fact.envelope or base.envelope,
            fact=fact.fact.only() if fact.fact is not None else base.fact,
        )
    return target.record.content


def _decide_effect(
    command: Command,
    target: Versions,
    findings: list[Finding],
    resolved: tuple[Resolved, ...],
    look: Lookup,
    missing: Missing,
) -> Decision | None:
    """Judges what a record makes of its target, as the target's kind; what is taken on with the record counts."""
    original = target.record
    kind = TYPES[original.content.type].about.kind
    content = _new_content(command.content.fact, target)
    if content is not None:
        content = renaming.content_under(content, first_names(content, look, missing))
    inheritance = original.verdict.inherited
    tags: tuple[str, ...] = ()
    outcome = Outcome.RECORDED
    effective = tagging.effective(content or original.content, kind, original.stamp.recorded_at)
    if content is not None:
        tags = tagging.own(content, original.stamp.position)
        judged = msgspec.structs.replace(content, exceptions=(*content.exceptions, *command.content.exceptions))
        context = gather(judged, (effective, original.stamp.position), original.stamp.position, look, missing)
        if missing:
            return None
        case = _case(command, judged, kind, effective, context, position=original.stamp.position)
        findings = [*findings, *_as_it_came(command, original), *judging.judge(case)]
        inheritance = inherited(case, tags)
        outcome = _effect_outcome(command, case, findings)
    verdict = Verdict(
        outcome=outcome,
        rulebook=command.rulebook,
        findings=in_order(findings),
        resolved=resolved,
        tags=_own(command, command.content, outcome),
        inherited=inheritance,
        effect=Effect(target=original.stamp.position, effective=effective, content=content, tags=tags),
    )
    if outcome is Outcome.REFUSED:
        verdict = msgspec.structs.replace(verdict, effect=None)
        return Decision(verdict=verdict, stated=None, target=target)
    return _finish(command, verdict, target, look, missing)


def _as_it_came(command: Command, original: Record) -> list[Finding]:
    """What barred a refusal for how it was recorded, late or signed otherwise: no later fact makes that good."""
    if not isinstance(command.content.fact, RecordedAsDeviation):
        return []
    rules = rules_of(command.parameters)
    bars = (finding for finding in original.verdict.findings if finding.weight is Weight.BAR)
    return [finding for finding in bars if finding.rule in rules and not rules[finding.rule].curable]


def _effect_outcome(command: Command, case: Case, findings: list[Finding]) -> Outcome:
    if isinstance(command.content.fact, RecordedAsDeviation):
        barred = any(finding.weight is Weight.BAR for finding in findings)
        return Outcome.RECORDED_AS_DEVIATION if barred else Outcome.RECORDED
    return _outcome(case, command.content, findings)
