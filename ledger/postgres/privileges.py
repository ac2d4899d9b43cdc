"""Whether the role that appends could do anything else, and whether the tables would let it."""

from typing import Final, NamedTuple

from ledger.postgres.check import Check
from ledger.postgres.connection import Connection

_UNSEALED: Final = """
select coalesce(string_agg(c.relname, ', ' order by c.relname), '') from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and 2 <> (
    select count(*) from pg_trigger t
    where t.tgrelid = c.oid and t.tgenabled = 'A' and t.tgname in ('refuse_change', 'refuse_statement'))"""
_POWERS: Final = """
select coalesce(string_agg(power, ', ' order by power), '') from (
    select distinct p from pg_class c, unnest(array['update', 'delete', 'truncate', 'trigger']) p
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and case p when 'update' then has_any_column_privilege(c.oid, p) else has_table_privilege(c.oid, p) end
    union select 'create' where has_schema_privilege(current_schema(), 'create')
) found (power)"""
_LACKING: Final = """
select coalesce(string_agg(p || ' on ' || c.relname, ', ' order by c.relname, p), '')
from pg_class c, unnest(array['insert', 'select']) p
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and not has_table_privilege(c.oid, p) and (p = 'select' or c.relname not in ('log', 'migration'))"""
_LISTS_POWERS: Final = """
select coalesce(string_agg(distinct p || ' on ' || c.relname, ', '), '')
from pg_roles r, pg_class c, unnest(array['insert', 'update', 'delete', 'truncate', 'trigger']) p
where r.rolname = 'coi_ledger_views' and c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and case when p in ('insert', 'update') then has_any_column_privilege(r.oid, c.oid, p)
      else has_table_privilege(r.oid, c.oid, p) end"""
_LISTS_ROLE: Final = """
select case when exists (
    select from pg_roles r where r.rolname = 'coi_ledger_views' and pg_has_role(current_user, r.oid, 'member')
) then '' else current_user || ' may not' end"""
_ATTRIBUTES: Final = """
select concat_ws(', ',
    case when rolsuper then 'superuser' end, case when rolcreaterole then 'creates roles' end,
    case when rolcreatedb then 'creates databases' end, case when rolreplication then 'replicates' end,
    case when rolbypassrls then 'bypasses row security' end)
from pg_roles where rolname = current_user"""
_MEMBERSHIPS: Final = """
select coalesce(string_agg(r.rolname, ', ' order by r.rolname), '') from pg_roles r
where not (select rolsuper from pg_roles where rolname = current_user) and pg_has_role(current_user, r.oid, 'member')
  and (r.rolsuper or r.rolname in ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program'))"""
_OWNED: Final = """
with mine (oid) as (
    select r.oid from pg_roles r where r.rolname = current_user or pg_has_role(current_user, r.oid, 'member')
      and not (select rolsuper from pg_roles where rolname = current_user))
select coalesce(string_agg(what, ', ' order by what), '') from (
    select 'database ' || datname from pg_database where datname = current_database() and datdba in (table mine)
    union select 'schema ' || nspname from pg_namespace where oid = current_schema()::regnamespace
        and nspowner in (table mine)
    union select 'tables' from pg_class where relnamespace = current_schema()::regnamespace and relowner in (table mine)
) owned (what)"""


class _Asked(NamedTuple):
    """A question whose good answer is nothing."""

    name: str
    statement: str
    wanted: str
    advice: str
    required: bool = True


_CONNECT: Final = "connect as coi_ledger_writer, or as a role made like it in deploy/postgres/roles.sql"
_ALL: Final = (
    _Asked(
        "unsealed tables",
        _UNSEALED,
        "none",
        "find out who removed a trigger, run `coi verify`, then restore the triggers of 0002_seal.sql",
    ),
    _Asked("powers of the role", _POWERS, "insert and select", _CONNECT),
    _Asked("rights it lacks", _LACKING, "none", "run `coi migrate`, or grant them as deploy/postgres/roles.sql does"),
    _Asked("attributes of the role", _ATTRIBUTES, "none", _CONNECT),
    _Asked("powerful roles it is in", _MEMBERSHIPS, "none", f"revoke the membership, or {_CONNECT}"),
    _Asked(
        "powers of the lists' role",
        _LISTS_POWERS,
        "none over the log",
        "revoke them from coi_ledger_views: lists are derived from the log and never touch it",
    ),
    _Asked(
        "who keeps the lists",
        _LISTS_ROLE,
        "this role",
        "grant coi_ledger_views to it, as deploy/postgres/roles.sql does, or lists are read as they stand",
        required=False,
    ),
    _Asked("what it owns", _OWNED, "none", f"an owner can drop a trigger: {_CONNECT}"),
)


def required(connection: Connection) -> list[Check]:
    """Look at what the role of this session may do, and at the seals on the tables.

    Raises:
        psycopg.Error: the connection fails.
    """
    return [_answered(connection, asked) for asked in _ALL]


def _answered(connection: Connection, asked: _Asked) -> Check:
    row = connection.execute(asked.statement.encode()).fetchone()
    found = str(row[0]) if row else ""
    return Check(
        name=asked.name,
        value=found or asked.wanted,
        wanted=asked.wanted,
        ok=not found,
        required=asked.required,
        advice=asked.advice,
    )
