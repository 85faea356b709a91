-- name: supervision_note(id, actor, action, target, reason, queues, at)!
-- Written before it is done: what was tried is seen too.
insert into supervisor_action (id, actor, action, target, reason, queues, at)
values (:id, :actor, :action, :target, :reason, :queues::text[], :at);

-- name: supervision_day(cell, since, until)
-- What the cell's agents did in that time, cut to it; what goes on lasts until now, which `until` is then.
select s.agent_id, a.name, a.queues, s.state, s.reason, greatest(s.from_at, :since) as from_at,
       least(coalesce(s.until_at, :until), :until) as until_at
from agent_state s join agent a on a.id = s.agent_id
where a.cell = :cell and s.from_at < :until and (s.until_at is null or s.until_at > :since)
order by a.name, s.agent_id, s.from_at;

-- name: supervision_open_alarms(cell)
-- What stands; an index of its own has no more than these.
select a.id, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where a.cell = :cell and a.cleared_at is null order by a.raised_at, a.id;

-- name: supervision_alarms(cell, queues, at_most)
-- Newest first; the cell's own are everybody's.
select a.id, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where a.cell = :cell and (:queues::text[] is null or a.queue = '' or a.queue = any(:queues))
order by a.raised_at desc, a.id desc limit :at_most;

-- name: supervision_raise_alarm(id, cell, kind, queue, threshold, value, at)$
-- Nothing where it stands already.
insert into alarm (id, cell, kind, queue, threshold, value, raised_at)
values (:id, :cell, :kind, :queue, :threshold, :value, :at)
on conflict (cell, kind, queue) where cleared_at is null do nothing
returning id;

-- name: supervision_clear_alarm(cell, kind, queue, at)$
-- A clock that was put back makes it short, not negative.
update alarm set cleared_at = greatest(raised_at, :at)
where cell = :cell and kind = :kind and queue = :queue and cleared_at is null
returning id;

-- name: supervision_acknowledge(id, cell, by, at, queues)$
-- The first who does it; within their queues.
update alarm set acknowledged_at = :at, acknowledged_by = :by
where id = :id and cell = :cell and acknowledged_at is null
  and (:queues::text[] is null or queue = '' or queue = any(:queues))
returning id;

-- name: supervision_tell_alarm(id, alarm_id, kind, recipient, subject, body, at, fault)!
-- Once for each change of each alarm; held where the wording is spoilt.
insert into notification (id, dedupe_key, alarm_id, kind, channel, recipient, subject, body, created_at,
                          next_attempt_at, held_at, last_error)
values (:id, :kind || ':' || :alarm_id::uuid::text, :alarm_id::uuid, :kind, 'webhook', :recipient, :subject, :body, :at,
        case when :fault::text is null then :at::timestamptz end,
        case when :fault::text is not null then :at::timestamptz end, :fault)
on conflict (alarm_id, kind) where alarm_id is not null do nothing;

-- name: supervision_recordings_failing(cell, since, stuck)$
select (select count(*) from recording where cell = :cell and state = 'missing' and started_at >= :since)
     + (select count(*) from recording r join call c on c.id = r.call_id
        where r.cell = :cell and r.state = 'open' and c.ended_at < :stuck);

-- name: supervision_cut_off(cell)$
-- Telephones of this cell's agents that are cut off from dialling.
select count(*) from dial_cut_off d join agent a on a.id = d.endpoint where a.cell = :cell and d.lifted_at is null;

-- name: supervision_calls_by_number(number, confidential, since, until, queue, queues, before_at, before_id, at_most)
-- Newest first, page by page; so in the three below. Being found by a number tells who called: not of a confidential one.
select * from call_listed
where citizen_number = :number and (:confidential or not confidential) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and (:queues::text[] is null or queue = any(:queues))
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_agent(agent, since, until, queue, queues, before_at, before_id, at_most)
-- The index of agents' calls has this order.
select * from call_listed
where agent_id = :agent and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and (:queues::text[] is null or queue = any(:queues))
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_of(ids, since, until, queue, queues, before_at, before_id, at_most)
-- Those of a complaint.
select * from call_listed
where id = any(:ids::uuid[]) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and (:queues::text[] is null or queue = any(:queues))
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_day(since, until, queue, queues, before_at, before_id, at_most)
-- All of them.
select * from call_listed
where started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and (:queues::text[] is null or queue = any(:queues))
order by started_at desc, id desc limit :at_most;

-- name: supervision_call(id)^
select * from call_listed where id = :id;

-- name: supervision_call_complaints(id)
-- What the call led to, or was about.
select distinct c.number, c.confidential from complaint c
where c.id in (select complaint_id from complaint_call where call_id = :id)
   or c.id in (select complaint_id from attempt where id = :id)
   or c.id in (select complaint_id from desk_call where call_id = :id)
order by c.number;

-- name: supervision_call_recordings(id)
select id, kind, state, started_at, seconds from recording where call_id = :id order by started_at, id;

-- name: supervision_call_actions(id)
-- What agents and supervisors did in the call.
select d.at, d.actor, coalesce(u.display_name, d.actor) as who, d.action, d.target, d.reason
from desk_action d left join app_user u on d.actor = 'user:' || u.id
where d.call_id = :id order by d.at, d.id;

-- name: supervision_of_recording(id)^
-- What a right to hear it depends on.
select c.queue, v.confidential, r.call_id from recording r join call c on c.id = r.call_id join call_listed v on v.id = c.id
where r.id = :id;

-- name: supervision_agents_of(queues)
-- Whose time is shown to who supervises these queues.
select id from agent where queues && :queues::text[];

-- name: supervision_count_offered(since, until, at_most)$
-- Whether there are too many to read for a page: counts no further than that.
select count(*) from (
    select from call c
    where c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
    limit :at_most
) counted;
