-- Marks: what a fact can be searched for beside its tags, its type and its recorder. Filed by who appends, as tags are:
-- refused:TYPE, outcome:deviation or outcome:refused, rule:ID for each rule found, cures:POSITION, sender:REFERENCE.
-- Most facts bear none, so the table stays small beside fact_tag.

create table fact_mark (
    mark text collate "C" not null check (octet_length(mark) between 1 and 1000),
    position bigint not null,
    primary key (mark, position)
);
create index fact_mark_position on fact_mark using brin (position) with (pages_per_range = 16, autosummarize = on);

create index fact_organisation on fact (organisation, position);

-- Facts recorded before this step are marked as the same program would mark them now. What is no record of ours (bytes
-- filed by hand, facts of another face) bears no mark: it is left alone, whatever it looks like.
create function pg_temp.marks_of(stored bytea) returns setof text language plpgsql as $$
declare
    doc jsonb;
begin
    doc := convert_from(stored, 'UTF8')::jsonb;
    if doc #> '{stamp,recorder}' is null or doc #>> '{verdict,outcome}' is null then
        return;
    end if;
    return query
        select 'outcome:deviation' where doc #>> '{verdict,outcome}' = 'OUTCOME_RECORDED_AS_DEVIATION'
        union select unnest(array['outcome:refused', 'refused:' || (doc #>> '{content,type}')])
        where doc #>> '{verdict,outcome}' = 'OUTCOME_REFUSED'
        union select 'rule:' || (finding ->> 'rule') from jsonb_path_query(doc, '$.verdict.findings[*]') finding
        union select 'cures:' || (cure ->> 'deviation') from jsonb_path_query(doc, '$.verdict.cures[*]') cure
        union select 'sender:' || (doc #>> '{content,envelope,sender_reference}')
        where doc #>> '{content,envelope,sender_reference}' <> '';
exception when data_exception then
    return;
end
$$;

insert into fact_mark (position, mark)
select position, mark from fact cross join lateral pg_temp.marks_of(record) mark where type not like 'dcb:%';

drop function pg_temp.marks_of(bytea);

create trigger refuse_change before update or delete on fact_mark for each row execute function refuse_change();
create trigger refuse_statement before update or delete or truncate on fact_mark
    for each statement execute function refuse_change();
alter table fact_mark enable always trigger refuse_change;
alter table fact_mark enable always trigger refuse_statement;
revoke all on fact_mark from public;
grant select on fact_mark to coi_ledger_writer, coi_ledger_reader;
grant insert on fact_mark to coi_ledger_writer;
