-- name: recordings_open_batch(ids, call_ids, kinds, cells, starts)!
-- The rows of recordings that begin, many at once. A repeat of the same recording changes nothing.
insert into recording (id, call_id, kind, cell, started_at)
select * from unnest(:ids::uuid[], :call_ids::uuid[], :kinds::text[], :cells::text[], :starts::timestamptz[])
on conflict (id) do nothing;

-- name: recordings_withdraw_batch(ids)!
-- Recordings that were never begun: a row that nobody has closed goes again.
delete from recording where id = any(:ids::uuid[]) and state = 'open';

-- name: recordings_stop_batch(ids, ats)!
-- Recorders that were stopped before their calls' ends, on purpose. The first stands, in the batch as well as before it.
update recording r set stopped_at = s.at
from (
    select distinct on (id) id, at
    from unnest(:ids::uuid[], :ats::timestamptz[]) with ordinality as q (id, at, place)
    order by id, place
) as s
where r.id = s.id and r.stopped_at is null;

-- name: recordings_of_files(ids)
-- What the rows say of the capture files that lie in the folder.
select r.id, r.started_at, r.state, r.location, r.bytes, r.sha256, c.ended_at as call_ended_at,
       c.outcome is not distinct from 'lost' as end_unseen, r.stopped_at
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
-- The file is in the store. The first closing stands: repeating it after a crash changes nothing. Of no seconds there is
-- nothing to copy, at any time.
update recording
set state = 'stored', sha256 = :sha256, seconds = :seconds, channels = :channels, bytes = :bytes,
    location = :location, closed_at = :closed_at, copy_after = case when :seconds::numeric = 0 then 'infinity' else copy_after end
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

-- name: recordings_events_part(after, at_most)^
-- The events, part by part: where this part ends (null: none is left), and those of it that neither were sealed nor wait
-- for it, since somebody took them off the queue (null: none).
select (array_agg(e.id order by e.id desc))[1] as last,
       array_agg(e.id order by e.id) filter (where s.event_id is null and u.event_id is null) as escaped
from (select id from recording_event where id > :after order by id limit :at_most) e
left join recording_seal s on s.event_id = e.id
left join recording_event_unsealed u on u.event_id = e.id;

-- name: recordings_events(recording_id)
-- What happened to one recording, with its place in the chain.
select e.kind, e.at, e.facts, s.seq, s.hash
from recording_event e left join recording_seal s on s.event_id = e.id
where e.recording_id = :recording_id order by e.at, e.id;

-- name: recordings_claim_uncopied(now, until, at_most)
-- Closed recordings without a kept copy, leased to one process. One of no seconds has nothing to copy
-- and is last in the index.
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

-- name: recordings_to_delete(after_at, after_id, at_most)
-- Objects that were removed and may still lie in the store, whosever they are (so in the six statements below), from a place in
-- their order on: one that the store does not delete stays, and holds up none after it. The indexes are of those alone.
(select id, location, removed_at from recording_object
 where removed_at is not null and deleted_at is null and (removed_at, id) > (:after_at, :after_id)
 order by removed_at, id limit :at_most)
union all
(select id, location, removed_at from sealed_file
 where removed_at is not null and deleted_at is null and (removed_at, id) > (:after_at, :after_id)
 order by removed_at, id limit :at_most)
order by removed_at, id limit :at_most;

-- name: recordings_deleted(id, at)!
with others as (
    update sealed_file set deleted_at = :at where id = :id and removed_at is not null and deleted_at is null)
update recording_object set deleted_at = :at where id = :id and removed_at is not null and deleted_at is null;

-- name: recordings_next_day(since)$
-- The first day (UTC) from then on that may have objects, null after the last. A recording has none before it is `stored`, and
-- is not erased while it has one.
select (least((select min(started_at) from recording where state = 'stored' and started_at >= :since),
              (select min(made_at) from sealed_file where made_at >= :since)) at time zone 'UTC')::date;

