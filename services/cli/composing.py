"""Makes the requests of a story out of a scenario: what came before it, what it tells in short, what it repeats.

A scenario begins with the steps of other files, under its own names and with its own changes, so that it tells only
what is its own. A step may be told like an earlier one, with what differs. Who records is who runs the site. Decisions
and records are signed as their type asks unless the step says otherwise.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ledger.domain import civil_time
from ledger.domain.facts.about import Kind
from ledger.domain.facts.catalogue import TYPES
from ledger.domain.facts.envelope import Envelope, FactException
from ledger.domain.facts.values import SignatureMeaning
from ledger.domain.rules.catalogue import RULES
from services.cli.shorthand import Words, stamp

_NAMESPACE: Final = UUID("5f0e7a52-41f5-5c0c-9b55-0a4c1f2f7d11")
_BEGAN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
_MOMENT: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_APART: Final = timedelta(minutes=5)
_ENDS: Final = ("ended_at", "completed_at", "arrived_at")
_SIGNED: Final = (Kind.DECISION, Kind.RECORD)
_DEVIATION: Final = "RecordedAsDeviation"
_OWN: Final = (
    "name",
    "step",
    "like",
    "at",
    "known",
    "late",
    "refused",
    "notes",
    "cures",
    "state",
    "may_follow",
    "sign",
)
"""What a step never takes over from the one that it is like."""


class Told(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step of a scenario.

    Attributes:
        name: Unique in the story.
        step: What happens, in one sentence.
        fact: Fact type that it records; left out where it is like another step.
        like: Name of an earlier step that it repeats, but for what stands here.
        at: When it happens; five minutes after the step before when left out.
        known: When the ledger is told; a minute after its end when left out.
        source: From which clock its time comes: the operator's when left out.
        site: Where; where the step before was when left out.
        zone: Work zone.
        by: Who; who did the step before when left out.
        second: Who checks it.
        checked_with: Validated system that checks it instead.
        equipment: Instruments used.
        organisation: Who records; who runs the site when left out.
        late: Why it comes late.
        envelope: What else the envelope says.
        says: The fact's own fields; null takes one away that a like step has.
        sign: Meaning of each signature and who gives it; what the type asks for when left out.
        exceptions: Exceptions beside the envelope.
        refused: Rules that bar it.
        notes: Rules that leave a note.
        cures: Rules of open deviations that it cures.
        state: State of its receipt, where it is not what its type leads one to expect.
        may_follow: Whether the receipt must clear the next step.
    """

    name: str
    step: str
    fact: str = ""
    like: str = ""
    at: str = ""
    known: str = ""
    source: str = "OPERATOR"
    site: str = ""
    zone: str = ""
    by: str = ""
    second: tuple[str, ...] = ()
    checked_with: str = ""
    equipment: tuple[str, ...] = ()
    organisation: str = ""
    late: str = ""
    envelope: dict[str, Any] = {}
    says: dict[str, Any] = {}
    sign: dict[str, str | list[str]] | UnsetType = UNSET
    exceptions: tuple[dict[str, Any], ...] = ()
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    state: str = ""
    may_follow: bool | None = None


def rulebook() -> list[dict[str, Any]]:
    """Every rule in force in this program, as an adopted rulebook lists it."""
    return [{"rule": rule.id, "revision": rule.revision} for rule in RULES.values() if rule.live]


