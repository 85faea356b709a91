-- depends: 0001.calls
-- Agents and their sign-ins. Queue membership stands here; Asterisk is reconciled to it at every connect.

create table agent (
    id       text primary key check (id ~ '^[0-9]{3,6}$'),  -- also the name of the PJSIP endpoint
    name     text not null,
    cell     text not null,
    queues   text[] not null
);

create table agent_session (
    id           uuid primary key,
    agent_id     text not null references agent,
    signed_in_at timestamptz not null,
    signed_out_at timestamptz
);
-- One agent is signed in once: a second page takes the session over, it does not double it.
create unique index agent_session_open on agent_session (agent_id) where signed_out_at is null;