-- name: recordings_objects_of_day(since, until)
-- The live objects of a part of a day: an object lies in the folder of its recording's day, another file in that of its own.
select id, owner_id, location, stored_bytes, lost_at from stored_object
where day_of >= :since and day_of < :until and removed_at is null;

-- name: recordings_known_locations(locations)
select location from stored_object where location = any(:locations::text[]);

-- name: recordings_set_lost(id, at)!
-- The store has not what the row says, or (at null) has it again.
with others as (update sealed_file set lost_at = :at where id = :id and removed_at is null)
update recording_object set lost_at = :at where id = :id and removed_at is null;

-- name: recordings_retention()
select kind, days from recording_retention order by kind;

-- name: recordings_set_retention(kind, days, changed_by, at)!
update recording_retention set days = :days, changed_by = :changed_by, changed_at = :at where kind = :kind;

-- name: recordings_state_shared(id)$
-- As it stands, and nobody erases it before our transaction ends.
select state from recording where id = :id for share;

-- name: recordings_hold(id, recording_id, placed_by, why, placed_at, until)!
insert into recording_hold (id, recording_id, placed_by, why, placed_at, until)
values (:id, :recording_id, :placed_by, :why, :placed_at, :until);

-- name: recordings_release(recording_id, by, why, at)
update recording_hold set released_at = :at, released_by = :by, release_why = :why
where recording_id = :recording_id and released_at is null and (until is null or until > :at)
returning id;

-- name: recordings_holds(recording_id, now)
select id, recording_id, placed_by, why, placed_at, until from recording_hold
where recording_id = :recording_id and released_at is null and (until is null or until > :now)
order by placed_at;

-- name: recordings_to_erase(id)^
-- Locked with its call: what is attached to the call meanwhile waits, and what was is seen.
select r.id, r.state, r.call_id, r.started_at, r.sha256, p.days
from recording r join call c on c.id = r.call_id join recording_retention p on p.kind = r.kind
where r.id = :id for update of r, c;

-- name: recordings_bury(recording_id, at, by, why, sha256)!
-- The tombstone.
insert into recording_erasure (recording_id, erased_at, erased_by, why, sha256)
values (:recording_id, :at, :by, :why, :sha256);

-- name: recordings_destroy_keys(recording_id, at)!
-- From here on nobody can open the objects, wherever copies of them lie.
update recording_object set removed_at = :at, master_id = null, wrapped_key = null
where recording_id = :recording_id and removed_at is null;

-- name: recordings_set_erased(id)!
update recording set state = 'erased' where id = :id;

-- name: recordings_due(now, after_at, after_id, at_most)
-- Stored recordings whose retention has ended, oldest first. The shortest retention bounds the index.
select r.id, r.call_id, r.kind, r.started_at
from recording r join recording_retention p on p.kind = r.kind
where r.state = 'stored' and r.started_at <= :now::timestamptz - make_interval(days => p.days)
  and r.started_at <= :now::timestamptz - make_interval(days => (select min(days) from recording_retention))
  and (r.started_at, r.id) > (:after_at, :after_id)
order by r.started_at, r.id limit :at_most;

-- name: recordings_originals_to_remove(made_before, now, after_at, after, at_most)
-- Originals that are old enough, of recordings that nobody holds and whose copy lies in the store as far as we know; oldest
-- first, in the order of the index of those that are there still: by id, all that were removed in years would come before.
select o.id, o.recording_id, o.made_at, r.call_id
from recording_object o join recording_object c on c.recording_id = o.recording_id join recording r on r.id = o.recording_id
where o.role = 'original' and o.removed_at is null and o.made_at < :made_before
  and (o.made_at, o.id) > (:after_at, :after)
  and c.role = 'copy' and c.removed_at is null and c.lost_at is null and c.made_at < :made_before
  and not exists (select from recording_hold h where h.recording_id = o.recording_id and h.released_at is null
                  and (h.until is null or h.until > :now))
