-- depends: 0001.calls
-- The row is written before the file is opened, so that a crash leaves a row to look for, or a file to find.

create table recording (
    id         uuid primary key,                 -- also the file's name
    call_id    uuid not null references call,
    kind       text not null check (kind in ('call', 'own_words')),
    cell       text not null,
    started_at timestamptz not null,
    state      text not null default 'open' check (state in ('open', 'stored', 'missing')),
    closed_at  timestamptz,
    sha256     text check (sha256 ~ '^[0-9a-f]{64}$'),
    seconds    numeric(9, 3),
    channels   smallint,
    bytes      bigint,
    location   text,                             -- path within the recordings store
    constraint a_stored_recording_is_whole check (
        (state = 'stored') = (sha256 is not null and location is not null and seconds is not null
                              and channels is not null and bytes is not null and closed_at is not null))
);
create index recording_by_call on recording (call_id);
create index recording_open on recording (cell, started_at) where state = 'open';

-- Who fetched a recording through a signed link.
create table recording_access (
    id           uuid primary key,
    recording_id uuid not null references recording,
    audience     text not null,                  -- to whom the link was given
    at           timestamptz not null,
    remote       text not null
);
create index recording_access_by_recording on recording_access (recording_id, at);
