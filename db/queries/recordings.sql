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
