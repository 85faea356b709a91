-- name: calls_open_batch(ids, cells, directions, channel_ids, numbers, raws, service_numbers, starts)!
-- The rows of calls that begin, many at once. A repeat of the same call changes nothing.
insert into call (id, cell, direction, channel_id, citizen_number, citizen_number_raw, service_number, started_at)
select * from unnest(:ids::uuid[], :cells::text[], :directions::text[], :channel_ids::text[], :numbers::text[],
                     :raws::text[], :service_numbers::text[], :starts::timestamptz[])
on conflict (id) do nothing;

-- name: calls_answer_batch(ids, ats)!
-- The citizen's leg was answered; the first time stands, in the batch as well as before it.
update call set answered_at = coalesce(call.answered_at, r.at)
from (
    select distinct on (id) id, at
    from unnest(:ids::uuid[], :ats::timestamptz[]) with ordinality as q (id, at, place)
    order by id, place
) as r
where call.id = r.id;

-- name: calls_queue_batch(ids, queues, ats)!
-- The citizen begins to wait for an agent: the last queue, since the first time.
update call set queue = r.queue, queued_at = coalesce(call.queued_at, r.at)
from (
    select id, (array_agg(queue order by place desc))[1] as queue, (array_agg(at order by place))[1] as at
    from unnest(:ids::uuid[], :queues::text[], :ats::timestamptz[]) with ordinality as q (id, queue, at, place)
    group by id
) as r
where call.id = r.id;

-- name: calls_end_batch(ids, outcomes, ats)!
-- The first end stands, in the batch as well as before it: a later, less exact witness does not overwrite it.
update call set ended_at = r.at, outcome = r.outcome
from (
    select distinct on (id) id, outcome, at
    from unnest(:ids::uuid[], :outcomes::text[], :ats::timestamptz[]) with ordinality as q (id, outcome, at, place)
    order by id, place
) as r
where call.id = r.id and call.ended_at is null;

-- name: calls_open_one(id, cell, direction, number, service_number, started_at)!
-- The row of an outbound call, in the transaction that writes its attempt.
insert into call (id, cell, direction, citizen_number, citizen_number_raw, service_number, started_at)
values (:id, :cell, :direction, :number::text, coalesce(:number::text, ''), :service_number, :started_at);

-- name: calls_end_open(id, outcome, at)!
update call set ended_at = :at, outcome = :outcome where id = :id and ended_at is null;

-- name: calls_agent_answered(id, agent_id, at)!
-- The last agent to answer is the one who has the call; since when, the first word of it says: after a restart of ours
-- we see them talk, as if they had just begun.
update call set agent_id = :agent_id,
    agent_answered_at = case when agent_id = :agent_id then coalesce(agent_answered_at, :at) else :at end
where id = :id;

-- name: calls_popped(id, at)!
-- The first acknowledged screen-pop is the one that is measured.
update call set pop_at = coalesce(pop_at, :at) where id = :id;

-- name: calls_by_id(id)^
select id, cell, direction, citizen_number as number, service_number, started_at, answered_at, queue, queued_at,
       agent_id, pop_at, agent_answered_at, ended_at, outcome
from call where id = :id;

-- name: calls_by_number(number, at_most)
-- What an agent sees of a caller's earlier calls.
select id, cell, direction, citizen_number as number, service_number, started_at, answered_at, queue, queued_at,
       agent_id, pop_at, agent_answered_at, ended_at, outcome
from call where citizen_number = :number order by started_at desc limit :at_most;

-- name: calls_callback_owed(call_id, number, reason, requested_at)!
insert into callback (call_id, number, reason, requested_at)
values (:call_id, :number, :reason, :requested_at)
on conflict (call_id) do nothing;

-- name: calls_admission(number, now)^
-- What is known of a caller, this call included. An hour of one number is a few rows of an index.
select exists (select from blocked_caller b where b.number = :number::text and b.lifted_at is null
               and b.since <= :now and b.until > :now) as blocked,
       count(*) filter (where ended_at is null) as caller_open, count(*) as caller_hour
