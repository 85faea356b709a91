-- name: supervision_note(id, actor, action, target, reason, queues, at)!
-- Written before it is done: what was tried is seen too.
insert into supervisor_action (id, actor, action, target, reason, queues, at)
values (:id, :actor, :action, :target, :reason, :queues::text[], :at);

-- name: supervision_put_notice(id, queue, text, actor, author, at, until)!
insert into notice (id, queue, text, actor, author, at, until)
values (:id, :queue, :text, :actor, :author, :at, :until);

-- name: supervision_notice(id)^
select id, queue, text, author, at, until from notice where id = :id;

-- name: supervision_notices(queues, at_most)
-- Newest first, with how many have read it.
select n.id, n.queue, n.text, n.author, n.at, n.until,
       (select count(*) from notice_read r where r.notice_id = n.id) as read_by
from notice n where :queues::text[] is null or n.queue = any(:queues)
order by n.at desc, n.id desc limit :at_most;

-- name: supervision_notice_readers(id)
-- Who has read it; and who has not, of those who are in the queue now.
select a.id as agent, a.name, r.at, s.agent_id is not null as signed_in
from notice n
cross join agent a
left join agent_session s on s.agent_id = a.id and s.signed_out_at is null
left join notice_read r on r.notice_id = n.id and r.agent_id = a.id
where n.id = :id and (r.at is not null or n.queue = any(coalesce(s.queues, a.queues)))
order by r.at is not null, s.agent_id is null, r.at, a.name, a.id;

-- name: supervision_day(cell, since, until)
-- What the cell's agents did in that time, cut to it; what goes on lasts until now, which `until` is then.
select s.agent_id, a.name, a.queues, s.state, s.reason, greatest(s.from_at, :since) as from_at,
       least(coalesce(s.until_at, :until), :until) as until_at
from agent_state s join agent a on a.id = s.agent_id
where a.cell = :cell and s.from_at < :until and (s.until_at is null or s.until_at > :since)
order by a.name, s.agent_id, s.from_at;

-- name: supervision_open_alarms(cell)
-- What stands; an index of its own has no more than these. A cell's silence is told by all others.
select a.id, a.cell, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where (a.cell = :cell or a.kind = 'cell_silent') and a.cleared_at is null order by a.raised_at, a.id;

-- name: supervision_alarms(queues, at_most)
-- Newest first; what is a cell's own is everybody's.
select a.id, a.cell, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where (:queues::text[] is null or a.queue = '' or a.queue = any(:queues))
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

-- name: supervision_acknowledge(id, by, at, queues)$
-- The first who does it; within their queues.
update alarm set acknowledged_at = :at, acknowledged_by = :by
where id = :id and acknowledged_at is null
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

-- name: supervision_deadlines_stuck()$
select count(*) from deadline_aside;

-- name: supervision_calls_by_number(number, confidential, since, until, queue, find, identify, before_at, before_id, at_most)
-- Newest first, page by page, within the scopes `find`; `identified` within `identify`: so in those below.
-- Being found by a number tells who called: only where that may be known, and not of a confidential one.
select *, true as identified from call_listed
where citizen_number = :number and (:confidential or not confidential) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
  and call_within(id, queue, confidential, :identify)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_agent(agent, since, until, queue, find, identify, before_at, before_id, at_most)
-- The index of agents' calls has this order.
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where agent_id = :agent and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_of(ids, since, until, queue, find, identify, before_at, before_id, at_most)
-- Those of a complaint.
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where id = any(:ids::uuid[]) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_day(since, until, queue, find, identify, before_at, before_id, at_most)
-- All of them.
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_of_posts(posts, since, until, queue, find, identify, before_at, before_id, at_most)
-- Of the complaints that are with these posts, or were handed to them: few among all calls, so they are looked up by these.
with theirs as materialized (
    select l.call_id from call_complaint l
    where l.complaint_id in (select id from complaint where post = any(:posts::text[])
                             union all select complaint_id from bundle where post = any(:posts::text[]))
)
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where id in (select call_id from theirs) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_complaints_within(find, at_most)
-- Those that may be within the scopes, found by indexes: they can be few among millions. `complaint_within` judges them.
with recursive asked as materialized (
    select row_number() over () as n, s.*
    from jsonb_to_recordset(:find::jsonb) as s (department text, place text, post text, queue text)
), around as (
    select n, place as code from asked where place is not null
    union
    select a.n, p.code from around a join place p on p.parent = a.code
), narrowed as materialized (
    select s.department, s.post, s.place is null as anywhere, array(select a.code from around a where a.n = s.n) as places,
           array(select k.code from category k where s.department is null or k.department = s.department) as categories
    from asked s
)
select id from (
    select c.id from narrowed s join complaint c on c.category = any(s.categories) and c.place = any(s.places)
    where s.post is null and not s.anywhere
    union all
    select c.id from narrowed s join complaint c on c.category = any(s.categories) where s.post is null and s.anywhere
    union all
    select c.id from narrowed s join complaint c on c.department = s.department and (s.anywhere or c.place = any(s.places))
    where s.post is null
    union all
    select c.id from narrowed s join complaint c on c.post = s.post
    union all
    select b.complaint_id from narrowed s join bundle b on b.post = s.post
) found
limit :at_most;

-- name: supervision_calls_of_complaints(complaints, since, until, queue, find, identify, before_at, before_id, at_most)
-- Of those that may be theirs.
with theirs as materialized (
    select call_id from complaint_call where complaint_id = any(:complaints::uuid[])
    union select id from attempt where complaint_id = any(:complaints::uuid[])
    union select call_id from desk_call where complaint_id = any(:complaints::uuid[])
)
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where id in (select call_id from theirs) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or queue = :queue) and call_within(id, queue, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_call(id)^
select * from call_listed where id = :id;

-- name: supervision_call_within(id, find, identify)^
-- Nothing where it is not theirs.
select *, call_within(id, queue, confidential, :identify) as identified from call_listed
where id = :id and call_within(id, queue, confidential, :find);

-- name: supervision_call_complaints(id, queue, find)
-- What the call led to, or was about, as far as it is theirs.
select distinct c.number, c.confidential from complaint c
where c.id in (select complaint_id from call_complaint where call_id = :id) and complaint_within(c.id, :queue, :find)
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

-- name: supervision_limits()
-- What holds now: the latest of each.
select distinct on (kind, queue) kind, queue, threshold from alarm_limit order by kind, queue, set_at desc, id desc;

-- name: supervision_limit_history(queues, at_most)
select l.kind, l.queue, l.threshold, l.why, l.set_by, l.set_at, u.display_name as set_by_name
from alarm_limit l left join app_user u on l.set_by = 'user:' || u.id
where :queues::text[] is null or l.queue = any(:queues::text[] || '{*}') order by l.set_at desc, l.id desc limit :at_most;

-- name: supervision_set_limit(id, kind, queue, threshold, why, by, at)!
insert into alarm_limit (id, kind, queue, threshold, why, set_by, set_at)
values (:id, :kind, :queue, :threshold, :why, :by, :at);