order by o.made_at, o.id limit :at_most;

-- name: recordings_remove_original(id, at)$
update recording_object o set removed_at = :at, master_id = null, wrapped_key = null
where o.id = :id and o.removed_at is null
  and exists (select from recording_object c where c.recording_id = o.recording_id and c.role = 'copy'
                                               and c.removed_at is null and c.lost_at is null)
returning o.id;

-- name: recordings_masters()
-- Which master keys wrap keys of what is kept, citizens' sealed answers too: few, each found by one look into an index.
with recursive masters as (
    select min(master_id) as master_id from recording_object where master_id is not null
    union all
    select (select min(o.master_id) from recording_object o where o.master_id > m.master_id)
    from masters m where m.master_id is not null
), file_masters as (
    select min(master_id) as master_id from sealed_file where master_id is not null
    union all
    select (select min(f.master_id) from sealed_file f where f.master_id > m.master_id)
    from file_masters m where m.master_id is not null
), answer_masters as (
    select min(master_id) as master_id from complaint_field where master_id is not null
    union all
    select (select min(a.master_id) from complaint_field a where a.master_id > m.master_id)
    from answer_masters m where m.master_id is not null
)
select master_id from masters where master_id is not null
union
select master_id from file_masters where master_id is not null
union
select master_id from answer_masters where master_id is not null
order by master_id;

-- name: recordings_to_rewrap(master_id, after, at_most)
-- Keys under another master key than the current one, of recordings and of others' sealed files. They are looked up by each such
-- key, of which there are few: who goes on with what was interrupted does not read again what is done.
with recursive masters as (
    select min(master_id) as master_id from recording_object where master_id is not null
    union all
    select (select min(o.master_id) from recording_object o where o.master_id > m.master_id)
    from masters m where m.master_id is not null
), file_masters as (
    select min(master_id) as master_id from sealed_file where master_id is not null
    union all
    select (select min(f.master_id) from sealed_file f where f.master_id > m.master_id)
    from file_masters m where m.master_id is not null
)
select o.id, o.master_id, o.wrapped_key
from masters m cross join lateral (
    select id, master_id, wrapped_key from recording_object
    where master_id = m.master_id and id > :after order by id limit :at_most) o
where m.master_id <> :master_id
union all
select f.id, f.master_id, f.wrapped_key
from file_masters m cross join lateral (
    select id, master_id, wrapped_key from sealed_file
    where master_id = m.master_id and id > :after order by id limit :at_most) f
where m.master_id <> :master_id
order by id limit :at_most;

-- name: recordings_rewrap(id, before, master_id, wrapped_key)!
-- Only what still is as it was read: an erased key does not come back.
with others as (
    update sealed_file set master_id = :master_id, wrapped_key = :wrapped_key
    where id = :id and wrapped_key = :before)
update recording_object set master_id = :master_id, wrapped_key = :wrapped_key
where id = :id and wrapped_key = :before;

-- name: recordings_to_strip(id)^
-- Locked against an erasure and a new hold; the call is left alone, since the recording stays.
select call_id, sha256 from recording where id = :id and state = 'stored' for update;

-- name: recordings_find_by_day(since, until, before_at, before_id, at_most)
-- Newest first, page by page; so in the statements below, but of an agent.
select * from recording_found
where started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
order by started_at desc, id desc limit :at_most;

-- name: recordings_find_by_number(number, since, until, before_at, before_id, at_most)
select * from recording_found
where number = :number and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
order by started_at desc, id desc limit :at_most;

-- name: recordings_find_by_agent(agent, since, until, before_at, before_id, at_most)
-- In the order in which the agent had the citizens, each call by their last talk in it in these days: their index has this order,
-- in that of the recordings all agents' would be read. The subquery is asked for each talk, whatever the planner thinks of it.
select r.*
from agent_talk t cross join lateral (select * from recording_found f where f.call_id = t.call_id offset 0) r
where t.agent_id = :agent and t.began_at >= :since and t.began_at < :until
  and t.began_at <= :before_at and (t.began_at, r.id) < (:before_at, :before_id)
  and t.began_at = (select max(l.began_at) from agent_talk l
                    where l.call_id = t.call_id and l.agent_id = :agent and l.began_at < :until)
