-- Reading lists: tables derived from the log, kept by catch-up, in a schema of their own. Nothing in them is evidence:
-- `coi rebuild` makes them anew from the log, `coi rebuild --check` makes them a second time beside the first and
-- compares; for that there are two of them. Their role may change them and has no right in the schema of the log; who
-- appends may take on that role for a session, and has none of its rights otherwise (noinherit).

do $$
declare
    place text;
begin
    if not exists (select from pg_roles where rolname = 'coi_ledger_views') then
        create role coi_ledger_views nologin noinherit;
    end if;
    if not pg_has_role('coi_ledger_writer', 'coi_ledger_views', 'member') then
        grant coi_ledger_views to coi_ledger_writer;
    end if;
    foreach place in array array[current_schema() || '_views', current_schema() || '_views_check'] loop
        execute format('create schema %I', place);
        execute format('grant usage on schema %I to coi_ledger_views, coi_ledger_writer, coi_ledger_reader', place);

        -- How far each list is kept.
        execute format('create table %I.progress (
            list text collate "C" primary key,
            revision integer not null,
            position bigint not null
        )', place);

        -- A row of a list and the positions between which it stood: `gone` is the largest number while it stands.
        execute format('create table %I.entry (
            list text collate "C" not null,
            root text collate "C" not null,
            part text collate "C" not null,
            since bigint not null,
            gone bigint not null,
            at bigint not null,
            begun bigint not null,
            measure bigint,
            labels text[] collate "C" not null,
            cells bytea not null,
            primary key (list, root, part, since)
        )', place);
        execute format('create index entry_standing on %I.entry (list, gone, at, root, part)', place);

        -- The same rows by what they can be asked for.
        execute format('create table %I.label (
            list text collate "C" not null,
            label text collate "C" not null,
            gone bigint not null,
            at bigint not null,
            root text collate "C" not null,
            part text collate "C" not null,
            since bigint not null,
            begun bigint not null,
            primary key (list, label, gone, at, root, part, since)
        )', place);

        -- What the rows of a root rest on beside the root itself: when that changes, they are worked out again.
        execute format('create table %I.rests (
            tag text collate "C" not null,
            what text collate "C" not null,
            list text collate "C" not null,
            root text collate "C" not null,
            primary key (tag, what, list, root)
        )', place);
        execute format('create index rests_of on %I.rests (list, root)', place);

        execute format('revoke all on all tables in schema %I from public', place);
        execute format('grant select, insert, update, delete on all tables in schema %I to coi_ledger_views', place);
        execute format('grant select on all tables in schema %I to coi_ledger_writer, coi_ledger_reader', place);
    end loop;
end
$$;
