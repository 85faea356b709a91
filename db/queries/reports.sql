-- The parameters stand in the order of their first use: some are run with a longer time limit, by position.

-- name: reports_room()!
-- Until the end of the transaction: a year of intervals is sorted, which spills to disk with the default.
set local work_mem = '64MB';

-- name: reports_groups(short, within, own, by, per_cell, since, until, queues)
-- Offered calls, grouped by their line and by all that decides their fate: which of the fates it is, Python says, in one place.
-- In time: within the seconds of its queue as they were when it came (own), else within those that are asked.
select key, cell, answered, ended, outcome, owes_callback, count(*)::int as calls,
       (count(*) filter (where waited < :short::interval))::int as short,
       (count(*) filter (where waited <= answer_within(in_cell, queue, queued_at, :within::interval, :own::bool)))::int as in_time,
       sum(waited) as waited,
       count(talked)::int as talks, coalesce(sum(talked), '0') as talked
from (
    select report_key(:by, c.queue, c.agent_id, c.queued_at) as key, case when :per_cell then c.cell else '' end as cell,
           c.cell as in_cell, c.queue, c.queued_at,
           c.agent_answered_at is not null as answered, c.ended_at is not null as ended, c.outcome,
           exists (select from callback b where b.call_id = c.id) as owes_callback,
           greatest(coalesce(coalesce(c.agent_answered_at, c.ended_at) - c.queued_at, '0'), '0') as waited,
           greatest(c.ended_at - c.agent_answered_at, case when c.ended_at is not null and c.agent_answered_at is not null then interval '0' end) as talked
    from call c
    where c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
      and (:queues::text[] is null or c.queue = any(:queues))
) offered
group by key, cell, answered, ended, outcome, owes_callback;

-- name: reports_transfers(by, since, until, queues)
select report_key(:by, c.queue, c.agent_id, c.queued_at) as key, count(*)::int as transfers
from desk_action d join call c on c.id = d.call_id
where d.action in ('transfer', 'transfer_consulted') and d.at >= :since
  and c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
  and (:queues::text[] is null or c.queue = any(:queues))
group by 1;

-- name: reports_wrap_ups(by, since, until, queues)
-- A wrap-up belongs to the call before it: it is the agent's next interval.
select report_key(:by, c.queue, c.agent_id, c.queued_at) as key, sum(i.wrap_up) as wrapped_up
from (
    select call_id, state,
           case when lead(state) over agents = 'wrap_up' then lead(until_at - from_at) over agents end as wrap_up
    from agent_state
    where from_at >= :since and from_at < :until::timestamptz + interval '1 day'
    window agents as (partition by agent_id order by from_at, until_at nulls last)
) i join call c on c.id = i.call_id
where i.state = 'in_call' and i.wrap_up is not null
  and c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
  and (:queues::text[] is null or c.queue = any(:queues))
group by 1;

-- name: reports_times(by, step, since, until, queues, unit)
-- Time on duty, pauses apart, and on calls, cut where an hour or a day of India's ends; of the agents of these queues.
select case :by when 'agent' then agent_id when 'hour' then to_char(piece, 'YYYY-MM-DD HH24:00')
                when 'day' then to_char(piece, 'YYYY-MM-DD') else '' end as key,
       sum(least(until_at, piece + :step::interval) - greatest(from_at, piece)) as on_duty,
       coalesce(sum(least(until_at, piece + :step::interval) - greatest(from_at, piece))
                filter (where state in ('in_call', 'wrap_up')), '0') as busy
from (
    select s.agent_id, s.state, greatest(s.from_at, :since::timestamptz) at time zone 'Asia/Kolkata' as from_at,
           least(coalesce(s.until_at, :until), :until::timestamptz) at time zone 'Asia/Kolkata' as until_at
    from agent_state s
    where s.state <> 'paused' and s.from_at < :until and (s.until_at is null or s.until_at > :since)
      and (:queues::text[] is null or s.agent_id in (select id from agent where queues && :queues::text[]))
) cut, lateral generate_series(date_trunc(:unit, from_at), until_at, :step::interval) as piece
where from_at < until_at and piece < until_at
group by 1;

-- name: reports_offered(since, until, after_at, after_id, queues, key, by, answered, ended, outcomes, owing, at_most)
-- The calls behind a figure, page by page, oldest first. The four arrays: combinations that are the fate asked for; null: any.
select id, queue, queued_at, agent_id, agent_answered_at, ended_at, outcome, owes_callback,
       (select count(*) from desk_action d
        where d.call_id = c.id and d.action in ('transfer', 'transfer_consulted'))::int as transfers
from (select *, exists (select from callback b where b.call_id = call.id) as owes_callback from call) c
where c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
  and (c.queued_at, c.id) > (:after_at, :after_id)
  and (:queues::text[] is null or c.queue = any(:queues))
  and (:key::text is null or report_key(:by, c.queue, c.agent_id, c.queued_at) = :key)
  and (:answered::bool[] is null
       or (c.agent_answered_at is not null, c.ended_at is not null, coalesce(c.outcome, ''), owes_callback) in (
           select * from unnest(:answered::bool[], :ended::bool[], :outcomes::text[], :owing::bool[])))
order by c.queued_at, c.id limit :at_most;

-- name: reports_put_service_level(cell, queue, within, now)!
-- Where it is not what holds already. A clock that was put back must not put it before what it replaces.
insert into queue_service_level (cell, queue, since, answer_within)
select :cell, :queue, greatest(:now::timestamptz, max(since) + interval '1 microsecond'), :within::interval
from queue_service_level where cell = :cell and queue = :queue
having :within::interval is distinct from (
    select answer_within from queue_service_level where cell = :cell and queue = :queue order by since desc limit 1);

-- name: reports_service_levels(since, until, queues)
-- What held in these queues for calls of this time: what was set in it, and what it began with.
select distinct queue, answer_within from queue_service_level l
where since < :until and (:queues::text[] is null or queue = any(:queues))
  and not exists (select from queue_service_level later
                  where later.cell = l.cell and later.queue = l.queue and later.since > l.since and later.since <= :since)
order by queue, answer_within;
