-- What is written stays: every table refuses change and truncation, also from its owner and also when
-- session_replication_role says replica, and the run-time roles may insert or select and nothing else.
-- A seat belt, not a proof: an owner can drop a trigger. The proof is the tree, compared with copies kept elsewhere.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of %.% is refused: what is recorded stays', tg_op, tg_table_schema, tg_table_name
        using errcode = 'restrict_violation', hint = 'record a correction instead';
end
$$;

do $$
declare
    sealed regclass;
    role_name text;
begin
    foreach role_name in array array['coi_ledger_writer', 'coi_ledger_reader'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I login noinherit', role_name);
        end if;
        execute format('grant usage on schema %I to %I', current_schema(), role_name);
    end loop;
    for sealed in
        select oid from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
    loop
        execute format('create trigger refuse_change before update or delete on %s
            for each row execute function refuse_change()', sealed);
        execute format('create trigger refuse_statement before update or delete or truncate on %s
            for each statement execute function refuse_change()', sealed);
        execute format('alter table %s enable always trigger refuse_change', sealed);
        execute format('alter table %s enable always trigger refuse_statement', sealed);
        execute format('revoke all on %s from public', sealed);
        execute format('grant select on %s to coi_ledger_writer, coi_ledger_reader', sealed);
    end loop;
end
$$;

grant insert on commit, fact, fact_tag, edge, key to coi_ledger_writer;
