"""The SQL of the lists. Every text is constant, as in the store; each connection sees one schema of lists.

`gone` is the largest number while a row stands, so one index serves a list as it stands, and as it stood: what was
known at a position are the rows that still stand and began by then, and those that went since.
"""

from typing import Final

STANDS: Final = "9223372036854775807"

_ENTRY = "e.list, e.root, e.part, e.since, e.gone, e.at, e.begun, e.measure, e.labels, e.cells"

PROGRESS = "select list, revision, position from progress"

TURN = "select pg_try_advisory_lock(hashtextextended('coi-ledger lists ' || current_schema(), 0))"
"""Who catches up: one session, until it gives the turn back or ends."""

UNHURRIED = "set synchronous_commit = off"
"""Of the session that keeps the lists: what a crash takes from them is made again, whole stretches with their position.
So no caller who waits for the log to reach the disk waits behind them."""

RETURN = "select pg_advisory_unlock(hashtextextended('coi-ledger lists ' || current_schema(), 0))"

READERS = """
select r.tag, r.what, r.list, r.root
from unnest(%b::text[], %b::text[]) q (tag, what)
cross join lateral (select * from rests where tag = q.tag and what = q.what offset 0) r"""

RESTS = """
select r.list, r.root, r.tag, r.what
from unnest(%b::text[], %b::text[]) q (list, root)
cross join lateral (select * from rests where list = q.list and root = q.root offset 0) r"""

STANDING = f"""
select {_ENTRY}
from unnest(%b::text[], %b::text[]) q (list, root)
cross join lateral (
    select * from entry where list = q.list and root = q.root and gone = {STANDS} offset 0
) e"""  # noqa: S608 - built of constants

MOVE = "update progress set position = %b::bigint where list = any(%b::text[]) and position = %b::bigint"

CLOSE_ENTRIES = f"""
update entry e set gone = q.gone
from unnest(%b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[]) q (list, root, part, since, gone)
where e.list = q.list and e.root = q.root and e.part = q.part and e.since = q.since and e.gone = {STANDS}"""  # noqa: S608

CLOSE_LABELS = f"""
update label l set gone = q.gone
from unnest(%b::text[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::bigint[], %b::bigint[])
    q (list, label, at, root, part, since, gone)
where l.list = q.list and l.label = q.label and l.gone = {STANDS} and l.at = q.at
  and l.root = q.root and l.part = q.part and l.since = q.since"""  # noqa: S608

INSERT_ENTRY = """
insert into entry (list, root, part, since, gone, at, begun, measure, labels, cells)
select q.list, q.root, q.part, q.since, q.gone, q.at, q.begun, nullif(q.measure, '')::bigint,
    array(
        select l.label from jsonb_array_elements_text(q.labels::jsonb) with ordinality l (label, place) order by l.place
    ), q.cells
from unnest(%b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[],
    %b::text[], %b::bytea[]) q (list, root, part, since, gone, at, begun, measure, labels, cells)"""
"""The rows of a stretch at once. Labels come as JSON, since `unnest` takes no arrays of arrays; no measure as ''."""

INSERT_LABELS = """
insert into label (list, label, gone, at, root, part, since, begun)
select * from unnest(%b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::bigint[],
    %b::bigint[])"""

DELETE_RESTS = """
delete from rests r using unnest(%b::text[], %b::text[]) q (list, root) where r.list = q.list and r.root = q.root"""

INSERT_RESTS = """
insert into rests (tag, what, list, root) select * from unnest(%b::text[], %b::text[], %b::text[], %b::text[])"""

FORGET = (
    "delete from progress where list = any(%b::text[])",
    "delete from entry where list = any(%b::text[])",
    "delete from label where list = any(%b::text[])",
    "delete from rests where list = any(%b::text[])",
)

BEGIN = "insert into progress (list, revision, position) values (%b, %b::integer, %b::bigint)"

_WITHIN = """
    x.list = %(list)b::text and x.since <= %(known)b::bigint and x.begun <= %(begun)b::bigint
    and x.at >= %(start)b::bigint and x.at < %(end)b::bigint"""

_AFTER = """
    and (x.at, x.root, x.part) > (%(at)b::bigint, %(root)b::text, %(part)b::text)
    order by x.at, x.root, x.part limit %(limit)b::bigint"""

_LABELLED = """
    and x.label = %(lead)b::text and not exists (
        select from unnest(%(others)b::text[]) o (label) where not exists (
            select from label b where b.list = x.list and b.label = o.label and b.gone = x.gone and b.at = x.at
                and b.root = x.root and b.part = x.part and b.since = x.since))"""


def _page(table: str, more: str) -> str:
    one = f"(select x.list, x.root, x.part, x.since from {table} x where {_WITHIN}{more} and {{gone}}{_AFTER})"  # noqa: S608
    standing = one.format(gone=f"x.gone = {STANDS}")
    went = one.format(gone=f"x.gone > %(known)b::bigint and x.gone < {STANDS}")
    return f"""
select {_ENTRY} from ({standing} union all {went}) p
join entry e on e.list = p.list and e.root = p.root and e.part = p.part and e.since = p.since
order by e.at, e.root, e.part limit %(limit)b::bigint"""  # noqa: S608


PAGE = _page("entry", "")
"""A page of a list."""

PAGE_LABELLED = _page("label", _LABELLED)
"""The same, of the rows that bear some labels; the first one leads."""


def _groups(table: str, more: str, key: str) -> str:
    one = f"(select x.list, x.root, x.part, x.since from {table} x where {_WITHIN}{more} and {{gone}})"  # noqa: S608
    standing = one.format(gone=f"x.gone = {STANDS}")
    went = one.format(gone=f"x.gone > %(known)b::bigint and x.gone < {STANDS}")
    return f"""
select k.key, count(*), sum(e.measure)::bigint, min(e.measure),
    floor(percentile_cont(0.5) within group (order by e.measure))::bigint, max(e.measure)
from ({standing} union all {went}) p
join entry e on e.list = p.list and e.root = p.root and e.part = p.part and e.since = p.since
cross join lateral ({key}) k (key)
group by k.key order by k.key limit %(limit)b::bigint"""  # noqa: S608


_BY_LABEL = "select l from unnest(e.labels) l (l) where starts_with(l, %(by)b::text)"
_BY_MONTH = """select to_char(timestamptz 'epoch' + e.at * interval '1 microsecond', 'YYYY-MM') collate "C" """

GROUPS = {
    (labelled, month): _groups(
        "label" if labelled else "entry", _LABELLED if labelled else "", _BY_MONTH if month else _BY_LABEL
    )
    for labelled in (False, True)
    for month in (False, True)
}
"""Rows counted by a kind of label, or by month; of all rows of a list, or of those that bear some labels."""

ALL = f"""
select {_ENTRY} from entry e
where e.list = %(list)b::text and (e.root, e.part, e.since) > (%(root)b::text, %(part)b::text, %(since)b::bigint)
order by e.root, e.part, e.since limit %(limit)b::bigint"""  # noqa: S608
