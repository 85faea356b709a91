-- depends: 0009.evidence
-- People who sign in: who they are, what they may do where, from which browser, and what was done about it.

create table app_user (
    id               uuid primary key,
    sign_in_name     text not null unique check (sign_in_name ~ '^[a-z0-9][a-z0-9._-]{1,62}$'),
    display_name     text not null check (display_name <> ''),
    language         text not null default 'hi' check (language in ('hi', 'en')),
    active           boolean not null default true,
    number           e164,                       -- registered telephone: the officers' line knows them by it
    officer          text references officer,    -- their posts are then those of their tenures, day by day
    agent_id         text check (agent_id ~ '^[0-9]{3,6}$'),  -- the desk that is theirs
    external_subject text unique,                -- for a sign-in elsewhere (OIDC), when there is one
    password_hash    text,                       -- argon2id, with its parameters; null: no sign-in by password
    must_change      boolean not null default false,
    created_at       timestamptz not null
);
-- The telephone and the desk of a person who left can be given to another.
create unique index one_user_per_number on app_user (number) where active and number is not null;
create unique index one_user_per_desk on app_user (agent_id) where active and agent_id is not null;
create unique index one_user_per_officer on app_user (officer) where active and officer is not null;

-- A role within a scope; a column of the scope that is null does not narrow it.
create table role_grant (
    id         uuid primary key,
    user_id    uuid not null references app_user,
    role       text not null,
    department text references department,
    place      text references place,
    post       text references post,
    queue      text,
    from_at    timestamptz not null,
    until_at   timestamptz check (until_at > from_at),
    revoked_at timestamptz
);
create unique index one_standing_grant on role_grant (user_id, role, department, place, post, queue) nulls not distinct
    where revoked_at is null;

create table web_session (
    id           uuid primary key,
    token_hash   bytea not null unique check (octet_length(token_hash) = 32),  -- the token is in the browser only
    user_id      uuid not null references app_user,
    language     text not null check (language in ('hi', 'en')),
    remote       text not null,
    browser      text not null,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at   timestamptz not null check (expires_at > created_at),
    ended_at     timestamptz,
    ended_why    text check (ended_why in ('sign_out', 'forced', 'rotated', 'password', 'disabled', 'expired')),
    check ((ended_at is null) = (ended_why is null))
);
create index web_session_open on web_session (user_id) where ended_at is null;

-- Guesses, by what is guessed at ("name:...", "address:...", "pin:..."). A guess counts before it is judged.
create table guess_limit (
    key           text primary key,
    failures      integer not null check (failures >= 0),
    last_at       timestamptz not null,
    blocked_until timestamptz
);

create table officer_pin (
    user_id  uuid primary key references app_user,
    pin_hash text not null,
    set_at   timestamptz not null,
    set_by   text not null
);

-- The first administrator's code; one row at most, gone when it is used.
create table first_administrator_code (
    only_one   boolean primary key default true check (only_one),
    code_hash  bytea not null check (octet_length(code_hash) = 32),
    expires_at timestamptz not null
);

create table access_log (
    id      uuid primary key,
    at      timestamptz not null,
    event   text not null,
    actor   text not null,                       -- "user:<id>", "operator", "nobody"
    subject uuid references app_user,            -- whom it is about
    remote  text not null default '',
    details jsonb not null default '{}'
);
create index access_log_by_subject on access_log (subject, id);
create trigger access_log_is_append_only before update or delete on access_log
    for each row execute function refuse_change();
