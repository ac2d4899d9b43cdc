"""Every statement of the reading lists that reads: its text, values, and the indexes that it must look into."""

from ledger.views import statements
from ledger.views.catalogue import LISTS
from ledger.views.entries import Place, Wanted
from ledger.views.postgres_views import given
from tests.support.plans import Given

ENTRY, STANDING, LABEL, RESTS, RESTS_OF = "entry_pkey", "entry_standing", "label_pkey", "rests_pkey", "rests_of"
NOTES, ROOT, SITE, RULE = "notes", "fact:70", "site:ods:RR813", "rule:I1"

Cases = dict[str, tuple[str, Given, frozenset[str]]]


def _asked(name: str, *labels: str, known: int = 10_000) -> Wanted:
    return Wanted(list=name, labels=labels, known=known, after=Place(5, ROOT, ""), limit=50)


def cases() -> Cases:
    """The statements, asked of every list where they are asked of one."""
    counted = {**given(_asked(NOTES, SITE, RULE)), "by": "person:"}
    place = {"list": NOTES, "root": ROOT, "part": "", "since": 0, "limit": 100}
    listed: dict[str, tuple[str, Given, set[str]]] = {
        "READERS": (statements.READERS, ([SITE] * 2, ["SiteStatus", "=X"]), {RESTS}),
        "RESTS": (statements.RESTS, ([NOTES] * 2, [ROOT, "fact:71"]), {RESTS_OF}),
        "STANDING": (statements.STANDING, ([NOTES] * 2, [ROOT, "fact:71"]), {ENTRY}),
        "CLOSE_ENTRIES": (statements.CLOSE_ENTRIES, ([NOTES], [ROOT], [""], [70], [80]), {ENTRY}),
        "CLOSE_LABELS": (statements.CLOSE_LABELS, ([NOTES], [SITE], [5], [ROOT], [""], [70], [80]), {LABEL}),
        "DELETE_RESTS": (statements.DELETE_RESTS, ([NOTES] * 2, [ROOT, "fact:71"]), {RESTS_OF}),
        "ALL": (statements.ALL, place, {ENTRY}),
    }
    for one in LISTS:
        listed[f"PAGE {one.name}"] = (statements.PAGE, given(_asked(one.name)), {STANDING, ENTRY})
        listed[f"PAGE_LABELLED {one.name}"] = (
            statements.PAGE_LABELLED,
            given(_asked(one.name, SITE, RULE)),
            {LABEL, ENTRY},
        )
    for (labelled, month), text in statements.GROUPS.items():
        listed[f"GROUPS {labelled} {month}"] = (text, counted, {LABEL if labelled else STANDING, ENTRY})
    return {name: (text, given_, frozenset(indexes)) for name, (text, given_, indexes) in listed.items()}


WITHOUT_READING = {"PROGRESS", "TURN", "RETURN", "UNHURRIED", "MOVE", "BEGIN", "FORGET", "STANDS"} | {
    f"INSERT_{what}" for what in ("ENTRY", "LABELS", "RESTS")
}
"""Statements that read no table that grows, and the one that lets a list go whole."""
