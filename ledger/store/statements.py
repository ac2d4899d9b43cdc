"""The SQL of the log. Every text is constant, so that each is prepared once per connection and planned once.

`offset 0` keeps a lookup a lookup: without it, a plan made while the tables are empty reads them whole, and stays.
A head read in an earlier statement bounds the later ones ($through): rows at or below it never change.
"""

from functools import cache

_STORED = "f.position, f.type, f.organisation, f.recorded_at, f.record, f.salt, f.leaf"

LOCK = "select pg_advisory_xact_lock(%s)"
"""The writers' lock, alone in its statement: a snapshot taken before the wait would show an old head."""

HEAD = "select size, frontier, recorded_at, epoch from commit order by size desc limit 1"

HEAD_AT = "select size, frontier, recorded_at, epoch from commit where size = %s::bigint"

HEAD_AND_CLOCK = f"""
select h.*, (extract(epoch from clock_timestamp()) * 1000000)::bigint
from (values (true)) here left join lateral ({HEAD}) h on true"""  # noqa: S608 - built of constants
"""One row: the head, or nulls for an empty log, and the server's clock in microseconds since 1970."""

ORIGIN = "select origin from log"

BARRIER = "select pg_logical_emit_message(true, 'coi-ledger barrier', '')"

STANDBYS = "select current_setting('synchronous_standby_names') <> ''"

LOAD = f"""
select q.number, q.type, {_STORED}
from unnest(%b::bigint[], %b::text[], %b::text[]) q (number, tag, type)
cross join lateral (
    select position from fact_tag
    where tag = q.tag and type = q.type and position > %s::bigint and position <= %s::bigint
    order by position limit %s::bigint
) t
join fact f on f.position = t.position
order by q.number, f.position"""  # noqa: S608 - built of constants

MET = """
select q.tag, t.borne is not null, e.linked is not null
from unnest(%b::text[]) q (tag)
left join lateral (select true borne from fact_tag where tag = q.tag limit 1) t on true
left join lateral (select true linked from edge where child = q.tag limit 1) e on true"""
"""Which tags any fact bears, and from which any link leads up: one look into an index for each."""

FACTS = f"select {_STORED} from fact f where f.position = any(%b::bigint[]) order by f.position"  # noqa: S608

SCAN = f"""
select {_STORED} from fact f
where f.position > %s::bigint and f.position <= %s::bigint order by f.position limit %s::bigint"""  # noqa: S608

TYPES = f"""
select {_STORED} from (
    select p.position from (select distinct unnest(%(types)b::text[])) t (type) cross join lateral (
        select position from fact
        where type = t.type and position > %(after)s::bigint and position <= %(through)s::bigint
        order by position limit %(limit)s::bigint
    ) p order by p.position limit %(limit)s::bigint
) found join fact f on f.position = found.position order by f.position"""  # noqa: S608

_GIVEN_TYPES = "select distinct unnest(%(types)b::text[])"

_ANY_TYPE = """
(with recursive borne (type) as (
    (select type from fact_tag where tag = %(tag)b::text order by type limit 1)
    union all
    select (select type from fact_tag where tag = %(tag)b::text and type > borne.type order by type limit 1)
    from borne where borne.type is not null
) select type from borne where type is not null)"""
"""The types under a tag, hopping over the index from one to the next: a busy tag has millions of rows, few types."""

_SEARCH = f"""
select {_STORED} from (
    select distinct p.position from ({{types}}) t (type) cross join lateral (
        select a.position from fact_tag a
        where a.tag = %(tag)b::text and a.type = t.type
          and a.position > %(after)s::bigint and a.position <= %(through)s::bigint
          and not exists (
              select from unnest(%(others)b::text[]) o (tag) where not exists (
                  select from fact_tag b where b.tag = o.tag and b.type = t.type and b.position = a.position))
        order by a.position limit %(limit)s::bigint
    ) p order by p.position limit %(limit)s::bigint
) found join fact f on f.position = found.position order by f.position"""  # noqa: S608

