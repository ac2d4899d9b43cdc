"""The SQL of a search by several conditions at once: one index leads, the others are asked for each fact it gives.

The condition that the fewest facts meet leads. It gives so many positions in their order, never more, so a step costs
the same in a log of any size; each is then held against every condition by a look-up in an index. All texts are
constant, as in `statements`.
"""

from typing import Final, Literal, TypeAlias

from ledger.store.rows import Wanted

Lead: TypeAlias = tuple[Literal["tag", "mark", "type", "organisation", "log"], str]
"""What leads: the kind of condition, and its value where it has one."""

COUNTED: Final = 2_000
"""Facts counted of each condition to find the one that leads; beyond, a condition is common."""

UNDER = """
with recursive borne (tag, type) as (
    select q.tag, (select type from fact_tag where tag = q.tag order by type limit 1)
    from unnest(%(tags)b::text[]) q (tag)
    union all
    select b.tag, (select type from fact_tag where tag = b.tag and type > b.type order by type limit 1)
    from borne b where b.type is not null
) select distinct type from borne where type is not null"""
"""The types under some tags, hopping over the index from one to the next."""

SIZES = """
select 'mark', q.mark, (select count(*) from (
    select from fact_mark where mark = q.mark order by position limit %(counted)s::bigint) few)
from unnest(%(marks)b::text[]) q (mark)
union all
select 'tag', q.tag, (select count(*) from (
    select from fact_tag where tag = q.tag order by type, position limit %(counted)s::bigint) few)
from unnest(%(tags)b::text[]) q (tag)
union all
select 'type', '', (select sum(few) from unnest(%(types)b::text[]) q (type) cross join lateral (
    select (select count(*) from (
        select from fact where (type, position) > (q.type, 0) and (type, position) < (q.type, 9223372036854775807)
        order by type, position limit %(counted)s::bigint) own)
    + (select count(*) from (
        select from fact_mark where mark = 'refused:' || q.type order by position limit %(counted)s::bigint) not_) few
) each)
where cardinality(%(types)b::text[]) > 0
union all
select 'organisation', %(organisation)b::text, (select count(*) from (
    select from fact where (organisation, position) > (%(organisation)b::text, 0)
    and (organisation, position) < (%(organisation)b::text, 9223372036854775807)
    order by organisation, position limit %(counted)s::bigint) few)
where %(organisation)b::text <> ''"""
"""How many facts meet each condition, counted no further than is needed to choose."""

_BETWEEN = "position > %(after)s::bigint and position <= %(through)s::bigint order by position {way} limit {most}"

_OF_FACT = (
    "({column}, position) > ({value}, %(after)s::bigint) and ({column}, position) <= ({value}, %(through)s::bigint) "
    "order by {column} {way}, position {way} limit {most}"
)
"""The same in the table of facts, as a comparison of rows: written with an equality, the planner may walk the whole log
in order of position and leave out what it does not want."""

_LEADS = {
    "tag": """
    select distinct p.position from unnest(%(under)b::text[]) t (type) cross join lateral (
        select position from fact_tag where tag = %(lead)b::text and type = t.type and {between}
    ) p order by p.position {way} limit {most}""",
    "mark": "select position from fact_mark where mark = %(lead)b::text and {between}",
    "type": """
    select distinct p.position from unnest(%(types)b::text[]) t (type) cross join lateral (
        (select position from fact where {type_between})
        union all
        (select position from fact_mark where mark = 'refused:' || t.type and {between})
    ) p order by p.position {way} limit {most}""",
    "organisation": "select position from fact where {organisation_between}",
    "log": "select position from fact where position > {floor} and position <= {ceiling} order by position {way}",
}

_MET = """
with led as materialized ({lead})
select f.position,
    (%(organisation)b::text = '' or f.organisation = %(organisation)b::text)
    and (cardinality(%(types)b::text[]) = 0 or f.type = any(%(types)b::text[]) or exists (
        select from unnest(%(types)b::text[]) k (type) cross join lateral (
            select from fact_mark where mark = 'refused:' || k.type and position = f.position offset 0) m))
    and not exists (
        select from unnest(%(marks)b::text[]) k (mark) where not exists (
            select from fact_mark m where m.mark = k.mark and m.position = f.position))
    and not exists (
        select from unnest(%(unmarked)b::text[]) k (mark) cross join lateral (
            select from fact_mark where mark = k.mark and position = f.position offset 0) m)
    and not exists (
        select from unnest(%(tags)b::text[]) k (tag) where not exists (
            select from fact_tag b
            where b.tag = k.tag and b.type = any(%(under)b::text[]) and b.position = f.position))
from led join fact f on f.position = led.position order by f.position {way}"""

_MOST = "%(limit)s::bigint"
_AFTER, _THROUGH = "%(after)s::bigint", "%(through)s::bigint"
_WAYS = {
    False: {"way": "asc", "most": _MOST, "floor": _AFTER, "ceiling": f"least({_THROUGH}, {_AFTER} + {_MOST})"},
    True: {"way": "desc", "most": _MOST, "floor": f"greatest({_AFTER}, {_THROUGH} - {_MOST})", "ceiling": _THROUGH},
}

_PARTS = (
    ("{between}", _BETWEEN),
    ("{type_between}", _OF_FACT.replace("{column}", "type").replace("{value}", "t.type")),
    ("{organisation_between}", _OF_FACT.replace("{column}", "organisation").replace("{value}", "%(lead)b::text")),
)


def _statement(lead: str, way: dict[str, str]) -> str:
    text = _MET.replace("{lead}", lead)
    for name, part in _PARTS:
        text = text.replace(name, part)
    return text.format(**way)


SIFT: Final = {(lead, newest): _statement(text, way) for lead, text in _LEADS.items() for newest, way in _WAYS.items()}
"""The statement for each kind of lead, oldest or newest first."""

_ORDER: Final = ("mark", "tag", "type", "organisation")


def leading(sizes: list[tuple[str, str, int]]) -> Lead:
    """Chooses the condition that the fewest facts meet; the whole log where there is none.

    Args:
        sizes: As SIZES gives them.
    """
    if not sizes:
        return ("log", "")
    what, value, _ = min(sizes, key=lambda row: (row[2], _ORDER.index(row[0])))
    return (what, value)  # type: ignore[return-value]  # the statement names these kinds and no others


def given(wanted: Wanted) -> dict[str, object]:
    """Returns the parameters that the statements take from what is wanted."""
    return {
        "tags": list(wanted.tags),
        "marks": list(wanted.marks),
        "unmarked": list(wanted.unmarked),
        "types": list(wanted.types),
        "organisation": wanted.organisation,
    }
