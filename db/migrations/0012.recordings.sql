-- depends: 0009.evidence
-- Recordings at rest: sealed objects, a kept copy, an audit chain, retention with holds, pauses.

alter table recording drop constraint recording_state_check;
alter table recording add constraint recording_state_check check (state in ('open', 'stored', 'missing', 'erased'));
-- What is left of an erased recording says what it was: its hash, its length.
alter table recording drop constraint a_stored_recording_is_whole;
alter table recording add constraint a_stored_recording_is_whole check (
    (state in ('stored', 'erased')) = (sha256 is not null and location is not null and seconds is not null
                                       and channels is not null and bytes is not null and closed_at is not null));
-- `sha256`, `bytes`, `location`: of the original, the WAV file at closing.
alter table recording
    add column copied_at     timestamptz,            -- the kept copy is stored and verified
    add column copy_after    timestamptz not null default '-infinity',  -- a lease, or a pause after a failure
    add column copy_failures smallint not null default 0;
create index recording_uncopied on recording (copy_after, started_at) where state = 'stored' and copied_at is null;
create index recording_by_start on recording (started_at desc, id desc);
create index recording_stored on recording (started_at, id) where state = 'stored';
create index call_by_agent on call (agent_id, started_at desc) where agent_id is not null;

-- A file of a recording in the store. An object is never written twice: a repeat has a new id.
create table recording_object (
    id            uuid primary key,
    recording_id  uuid not null references recording,
    role          text not null check (role in ('original', 'copy')),
    location      text not null unique,
    format        text not null check (format in ('wav', 'ogg')),
    sha256        text not null check (sha256 ~ '^[0-9a-f]{64}$'),  -- of the file as it is handed out
    bytes         bigint not null,
    stored_sha256 text not null check (stored_sha256 ~ '^[0-9a-f]{64}$'),  -- of the object as it lies in the store
    stored_bytes  bigint not null,
    sealed        boolean not null,                -- false: plain, from before there was encryption
    master_id     text,                            -- which master key wraps the data key
    wrapped_key   bytea,
    tool          text not null,                   -- what made it, with version
    parameters    text not null,
    made_at       timestamptz not null,
    lost_at       timestamptz,                     -- a sweep did not find it in the store
    removed_at    timestamptz,                     -- decided, and the key destroyed; `deleted_at`: gone from the store
    deleted_at    timestamptz,
    constraint a_sealed_object_has_its_key_until_it_is_removed check (
        (master_id is null) = (wrapped_key is null)
        and (wrapped_key is not null) = (sealed and removed_at is null)),
    constraint only_what_is_removed_is_deleted check (deleted_at is null or removed_at is not null)
);
create unique index recording_object_live on recording_object (recording_id, role) where removed_at is null;
create index recording_object_to_delete on recording_object (removed_at) where removed_at is not null and deleted_at is null;
create index recording_object_originals on recording_object (made_at) where role = 'original' and removed_at is null;
create index recording_object_by_master on recording_object (master_id) where master_id is not null;

insert into recording_object (id, recording_id, role, location, format, sha256, bytes, stored_sha256, stored_bytes, sealed,
                              tool, parameters, made_at)
select id, id, 'original', location, 'wav', sha256, bytes, sha256, bytes, false, 'Asterisk MixMonitor', '', closed_at
from recording where state = 'stored';

-- The audit chain. An event is written in the transaction that it tells of; one job seals events in batches.
create table recording_event (
    id           uuid primary key,
    recording_id uuid not null references recording,
    kind         text not null check (kind in ('closed', 'copied', 'original_removed', 'accessed', 'certified', 'held',
                                               'released', 'erased', 'paused', 'resumed')),
    at           timestamptz not null,
    facts        text not null                      -- JSON, as it was hashed
);
create index recording_event_by_recording on recording_event (recording_id, at);
create table recording_seal (
    seq      bigint primary key check (seq > 0),
    event_id uuid not null unique references recording_event,
    previous text not null,
    hash     text not null unique
);
create trigger recording_event_is_append_only before update or delete on recording_event
    for each row execute function refuse_change();
create trigger recording_seal_is_append_only before update or delete on recording_seal
    for each row execute function refuse_change();