SEARCH_TYPES = _SEARCH.format(types=_GIVEN_TYPES)

SEARCH_ANY = _SEARCH.format(types=_ANY_TYPE)

_WALK = """
with recursive reached (tag) as (
    select unnest(%(tags)b::text[]) collate "C"
    union
    select e.{far} from reached r cross join lateral ({known}) e where e.live
)
select e.child, e.parent, e.kind, e.source, e.live, e.position
from reached r cross join lateral ({known}) e where e.live limit %(limit)s::bigint"""

_KNOWN = """
    select distinct on ({near}, {far}, kind, source) child, parent, kind, source, live, position
    from edge where {near} = r.tag and position <= %(through)s::bigint
    order by {near}, {far}, kind, source, position desc"""

UP = _WALK.format(far="parent", known=_KNOWN.format(near="child", far="parent"))

DOWN = _WALK.format(far="child", known=_KNOWN.format(near="parent", far="child"))

BORNE = f"""
select q.number, {_STORED}
from unnest(%b::bigint[], %b::text[]) q (number, tag) cross join lateral (
    select distinct position from fact_tag
    where tag = q.tag and position <= %s::bigint order by position limit %s::bigint
) t join fact f on f.position = t.position
order by q.number, f.position"""  # noqa: S608 - built of constants

_BEARERS = """
select q.tag, t.position, t.type
from unnest(%(tags)b::text[]) q (tag) cross join lateral (
    select position, type from fact_tag
    where tag = q.tag {of}and own and position <= %(through)s::bigint
    order by position limit %(most)s::bigint
) t order by q.tag, t.position, t.type"""

BEARERS = _BEARERS.format(of="")

BEARERS_OF = _BEARERS.format(of="and type = %(type)s::text ")

TAG_ROWS = """
select position, tag, type, own from fact_tag
where position > %s::bigint and position <= %s::bigint order by position, tag, type"""

EDGE_ROWS = """
select position, child, parent, kind, source, live from edge
where position > %s::bigint and position <= %s::bigint order by position, child, parent, kind, source"""

MARK_ROWS = """
select position, mark from fact_mark
where position > %s::bigint and position <= %s::bigint order by position, mark"""

KEYS = """
select k.organisation, k.id, k.hash, k.position, k.size
from unnest(%b::text[], %b::uuid[]) q (organisation, id)
cross join lateral (select * from key where organisation = q.organisation and id = q.id offset 0) k"""

KEY_ROWS = """
select organisation, id, hash, position, size from key
where position > %s::bigint and position <= %s::bigint order by position, id"""

INSERT_FACTS = """
insert into fact (position, type, organisation, recorded_at, record, salt, leaf)
select * from unnest(%b::bigint[], %b::text[], %b::text[], %b::bigint[], %b::bytea[], %b::bytea[], %b::bytea[])"""

INSERT_TAGS = """
insert into fact_tag (position, tag, type, own)
select * from unnest(%b::bigint[], %b::text[], %b::text[], %b::boolean[])"""

INSERT_EDGES = """
insert into edge (position, child, parent, kind, source, live)
select * from unnest(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::boolean[])"""

INSERT_MARKS = """
insert into fact_mark (position, mark)
select * from unnest(%b::bigint[], %b::text[])"""

INSERT_KEYS = """
insert into key (organisation, id, hash, position, size)
select * from unnest(%b::text[], %b::uuid[], %b::bytea[], %b::bigint[], %b::bigint[])"""

INSERT_HEAD = "insert into commit (size, frontier, recorded_at, epoch) values (%s, %b, %s, %s)"

NOTIFY = "select pg_notify(%s, %s)"


@cache
def together(inserts: tuple[str, ...], last: str) -> str:
    """One statement of several, so that they take one round trip; each combination is prepared once."""
    named = ", ".join(f"part_{number} as ({insert})" for number, insert in enumerate(inserts))
    return f"with {named} {last}"