def merged(step: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a step with what differs; of its fact and its envelope only the fields that differ."""
    both: dict[str, Any] = {**step, **change}
    for part in ("says", "envelope"):
        if part in step and part in change:
            said = {**step[part], **change[part]}
            both[part] = {name: value for name, value in said.items() if value is not None}
    return both


class Composer:
    """Turns told steps into requests, one after the other.

    Args:
        story: Name of the story, from which the keys of its requests are made.
        names: What its names stand for.
    """

    def __init__(self, story: str, names: Mapping[str, Any]) -> None:
        self._story, self._names = story, {"rulebook": rulebook(), **names}
        self._told: dict[str, dict[str, Any]] = {}
        self._runs: dict[str, Any] = {}
        self._before: Told | None = None
        self._at = self._known = _BEGAN

    def step(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the step as the story file has it.

        Raises:
            UnclearError: A short value says nothing.
            KeyError: It is like no step that was told, or records no fact type.
            msgspec.ValidationError: It is no step.
        """
        if like := raw.get("like"):
            own = {name: value for name, value in self._told[like].items() if name not in _OWN}
            raw = merged(own, {name: value for name, value in raw.items() if name != "like"})
        told = self._whole(msgspec.convert(raw, Told))
        self._told[told.name] = {**raw, "site": told.site, "by": told.by}
        at = Words(self._names, self._at).moment(told.at) if told.at else self._at + _APART
        words = Words(self._names, at)
        fact = words.struct(TYPES[told.fact], told.says)
        known = words.moment(told.known) if told.known else max([at, *_ends(fact)]) + _MINUTE
        self._at, self._known = at, max(known, self._known + _MOMENT)
        request = {
            "request_id": str(uuid5(_NAMESPACE, f"{self._story}/{told.name}")),
            "envelope": self._envelope(told, at, words),
            "fact": fact,
        }
        if told.exceptions:
            request["exceptions"] = [words.struct(FactException, one) for one in told.exceptions]
        self._learn(told.fact, fact)
        signing = [*self._signing(told)]
        return {
            "name": told.name,
            "step": told.step,
            "rpc": f"{_service(told.fact)}Service/Record{told.fact}",
            "recorded_at": stamp(self._known),
            "request": request,
            "expect": _expected(told),
        } | ({"sign": signing} if signing else {})

    def _whole(self, told: Told) -> Told:
        """Where and by whom is what it was in the step before, unless the step says so."""
        if self._before is None:
            return told
        return msgspec.structs.replace(told, site=told.site or self._before.site, by=told.by or self._before.by)

    def _envelope(self, told: Told, at: datetime, words: Words) -> dict[str, Any]:
        before = self._before
        site = words.identifier(told.site)
        runs = self._runs.get(str(site))
        who = told.organisation or (_short(runs) if runs else before.organisation if before else "")
        self._before = told = msgspec.structs.replace(told, organisation=who)
        ahead = int(civil_time.offset(at).total_seconds()) // 3_600
        said: dict[str, Any] = {
            "occurred_at": {"time": stamp(at), "utc_offset": f"+{ahead:02}:00", "source": told.source},
            "place": {"site": site} | ({"zone": told.zone} if told.zone else {}),
            "performed_by": told.by,
            "organisation": told.organisation,
            "system": "scenario",
        }
        if told.second:
            said["verified_by"] = list(told.second)
        if told.checked_with:
            said["electronic_check"] = told.checked_with
        if told.equipment:
            said["equipment"] = list(told.equipment)
        if told.late:
            said["late_reason"] = {"code": "OTHER", "text": told.late}
        said = merged({"envelope": said}, {"envelope": told.envelope})["envelope"]
        full: dict[str, Any] = words.struct(Envelope, said)
        return full

    def _signing(self, told: Told) -> Iterator[dict[str, Any]]:
        """Who signs: whom the step names, or of a decision or a record who did it and who checked it."""
        about = TYPES[told.fact].about
        if told.sign is UNSET:
            asked = [meanings[0] for meanings in about.signatures] if about.kind in _SIGNED else []
            signing: dict[str, str | list[str]] = {one.name: told.by for one in asked}
            if SignatureMeaning.VERIFIED.name in signing and len(signing) > 1:
                signing |= {SignatureMeaning.VERIFIED.name: list(told.second[:1])}
        else:
            signing = told.sign
        words = Words(self._names, self._at)
        for meaning, people in signing.items():
            for who in [people] if isinstance(people, str) else people:
                name = who.replace("-", " ").capitalize()
                whole = SignatureMeaning[meaning].value
                yield {"person": words.identifier(who), "printed_name": name, "meaning": whole}

    def _learn(self, fact_type: str, fact: Mapping[str, Any]) -> None:
        if fact_type == "SiteRegistered":
            self._runs[str(fact["site"])] = fact["organisation"]


def _service(fact_type: str) -> str:
    return "".join(word.capitalize() for word in TYPES[fact_type].about.stage.split("_"))


def _short(identifier: Mapping[str, Any]) -> str:
    return f"{identifier['scheme']}:{identifier['value']}"


def _ends(fact: Mapping[str, Any]) -> Iterator[datetime]:
    return (datetime.fromisoformat(fact[name]) for name in _ENDS if name in fact)


def _expected(told: Told) -> dict[str, Any]:
    state = told.state or ("RECORDED_AS_DEVIATION" if told.fact == _DEVIATION else "RECORDED")
    found = {name: sorted(rules) for name in ("refused", "notes", "cures") if (rules := getattr(told, name))}
    follows = {} if told.may_follow is None else {"may_follow": told.may_follow}
    return ({} if told.refused else {"state": state}) | found | follows
