-- What cures a deviation is filed as Cured under the tag of that deviation, and so is a record about such a fact, which
-- takes the cure back. Facts recorded before this step are filed as the same program would file them now, from their
-- marks and from the edges of records about facts.

insert into fact_tag (tag, type, position, own)
with cure as (
    select position, substr(mark, 7) as deviation from fact_mark where mark like 'cures:%' and mark ~ '^cures:[0-9]+$'
),
about as (
    select substr(child, 6)::bigint as position, substr(parent, 6)::bigint as target from edge
    where kind = 'about' and child ~ '^fact:[0-9]+$' and parent ~ '^fact:[0-9]+$'
),
said as (
    select target, position from about union select target, target from about
),
followed as (
    select position, lag(position) over (partition by target order by position) as before from said
),
filed as (
    select position, deviation from cure
    union
    select followed.position, deviation from followed join cure on cure.position = before
)
select 'deviation:ledger:' || deviation, 'Cured', position, true from filed
on conflict do nothing;
