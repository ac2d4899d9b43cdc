-- The log: facts in one order, the ways to find them, the spent keys, and the head as the newest row of commit.
-- Nothing is ever updated. Text is compared byte by byte (collate "C"), so that no operating system's next version
-- of a collation can break an index that must serve for thirty years.

create table log (
    origin text collate "C" primary key check (octet_length(origin) between 1 and 255),
    -- One log per schema: a second row would collide here.
    single boolean not null default true unique check (single)
);

create table commit (
    size bigint primary key check (size > 0),
    frontier bytea not null check (octet_length(frontier) % 32 = 0),
    recorded_at bigint not null check (recorded_at > 0),
    epoch bigint not null check (epoch >= 0)
);

create table fact (
    position bigint primary key check (position > 0),
    type text collate "C" not null check (octet_length(type) between 1 and 255),
    recorded_at bigint not null,
    organisation text collate "C" not null check (octet_length(organisation) between 1 and 255),
    record bytea not null check (octet_length(record) between 1 and 262144),
    salt bytea not null check (octet_length(salt) = 32),
    leaf bytea not null check (octet_length(leaf) = 32)
);
create index fact_type on fact (type, position);

create table fact_tag (
    tag text collate "C" not null check (octet_length(tag) between 1 and 200),
    type text collate "C" not null check (octet_length(type) between 1 and 255),
    position bigint not null,
    own boolean not null,
    primary key (tag, type, position)
);
-- Rows of a range of positions, for verification: the table grows in order of position, so a block range is exact.
create index fact_tag_position on fact_tag using brin (position) with (pages_per_range = 16, autosummarize = on);

create table edge (
    child text collate "C" not null check (octet_length(child) between 1 and 200),
    parent text collate "C" not null check (octet_length(parent) between 1 and 200),
    kind text collate "C" not null check (octet_length(kind) between 1 and 64),
    source bigint not null,
    position bigint not null,
    live boolean not null,
    primary key (child, parent, kind, source, position)
);
create index edge_parent on edge (parent, child, position);
create index edge_position on edge using brin (position) with (pages_per_range = 16, autosummarize = on);

create table key (
    organisation text collate "C" not null check (octet_length(organisation) between 1 and 255),
    id uuid not null,
    hash bytea not null check (octet_length(hash) = 32),
    position bigint not null check (position > 0),
    size bigint not null check (size > 0),
    primary key (organisation, id)
);

-- Large records stay out of line as they are: JSON of this size gains little, and the head of the log stays quick.
alter table fact alter column record set storage external;
