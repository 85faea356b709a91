-- name: recordings_open_batch(ids, call_ids, kinds, cells, starts)!
-- The rows of recordings that begin, many at once. A repeat of the same recording changes nothing.
insert into recording (id, call_id, kind, cell, started_at)
select * from unnest(:ids::uuid[], :call_ids::uuid[], :kinds::text[], :cells::text[], :starts::timestamptz[])
on conflict (id) do nothing;

-- name: recordings_of_files(ids)
-- What the rows say of the capture files that lie in the folder.
select r.id, r.started_at, r.state, r.location, r.bytes, r.sha256, c.ended_at as call_ended_at
from recording r join call c on c.id = r.call_id
where r.id = any(:ids::uuid[]);

-- name: recordings_calls_of_orphans(call_ids)
-- The calls of files that have no row.
select id, ended_at from call where id = any(:call_ids::uuid[]);

-- name: recordings_adopt_call(id, cell, started_at, ended_at)!
-- A file without a row, of a call without a row. An outbound call's row is written before it is dialled: this was inbound.
insert into call (id, cell, direction, started_at, ended_at, outcome)
values (:id, :cell, 'inbound', :started_at, :ended_at, 'lost')
on conflict (id) do nothing;

-- name: recordings_adopt(id, call_id, kind, cell, started_at)!
-- The row that should have been written before this file.
insert into recording (id, call_id, kind, cell, started_at)
values (:id, :call_id, :kind, :cell, :started_at)
on conflict (id) do nothing;

-- name: recordings_stored(id, sha256, seconds, channels, bytes, location, closed_at)$
-- The file is in the store. The first closing stands: repeating it after a crash changes nothing.
update recording
set state = 'stored', sha256 = :sha256, seconds = :seconds, channels = :channels, bytes = :bytes,
    location = :location, closed_at = :closed_at
where id = :id and state in ('open', 'missing')
returning id;

-- name: recordings_add_object(id, recording_id, role, location, format, sha256, bytes, stored_sha256, stored_bytes, master_id, wrapped_key, tool, parameters, made_at)!
-- A sealed object. A recording has one of each role: a second is refused.
insert into recording_object (id, recording_id, role, location, format, sha256, bytes, stored_sha256, stored_bytes,
                              sealed, master_id, wrapped_key, tool, parameters, made_at)
values (:id, :recording_id, :role, :location, :format, :sha256, :bytes, :stored_sha256, :stored_bytes,
        true, :master_id, :wrapped_key, :tool, :parameters, :made_at);

-- name: recordings_lose_object(recording_id, sha256, at)$
-- The original of that content is not in the store: the row makes room for one that is.
update recording_object
set removed_at = :at, master_id = null, wrapped_key = null
where recording_id = :recording_id and role = 'original' and removed_at is null and sha256 = :sha256
returning id;

-- name: recordings_objects(recording_id)
-- What there is of a recording; an object that a sweep did not find is left out.
select * from recording_object where recording_id = :recording_id and removed_at is null and lost_at is null;

-- name: recordings_state(id)$
select state from recording where id = :id;

-- name: recordings_add_event(id, recording_id, kind, at, facts)!
-- What happened to a recording, for the audit chain.
insert into recording_event (id, recording_id, kind, at, facts) values (:id, :recording_id, :kind, :at, :facts);

-- name: recordings_without_file(cell, ended_before, present, at_most)
-- Open recordings whose call ended long ago and whose file is not in the folder, oldest first.
select r.id, r.call_id, r.started_at
from recording r join call c on c.id = r.call_id
where r.cell = :cell and r.state = 'open' and c.ended_at < :ended_before and r.id <> all(:present::uuid[])
order by r.started_at
limit :at_most;

-- name: recordings_missing(id, closed_at)!
-- Nothing was found. Should the file turn up after all, it is closed like any other.
update recording set state = 'missing', closed_at = :closed_at where id = :id and state = 'open';

-- name: recordings_accessed(id, recording_id, audience, at, remote, reason, role, first_byte, last_byte)!
-- Written before the first byte leaves.
insert into recording_access (id, recording_id, audience, at, remote, reason, role, first_byte, last_byte)
values (:id, :recording_id, :audience, :at, :remote, :reason, :role, :first_byte, :last_byte);

-- name: recordings_lock_chain(key)$
-- One process seals at a time; the lock goes with the transaction.
select pg_try_advisory_xact_lock(:key);

-- name: recordings_unsealed(at_most)
-- Events that wait for their seal, in their order, with the fields that are hashed.
select e.id, e.recording_id, e.kind, e.at, e.facts
from recording_event_unsealed u join recording_event e on e.id = u.event_id
order by u.event_id
limit :at_most;

-- name: recordings_seal(seqs, event_ids, previous, hashes)!
-- The next entries; each event is taken off the queue with it.
with sealed as (
    insert into recording_seal (seq, event_id, previous, hash)
    select * from unnest(:seqs::bigint[], :event_ids::uuid[], :previous::text[], :hashes::text[])
    returning event_id)
delete from recording_event_unsealed u using sealed s where u.event_id = s.event_id;

-- name: recordings_chain_head()^
select seq, hash from recording_seal order by seq desc limit 1;

-- name: recordings_chain_part(after, at_most)
-- The chain, part by part. An event that is gone leaves nulls, which fit no hash.
select s.seq, s.previous, s.hash, e.id, e.recording_id, e.kind, e.at, e.facts
from recording_seal s left join recording_event e on e.id = s.event_id
where s.seq > :after order by s.seq limit :at_most;

-- name: recordings_count_unsealed()$
select count(*) from recording_event_unsealed;

-- name: recordings_escaped_event()$
-- An event that neither was sealed nor waits for it: somebody took it off the queue.
select e.id from recording_event e
where not exists (select from recording_seal s where s.event_id = e.id)
  and not exists (select from recording_event_unsealed u where u.event_id = e.id)
limit 1;

-- name: recordings_events(recording_id)
-- What happened to one recording, with its place in the chain.
select e.kind, e.at, e.facts, s.seq, s.hash
from recording_event e left join recording_seal s on s.event_id = e.id
where e.recording_id = :recording_id order by e.at, e.id;

-- name: recordings_claim_uncopied(now, until, at_most)
-- Closed recordings without a kept copy, leased to one process. One of no seconds has nothing to copy.
update recording set copy_after = :until
where id in (
    select id from recording
    where state = 'stored' and copied_at is null and copy_after <= :now and seconds > 0
    order by copy_after, started_at limit :at_most
    for no key update skip locked)
returning id, started_at, copy_failures;

-- name: recordings_copied(id, at)$
-- The copy is stored. The first one stands.
update recording set copied_at = :at where id = :id and state = 'stored' and copied_at is null returning id;

-- name: recordings_copy_failed(id, after)!
update recording set copy_after = :after, copy_failures = least(copy_failures + 1, 1000) where id = :id;