order by t.began_at desc, r.id desc limit :at_most;

-- name: recordings_had_at(id, agent, until)$
-- Where a recording stands in that order.
select max(t.began_at) from recording r join agent_talk t on t.call_id = r.call_id
where r.id = :id and t.agent_id = :agent and t.began_at < :until;

-- name: recordings_find_by_calls(call_ids, since, until, before_at, before_id, at_most)
select * from recording_found
where call_id = any(:call_ids::uuid[]) and started_at >= :since and started_at < :until
  and (started_at, id) < (:before_at, :before_id)
order by started_at desc, id desc limit :at_most;

-- name: recordings_found_one(id)^
select * from recording_found where id = :id;

-- name: recordings_after(after, at_most)
-- Every recording that is, or was, in the store, for a check.
select id, state, sha256 from recording
where state in ('stored', 'erased') and id > :after order by id limit :at_most;

-- name: recordings_tombstone(recording_id)^
select erased_at, erased_by, why, sha256 from recording_erasure where recording_id = :recording_id;

-- name: recordings_all_objects(recording_id)
select * from recording_object where recording_id = :recording_id order by made_at, id;

-- name: recordings_to_pause(call_id)^
-- The recording of a call that goes on.
select r.id, coalesce(c.channel_id, c.id::text) as channel
from recording r join call c on c.id = r.call_id
where r.call_id = :call_id and r.kind = 'call' and r.state = 'open' and c.ended_at is null
order by r.started_at desc limit 1;

-- name: recordings_call_to_pause(call_id)^
-- A call of whose recording there is no row.
select coalesce(channel_id, id::text) as channel, cell, ended_at from call where id = :call_id;

-- name: recordings_pause(id, recording_id, at, by, why, limit_at)$
-- A recording is paused once at a time.
insert into recording_pause (id, recording_id, paused_at, paused_by, why, limit_at)
values (:id, :recording_id, :at, :by, :why, :limit_at)
on conflict (recording_id) where resumed_at is null do nothing
returning id;

-- name: recordings_end_pause_soon(id)!
-- Its limit has come.
update recording_pause set limit_at = paused_at + interval '1 microsecond' where id = :id and resumed_at is null;

-- name: recordings_open_pause(call_id)^
select p.id, p.recording_id, coalesce(c.channel_id, c.id::text) as channel
from recording_pause p join recording r on r.id = p.recording_id join call c on c.id = r.call_id
where r.call_id = :call_id and p.resumed_at is null;

-- name: recordings_resume(id, at, by)$
-- The first end of a pause stands. A pause that a hang-up ended lasted until then.
update recording_pause set resumed_at = greatest(:at, paused_at), resumed_by = :by
where id = :id and resumed_at is null returning recording_id;

-- name: recordings_pauses_due(cell, now)
-- Open pauses whose call is over, or whose time is.
select p.id, coalesce(c.channel_id, c.id::text) as channel, c.ended_at
from recording_pause p join recording r on r.id = p.recording_id join call c on c.id = r.call_id
where p.resumed_at is null and r.cell = :cell and (p.limit_at <= :now or c.ended_at is not null)
order by p.limit_at limit 200;

-- name: recordings_hold_briefly()!
-- Who holds a pause waits for Asterisk: who comes second keeps no connection for as long.
set local lock_timeout = '2s';

-- name: recordings_hold_pause(id)$
-- Nobody mutes and records again at once.
select id from recording_pause where id = :id and resumed_at is null for update;

