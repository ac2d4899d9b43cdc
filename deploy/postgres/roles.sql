-- The roles of a ledger. Run it once as a superuser in the ledger's own database, before `coi migrate`; a second run
-- changes nothing. Passwords are not here: give each role its own (\password), or let it come by certificate.
--
--   coi_ledger_owner    owns the tables; used by `coi migrate` in a maintenance window, and by nobody else
--   coi_ledger_writer   what `coi serve` connects as: SELECT and INSERT, nothing else
--   coi_ledger_reader   reads: verify, replay, trace without a server
--   coi_ledger_views    keeps the reading lists, in schemas of their own; nobody logs in as it: the writer takes it on
--                       for one session, which then can change lists and nothing of the log
--   coi_ledger_backup   REPLICATION, and reads the head of the log: `coi backup`

do $$
declare
    made text;
begin
    foreach made in array array['owner', 'writer', 'reader', 'backup'] loop
        if not exists (select from pg_roles where rolname = 'coi_ledger_' || made) then
            execute format('create role %I login noinherit', 'coi_ledger_' || made);
        end if;
        execute format(
            'alter role %I nosuperuser nocreatedb nocreaterole nobypassrls noreplication', 'coi_ledger_' || made);
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect, create, temporary on database %I to coi_ledger_owner', current_database());
    execute format(
        'grant connect on database %I to coi_ledger_writer, coi_ledger_reader, coi_ledger_backup', current_database());
    if not exists (select from pg_roles where rolname = 'coi_ledger_views') then
        create role coi_ledger_views nologin noinherit;
    end if;
    alter role coi_ledger_views nologin nosuperuser nocreatedb nocreaterole nobypassrls noreplication;
end
$$;

grant coi_ledger_views to coi_ledger_writer;
revoke create on schema public from public;
alter role coi_ledger_backup replication inherit;
grant coi_ledger_reader to coi_ledger_backup;

-- Whatever the server's default is: what these two commit is on disk, and on the standbys that must confirm.
alter role coi_ledger_owner set synchronous_commit = on;
alter role coi_ledger_writer set synchronous_commit = on;