from call
where citizen_number = :number::text and direction = 'inbound' and started_at > :now::timestamptz - interval '1 hour';

-- name: calls_trunk_load(cell, since)^
-- Open calls over all cells and both directions, since they share the trunks; inbound calls of this cell in an hour.
select (select count(*) from call where ended_at is null) as trunks_open,
       (select count(*) from call where direction = 'inbound' and cell = :cell and started_at > :since) as trunk_hour;

-- name: calls_block(id, number, since, until, blocked_by, why)!
insert into blocked_caller (id, number, since, until, blocked_by, why)
values (:id, :number, :since, :until, :blocked_by, :why);

-- name: calls_lift_past_blocks(number, now)!
-- One whose time is over does not stand in the way of a new one.
update blocked_caller set lifted_at = until, lifted_by = 'its own end'
where number = :number and lifted_at is null and until <= :now;

-- name: calls_unblock(number, by, now)!
update blocked_caller set lifted_at = :now, lifted_by = :by
where number = :number and lifted_at is null and until > :now;

-- name: calls_blocked(now)
select number, since, until, blocked_by, why from blocked_caller
where lifted_at is null and since <= :now and until > :now order by since desc;

-- name: calls_block_entries(number, now, at_most)
-- The list as supervisors read it, what is over too. One that ended by itself was lifted by nobody.
select b.number, b.since, b.until, coalesce(u.display_name, b.blocked_by) as blocked_by, b.why,
       b.lifted_at is null and b.until > :now as stands, b.lifted_at,
       case when b.lifted_at < b.until then coalesce(l.display_name, b.lifted_by) end as lifted_by
from blocked_caller b
left join app_user u on b.blocked_by = 'user:' || u.id
left join app_user l on b.lifted_by = 'user:' || l.id
where :number::text is null or b.number = :number
order by stands desc, b.since desc, b.id desc limit :at_most;

-- name: calls_queue_now(queue, cell, since)^
-- How a cell's queue stands: open calls that were not answered yet, agents signed in for it, answers of late.
select (select count(*) from call where ended_at is null and queue = :queue and cell = :cell
        and queued_at is not null and agent_answered_at is null) as waiting,
       (select count(*) from agent a join agent_session s on s.agent_id = a.id and s.signed_out_at is null
        where a.cell = :cell and :queue = any(a.queues)) as agents,
       (select count(*) from call where queue = :queue and cell = :cell
        and started_at > :since::timestamptz - interval '2 hours' and agent_answered_at > :since) as answered;

-- name: calls_keep_place(call_id, number, queue, priority, requested_at)!
-- The time of entry is the call's own.
insert into callback (call_id, number, reason, requested_at, queue, entered_at, priority)
select c.id, :number, 'callback_kept', :requested_at, :queue, coalesce(c.queued_at, :requested_at), :priority
from call c where c.id = :call_id
on conflict (call_id) do nothing;

-- name: calls_kept_place(call_id)^
-- Behind those who were there before and still wait.
select b.queue, b.entered_at, b.priority, 1 + (
    select count(*) from call c where c.ended_at is null and c.agent_answered_at is null and c.queue = b.queue
    and c.queued_at < b.entered_at) as position
from callback b where b.call_id = :call_id and b.reason = 'callback_kept';

-- name: calls_gave_up(since, at_most)
select c.citizen_number as number, c.queue, c.queued_at, c.ended_at,
       exists (select from call later where later.citizen_number = c.citizen_number
               and later.started_at >= c.ended_at and later.agent_answered_at is not null) as served_since
from call c
where c.outcome = 'queue_abandoned' and c.ended_at > :since and c.queue is not null and c.queued_at is not null
order by c.ended_at desc limit :at_most;

-- name: calls_position(call_id)$
select 1 + (select count(*) from call c where c.ended_at is null and c.agent_answered_at is null
            and c.queue = mine.queue and c.queued_at < mine.queued_at)
from call mine where mine.id = :call_id and mine.queued_at is not null;