-- name: recordings_pauses_of_before(cell, call_id, began, now)
-- That a process before this one began, and that go on: whether Asterisk was told of them, nobody knows.
select p.id, coalesce(c.channel_id, c.id::text) as channel
from recording_pause p join recording r on r.id = p.recording_id join call c on c.id = r.call_id
where p.resumed_at is null and p.paused_at < :began and p.limit_at > :now and c.ended_at is null
  and (:cell::text is null or r.cell = :cell) and (:call_id::uuid is null or c.id = :call_id)
order by p.paused_at limit 200;

-- name: recordings_standing_pause(call_id)^
-- What a page shows that was loaded in the midst of it.
select p.paused_at, p.paused_by, p.why, p.limit_at, p.resumed_at, p.resumed_by
from recording_pause p join recording r on r.id = p.recording_id
where r.call_id = :call_id and p.resumed_at is null;

-- name: recordings_pauses(recording_id)
select paused_at, paused_by, why, limit_at, resumed_at, resumed_by
from recording_pause where recording_id = :recording_id order by paused_at;

-- name: recordings_to_check(id)^
select state, sha256 from recording where id = :id;

-- name: recordings_to_certify(id)^
-- `call_ended_at`: not of a call whose end nobody saw. Its row has the time at which that was found, hours later perhaps.
-- `speaker`: whose voice is the call's first side. Nobody knows of who keyed no PIN that fits, of a call that was lost
-- before its queue, and of one that is a citizen's for one complaint and an officer's for another.
-- `others`: what else was recorded of the conversation, in another file.
select r.channels, r.sha256, r.bytes, case when c.outcome is distinct from 'lost' then c.ended_at end as call_ended_at,
       c.answered_at, array(select o.id from recording o where o.call_id = c.id and o.kind = 'call' and o.id <> r.id
                            order by o.started_at, o.id) as others,
       case when officer and citizen or c.outcome = 'officer_refused' then 'unknown'
            when officer then 'officer'
            when c.outcome = 'lost' and c.direction = 'inbound' and c.queued_at is null and not citizen then 'unknown'
            else 'citizen' end as speaker
from recording r join call c on c.id = r.call_id, lateral (
    select coalesce(c.outcome in ('disposal_told', 'officer_left'), false)
               or exists (select from recording o where o.call_id = c.id and o.kind = 'officer_remark')
               or exists (select from complaint_call l where l.call_id = c.id and l.role in ('disposal', 'officer')) as officer,
           exists (select from complaint_call l where l.call_id = c.id and l.role not in ('disposal', 'officer')) as citizen
) whose
where r.id = :id and r.state = 'stored';

-- name: recordings_add_files(ids, locations, sha256, bytes, stored_sha256, stored_bytes, master_ids, wrapped_keys, made_at)!
-- Files of others, sealed in the same store.
insert into sealed_file (id, location, sha256, bytes, stored_sha256, stored_bytes, master_id, wrapped_key, made_at)
select * from unnest(:ids::uuid[], :locations::text[], :sha256::text[], :bytes::bigint[], :stored_sha256::text[],
                     :stored_bytes::bigint[], :master_ids::text[], :wrapped_keys::bytea[], :made_at::timestamptz[]);

-- name: recordings_file(id)^
-- One that can still be opened.
select id, location, sha256, bytes, stored_sha256, stored_bytes, master_id, wrapped_key
from sealed_file where id = :id and removed_at is null;

-- name: recordings_destroy_files_key(id, at)$
-- From here on nobody can open it, wherever copies of it lie.
update sealed_file set removed_at = :at, master_id = null, wrapped_key = null
where id = :id and removed_at is null returning id;

-- name: recordings_peaks(id)^
select seconds, channels, levels from recording_peaks where recording_id = :id;

-- name: recordings_put_peaks(id, seconds, channels, levels, at)!
-- Not of one that was erased meanwhile; the row is held, so that it is not erased just now.
insert into recording_peaks (recording_id, seconds, channels, levels, made_at)
select id, :seconds, :channels, :levels, :at from recording where id = :id and state = 'stored' for update
on conflict (recording_id) do nothing;