-- What the sealing job has not taken yet: an entry goes with its seal.
create table recording_event_unsealed (
    event_id uuid primary key references recording_event
);
create function recording_event_waits() returns trigger language plpgsql as $$
begin
    insert into recording_event_unsealed (event_id) values (new.id);
    return null;
end $$;
create trigger recording_event_waits after insert on recording_event
    for each row execute function recording_event_waits();

alter table recording_access
    add column reason     text not null default '',
    add column role       text check (role in ('original', 'copy')),
    add column first_byte bigint,                   -- of what was asked for; a player may stop earlier
    add column last_byte  bigint;

-- How long a recording is kept at least, from its start.
create table recording_retention (
    kind       text primary key check (kind in ('call', 'own_words')),
    days       integer not null check (days between 30 and 36500),
    changed_by text not null,
    changed_at timestamptz not null
);
insert into recording_retention values ('call', 400, 'default', now()), ('own_words', 400, 'default', now());

-- A person's order to keep a recording. Open complaints hold theirs without one.
create table recording_hold (
    id           uuid primary key,
    recording_id uuid not null references recording,
    placed_by    text not null check (placed_by <> ''),
    why          text not null check (why <> ''),
    placed_at    timestamptz not null,
    until        timestamptz,
    released_at  timestamptz,
    released_by  text,
    release_why  text,
    constraint a_release_says_who_and_why check (
        num_nonnulls(released_at, released_by, release_why) in (0, 3)),
    constraint a_hold_has_a_time_to_hold check (until is null or until > placed_at)
);
create index recording_hold_standing on recording_hold (recording_id) where released_at is null;

-- The tombstone.
create table recording_erasure (
    recording_id uuid primary key references recording,
    erased_at    timestamptz not null,
    erased_by    text not null check (erased_by <> ''),
    why          text not null check (why <> ''),
    sha256       text not null
);
create trigger recording_erasure_is_append_only before update or delete on recording_erasure
    for each row execute function refuse_change();

-- Whatever the program does: nothing is erased under a hold, without a tombstone, or with a key left.
create function recording_erased_in_order() returns trigger language plpgsql as $$
begin
    if not exists (select from recording_erasure where recording_id = new.id) then
        raise exception 'recording % has no erasure on record', new.id using errcode = 'check_violation';
    end if;
    if exists (select from recording_hold h join recording_erasure e using (recording_id)
               where h.recording_id = new.id and h.released_at is null
                     and (h.until is null or h.until > e.erased_at)) then
        raise exception 'recording % is held', new.id using errcode = 'check_violation';
    end if;
    if exists (select from recording_object where recording_id = new.id and removed_at is null) then
        raise exception 'recording % still has an object', new.id using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger recording_erased_in_order before update of state on recording
    for each row when (new.state = 'erased' and old.state <> 'erased') execute function recording_erased_in_order();
create function recording_stays_erased() returns trigger language plpgsql as $$
begin
    raise exception 'recording % is erased', old.id using errcode = 'check_violation';
end $$;
create trigger recording_stays_erased before update of state on recording
    for each row when (old.state = 'erased' and new.state <> 'erased') execute function recording_stays_erased();

-- While something sensitive is said both directions are muted; the record shows it.
create table recording_pause (
    id           uuid primary key,
    recording_id uuid not null references recording,
    paused_at    timestamptz not null,
    paused_by    text not null check (paused_by <> ''),
    why          text not null check (why <> ''),
    limit_at     timestamptz not null check (limit_at > paused_at),
    resumed_at   timestamptz,
    resumed_by   text,                              -- who, or: limit, hang-up, not carried out
    constraint a_pause_that_is_over_says_how check ((resumed_at is null) = (resumed_by is null))
);
create unique index recording_pause_open on recording_pause (recording_id) where resumed_at is null;
create index recording_pause_due on recording_pause (limit_at) where resumed_at is null;
create index recording_pause_by_recording on recording_pause (recording_id, paused_at);

-- What a search shows.
create view recording_found as
select r.id, r.call_id, r.kind, r.state, r.started_at, r.seconds, r.copied_at, c.citizen_number as number, c.agent_id,
       c.direction, c.cell, c.started_at as call_started_at
from recording r join call c on c.id = r.call_id;
