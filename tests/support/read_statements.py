"""Every statement that reads the log: its text, values as a filled store has them, the indexes it must look into."""

from uuid import UUID

from ledger.domain.identifiers.tag import tag
from ledger.store import sifting, statements
from ledger.store.rows import Wanted
from tests.support.plans import Given

CHAIN = tag("coi", "isbt128-coi", "CHA999926000020")
CONTAINER = tag("material", "isbt128-mpho", "A9999S1128A999926123459A00000")
TYPES = ["ApheresisPerformed", "ConsignmentDispatched", "MaterialAccepted"]
WANTED = Wanted(tags=(CHAIN,), marks=("rule:C6",), unmarked=("outcome:refused",), types=tuple(TYPES), organisation="X")

TAGS, FACTS, MARKS = "fact_tag_pkey", "fact_pkey", "fact_mark_pkey"

Cases = dict[str, tuple[str, Given, frozenset[str]]]


def cases(facts: int) -> Cases:
    """The statements, asked of a log of so many facts."""
    bounds = {"after": 100, "through": facts, "limit": 50}
    within = (facts // 2, facts // 2 + 1_000)
    chain = {**bounds, "tag": CHAIN, "others": [CONTAINER]}
    listed: dict[str, tuple[str, Given, set[str]]] = {
        "HEAD": (statements.HEAD, (), {"commit_pkey"}),
        "HEAD_AT": (statements.HEAD_AT, (facts,), {"commit_pkey"}),
        "HEAD_AND_CLOCK": (statements.HEAD_AND_CLOCK, (), {"commit_pkey"}),
        "LOAD": (statements.LOAD, ([0, 0], [CHAIN] * 2, TYPES[:2], 0, facts, 1_000), {TAGS, FACTS}),
        "MET": (statements.MET, ([CHAIN, CONTAINER],), {TAGS, "edge_pkey"}),
        "FACTS": (statements.FACTS, ([3, 70, 900],), {FACTS}),
        "SCAN": (statements.SCAN, (*within, 500), {FACTS}),
        "TYPES": (statements.TYPES, {**bounds, "types": TYPES}, {"fact_type", FACTS}),
        "SEARCH_TYPES": (statements.SEARCH_TYPES, {**chain, "types": TYPES}, {TAGS, FACTS}),
        "SEARCH_ANY": (statements.SEARCH_ANY, chain, {TAGS, FACTS}),
        "UP": (statements.UP, {**bounds, "tags": [CONTAINER]}, {"edge_pkey"}),
        "DOWN": (statements.DOWN, {**bounds, "tags": [CONTAINER]}, {"edge_parent"}),
        "BORNE": (statements.BORNE, ([0, 1], [CHAIN, CONTAINER], facts, 500), {TAGS, FACTS}),
        "BEARERS": (statements.BEARERS, {**bounds, "tags": [CHAIN], "most": 100}, {TAGS}),
        "BEARERS_OF": (
            statements.BEARERS_OF,
            {**bounds, "tags": [CHAIN], "most": 100, "type": "ApheresisPerformed"},
            {TAGS},
        ),
        "TAG_ROWS": (statements.TAG_ROWS, within, {"fact_tag_position"}),
        "EDGE_ROWS": (statements.EDGE_ROWS, within, {"edge_position"}),
        "MARK_ROWS": (statements.MARK_ROWS, within, {"fact_mark_position"}),
        "KEY_ROWS": (statements.KEY_ROWS, within, {"key_position"}),
        "KEYS": (statements.KEYS, (["ods:RR8"], [UUID(int=7)]), {"key_pkey"}),
    }
    found = {name: (text, given, frozenset(indexes)) for name, (text, given, indexes) in listed.items()}
    return found | _searching(bounds)


def _searching(bounds: dict[str, int]) -> Cases:
    given: dict[str, object] = {**sifting.given(WANTED), **bounds, "counted": sifting.COUNTED, "under": TYPES}
    own = {"type": {"fact_type"}, "organisation": {"fact_organisation"}}
    values = {"tag": CHAIN, "mark": "rule:C6"}
    led: Cases = {
        f"SIFT {lead} {'newest' if newest else 'oldest'}": (
            text,
            {**given, "lead": values.get(lead, "X")},
            frozenset({TAGS, FACTS, MARKS} | own.get(lead, set())),
        )
        for (lead, newest), text in sifting.SIFT.items()
    }
    sizes = frozenset({MARKS, TAGS, "fact_type", "fact_organisation"})
    return {"SIZES": (sifting.SIZES, given, sizes), "UNDER": (sifting.UNDER, given, frozenset({TAGS})), **led}


WITHOUT_READING = {"LOCK", "ORIGIN", "BARRIER", "STANDBYS", "NOTIFY"} | {
    f"INSERT_{what}" for what in ("FACTS", "TAGS", "EDGES", "MARKS", "KEYS", "HEAD")
}
"""Statements that read no table that grows."""
