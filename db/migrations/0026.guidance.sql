-- depends: 0021.officers_line
-- What agents say and tell: scripts, government schemes; what a category asks besides, and what of it is sealed.
-- Nothing is overwritten: a change is a new version, what was told by the old one stays readable.

create table scheme_version (
    code         text not null check (code <> ''),
    version      integer not null check (version > 0),
    name_hi      text not null check (name_hi <> ''),
    name_en      text not null check (name_en <> ''),
    keywords     text[] not null default '{}',
    department   text references department,
    category     text references category,        -- under which its information is registered
    who_hi       text not null,                    -- who is entitled
    who_en       text not null,
    how_hi       text not null,                    -- how to apply
    how_en       text not null,
    documents_hi text not null,
    documents_en text not null,
    where_hi     text not null,
    where_en     text not null,
    from_on      date,                             -- days in India, both inclusive
    until_on     date check (until_on >= from_on),
    sample       boolean not null default false,   -- written for a demonstration, not by the department
    withdrawn    boolean not null default false,
    made_by      text not null check (made_by <> ''),
    made_at      timestamptz not null,
    primary key (code, version)
);

create table script_version (
    code         text not null check (code <> ''),
    version      integer not null check (version > 0),
    queue        text,                             -- null: every queue; and so on
    kind         text check (kind in ('complaint', 'information', 'demand', 'suggestion')),
    category     text references category,         -- it, or what lies under it
    greeting_hi  text not null,
    greeting_en  text not null,
    questions_hi text[] not null,
    questions_en text[] not null,
    closing_hi   text not null,
    closing_en   text not null,
    sample       boolean not null default false,
    withdrawn    boolean not null default false,
    made_by      text not null check (made_by <> ''),
    made_at      timestamptz not null,
    primary key (code, version)
);

-- What is asked besides, for a category and what lies under it.
create table form_field_version (
    code      text not null check (code <> ''),
    version   integer not null check (version > 0),
    category  text not null references category,
    position  smallint not null,
    name_hi   text not null check (name_hi <> ''),
    name_en   text not null check (name_en <> ''),
    sensitive boolean not null,                    -- not recorded while it is typed, sealed when it is kept
    pattern   text,                                -- a regular expression for the whole value
    withdrawn boolean not null default false,
    made_by   text not null check (made_by <> ''),
    made_at   timestamptz not null,
    primary key (code, version),
    unique (code, version, sensitive)
);

create view scheme as
    select * from (select distinct on (code) * from scheme_version order by code, version desc) newest where not withdrawn;
create view script as
    select * from (select distinct on (code) * from script_version order by code, version desc) newest where not withdrawn;
create view form_field as
    select * from (select distinct on (code) * from form_field_version order by code, version desc) newest
    where not withdrawn;

create trigger scheme_version_is_append_only before update or delete on scheme_version
    for each row execute function refuse_change();
create trigger script_version_is_append_only before update or delete on script_version
    for each row execute function refuse_change();
create trigger form_field_version_is_append_only before update or delete on form_field_version
    for each row execute function refuse_change();

-- Which text the citizen was told, where it was about a scheme.
create table complaint_scheme (
    complaint_id uuid primary key references complaint,
    scheme       text not null,
    version      integer not null,
    foreign key (scheme, version) references scheme_version
);
create index complaint_scheme_by_scheme on complaint_scheme (scheme);

-- What the citizen answered. A sensitive value lies sealed, under a key of its own, wrapped like those of recordings.
create table complaint_field (
    id           uuid primary key,
    complaint_id uuid not null references complaint,
    field        text not null,
    version      integer not null,
    sensitive    boolean not null,
    value        text check (value <> ''),
    sealed       bytea,
    master_id    text,
    wrapped_key  bytea,
    at           timestamptz not null,
    foreign key (field, version, sensitive) references form_field_version (code, version, sensitive),
    constraint what_is_sensitive_is_sealed check (
        case when sensitive then value is null and num_nonnulls(sealed, master_id, wrapped_key) = 3
             else value is not null and num_nonnulls(sealed, master_id, wrapped_key) = 0 end)
);
create index complaint_field_by_complaint on complaint_field (complaint_id);
create index complaint_field_by_master on complaint_field (master_id) where master_id is not null;

-- Who has opened it, and why.
create table complaint_field_seen (
    id              uuid primary key,
    complaint_field uuid not null references complaint_field,
    actor           text not null check (actor <> ''),
    reason          text not null check (reason <> ''),
    at              timestamptz not null
);
create index complaint_field_seen_by_field on complaint_field_seen (complaint_field);
create trigger complaint_field_seen_is_append_only before update or delete on complaint_field_seen
    for each row execute function refuse_change();
