-- depends: 0021.officers_line
-- What an officer attaches to a disposal: sealed like recordings, named inside the history's hash, erased with a tombstone.

-- A file that lies sealed in the recordings' store and is no recording: whose it is, its owner says.
create table sealed_file (
    id            uuid primary key,
    location      text not null unique,
    sha256        text not null check (sha256 ~ '^[0-9a-f]{64}$'),  -- of the file as it came
    bytes         bigint not null check (bytes > 0),
    stored_sha256 text not null check (stored_sha256 ~ '^[0-9a-f]{64}$'),  -- of the object as it lies in the store
    stored_bytes  bigint not null,
    master_id     text,                            -- which master key wraps the data key
    wrapped_key   bytea,
    made_at       timestamptz not null,            -- its day is the folder that it lies in
    lost_at       timestamptz,                     -- a sweep did not find it in the store
    removed_at    timestamptz,                     -- decided, and the key destroyed; `deleted_at`: gone from the store
    deleted_at    timestamptz,
    unique (id, sha256, bytes),
    constraint a_sealed_file_has_its_key_until_it_is_removed check (
        (master_id is null) = (wrapped_key is null) and (wrapped_key is null) = (removed_at is not null)),
    constraint only_what_is_removed_is_deleted check (deleted_at is null or removed_at is not null)
);
create index sealed_file_by_made on sealed_file (made_at);
create index sealed_file_to_delete on sealed_file (removed_at) where removed_at is not null and deleted_at is null;
-- What it is never changes; only its key, and where it is missed.
create trigger a_sealed_file_stays_what_it_is
    before update of id, location, sha256, bytes, stored_sha256, stored_bytes, made_at on sealed_file
    for each row execute function refuse_change();
create trigger a_sealed_file_leaves_a_trace before delete on sealed_file
    for each row execute function refuse_change();

-- All that must lie in the store, or is to go from it: recordings' objects and other files.
create view stored_object as
select o.id, o.recording_id as owner_id, r.started_at as day_of, o.location, o.stored_bytes, o.master_id, o.wrapped_key,
       o.lost_at, o.removed_at, o.deleted_at
from recording_object o join recording r on r.id = o.recording_id
union all
select id, id, made_at, location, stored_bytes, master_id, wrapped_key, lost_at, removed_at, deleted_at
from sealed_file;

-- The lines of the files that an entry of the history is about, inside its hash: SHA-256, bytes, kind, id, name.
alter table complaint_history add column attached text not null default '';

create table attachment (
    id            uuid primary key,
    complaint_id  uuid not null,
    disposal_no   smallint not null,
    attachment_no smallint not null check (attachment_no > 0),
    entry         integer not null,                -- of the disposal in the history
    name          text not null check (length(name) between 1 and 120 and name !~ '[/\\[:cntrl:]]'),
    media_type    text not null check (media_type in ('application/pdf', 'image/jpeg', 'image/png', 'image/webp',
                                                      'image/heic', 'audio/wav', 'audio/mpeg', 'audio/ogg')),
    sha256        text not null,
    bytes         bigint not null,
    at            timestamptz not null,
    unique (complaint_id, disposal_no, attachment_no),
    constraint a_file_is_attached_once unique (complaint_id, disposal_no, sha256),
    foreign key (complaint_id, disposal_no) references disposal,
    foreign key (complaint_id, entry) references complaint_history (complaint_id, seq),
    constraint what_is_attached_is_what_was_sealed foreign key (id, sha256, bytes) references sealed_file (id, sha256, bytes)
);
create trigger attachment_is_append_only before update or delete on attachment
    for each row execute function refuse_change();

-- Who opened one, why, from where: written before the first byte leaves.
create table attachment_access (
    id            uuid primary key,
    attachment_id uuid not null references attachment,
    at            timestamptz not null,
    audience      text not null check (audience <> ''),
    reason        text not null check (reason <> ''),
    remote        text not null
);
create index attachment_access_by_attachment on attachment_access (attachment_id, at);
create trigger attachment_access_is_append_only before update or delete on attachment_access
    for each row execute function refuse_change();

-- The tombstone. `entry`: where the history tells it.
create table attachment_erasure (
    attachment_id uuid primary key references attachment,
    complaint_id  uuid not null,
    entry         integer not null,
    erased_at     timestamptz not null,
    erased_by     text not null check (erased_by <> ''),
    why           text not null check (why <> ''),
    foreign key (complaint_id, entry) references complaint_history (complaint_id, seq)
);
create trigger attachment_erasure_is_append_only before update or delete on attachment_erasure
    for each row execute function refuse_change();

-- Whatever the program does: an attachment's key goes only with a tombstone, and does not come back.
create function sealed_file_removed_in_order() returns trigger language plpgsql as $$
begin
    if old.removed_at is not null then
        raise exception 'file % is removed', old.id using errcode = 'check_violation';
    end if;
    if exists (select from attachment where id = new.id)
       and not exists (select from attachment_erasure where attachment_id = new.id) then
        raise exception 'attachment % has no erasure on record', new.id using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger sealed_file_removed_in_order before update of removed_at on sealed_file
    for each row when (new.removed_at is distinct from old.removed_at) execute function sealed_file_removed_in_order();
