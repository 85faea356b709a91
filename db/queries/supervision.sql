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
-- What the cell's agents did in that time, cut to it; what goes on lasts until now, which `until` is then. `queues`: their
-- own, and those into which they were moved then: whoever supervises one of these sees them, as `reports_times` counts them.
-- Agent by agent, so that other days are not read: of what began before, only the last can reach in, as in `duty`.
select a.id as agent_id, a.name, a.queues || coalesce(m.queues, '{}') as queues, s.state, s.reason, greatest(s.from_at, :since) as from_at,
       least(coalesce(s.until_at, :until), :until) as until_at
from agent a cross join lateral (
    select state, reason, from_at, until_at from agent_state
    where agent_id = a.id and from_at >= :since and from_at < :until
    union all
    (select state, reason, from_at, until_at from agent_state
     where agent_id = a.id and from_at < :since order by from_at desc, until_at desc limit 1)
) s
left join (select i.agent_id, array_agg(queue) as queues from agent_session i, unnest(i.queues) queue
           where i.queues is not null and i.signed_in_at < :until and coalesce(i.signed_out_at, 'infinity') > :since group by 1) m on m.agent_id = a.id
where a.cell = :cell and (s.until_at is null or s.until_at > :since)
order by a.name, a.id, s.from_at;

-- name: supervision_open_alarms(cell)
-- What stands; an index of its own has no more than these. A cell's silence is told by all others.
select a.id, a.cell, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where (a.cell = :cell or a.kind = 'cell_silent') and a.cleared_at is null order by a.raised_at, a.id;

-- name: supervision_alarms(queues, at_most)
-- All that stand, however old: nowhere else can they be acknowledged; and the latest. What is a cell's own is everybody's.
select a.id, a.cell, a.kind, a.queue, a.threshold, a.value, a.raised_at, a.acknowledged_at, a.acknowledged_by,
       u.display_name as acknowledged_name, a.cleared_at
from alarm a left join app_user u on a.acknowledged_by = 'user:' || u.id
where a.id in (
    select s.id from alarm s
    where s.cleared_at is null and (:queues::text[] is null or s.queue = '' or s.queue = any(:queues))
    union all
    (select l.id from alarm l where :queues::text[] is null or l.queue = '' or l.queue = any(:queues)
     order by l.raised_at desc, l.id desc limit :at_most))
order by a.cleared_at is null desc, a.raised_at desc, a.id desc;

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

-- name: supervision_trunks_refusing(cell)$
select count(*) from trunk_refusal where cell = :cell and ended_at is null;

-- name: supervision_messages_held(since)$
select count(*) from notification where held_at > :since;

-- name: supervision_deadlines_stuck()$
select count(*) from deadline_aside;

-- name: supervision_calls_by_number(number, confidential, since, until, queue, find, identify, before_at, before_id, at_most)
-- Newest first (`listed_at`), page by page, within the scopes `find`; `identified` within `identify`: so in those below.
-- Being found by a number tells who called: only where that may be known, and not of a confidential one.
select *, true as identified, started_at as listed_at from call_listed
where citizen_number = :number and (:confidential or not confidential) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or :queue = any(queues)) and call_within(id, queues, confidential, :find)
  and call_within(id, queues, confidential, :identify)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_agent(agent, since, until, queue, find, identify, before_at, before_id, at_most)
-- Those whose citizen the agent had in these days, each by their last talk in it then: the index of their talks has this order.
-- The subqueries are asked for each talk until the page is full, whatever the planner thinks of it.
select l.*, call_within(l.id, l.queues, l.confidential, :identify) as identified, t.began_at as listed_at
from agent_talk t cross join lateral (select * from call_listed where id = t.call_id offset 0) l
where t.agent_id = :agent and t.began_at >= :since and t.began_at < :until and (t.began_at, t.call_id) < (:before_at, :before_id)
  and t.began_at = (select max(o.began_at) from agent_talk o
                    where o.call_id = t.call_id and o.agent_id = :agent and o.began_at < :until)
  and (:queue::text is null or :queue = any(l.queues)) and call_within(l.id, l.queues, l.confidential, :find)
order by t.began_at desc, t.call_id desc limit :at_most;

-- name: supervision_calls_by_queue(queue, since, until, find, identify, before_at, before_id, at_most)
-- Those that came to the queue in these days, each by its last stay there then; as above.
select l.*, call_within(l.id, l.queues, l.confidential, :identify) as identified, s.entered_at as listed_at
from queue_stay s cross join lateral (select * from call_listed where id = s.call_id offset 0) l
where s.queue = :queue and s.entered_at >= :since and s.entered_at < :until
  and (s.entered_at, s.call_id) < (:before_at, :before_id)
  and s.entered_at = (select max(o.entered_at) from queue_stay o
                      where o.call_id = s.call_id and o.queue = :queue and o.entered_at < :until)
  and call_within(l.id, l.queues, l.confidential, :find)
order by s.entered_at desc, s.call_id desc limit :at_most;

-- name: supervision_calls_of(ids, since, until, queue, find, identify, before_at, before_id, at_most)
-- Those of a complaint.
select *, call_within(id, queues, confidential, :identify) as identified, started_at as listed_at from call_listed
where id = any(:ids::uuid[]) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or :queue = any(queues)) and call_within(id, queues, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_by_day(since, until, find, identify, before_at, before_id, at_most)
-- All of them.
select *, call_within(id, queues, confidential, :identify) as identified, started_at as listed_at from call_listed
where started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and call_within(id, queues, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_calls_of_posts(posts, since, until, queue, find, identify, before_at, before_id, at_most)
-- Of the complaints that are with these posts, or were handed to them: few among all calls, so they are looked up by these.
-- Not through `call_complaint`, which would be built of all calls first.
with mine as materialized (
    select id from complaint where post = any(:posts::text[])
    union select complaint_id from bundle where post = any(:posts::text[])
), theirs as materialized (
    select call_id from complaint_call where complaint_id in (select id from mine)
    union select id from attempt where complaint_id in (select id from mine)
    union select call_id from desk_call where complaint_id in (select id from mine)
)
select *, call_within(id, queues, confidential, :identify) as identified, started_at as listed_at from call_listed
where id in (select call_id from theirs) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or :queue = any(queues)) and call_within(id, queues, confidential, :find)
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
select *, call_within(id, queues, confidential, :identify) as identified, started_at as listed_at from call_listed
where id in (select call_id from theirs) and started_at >= :since and started_at < :until and (started_at, id) < (:before_at, :before_id)
  and (:queue::text is null or :queue = any(queues)) and call_within(id, queues, confidential, :find)
order by started_at desc, id desc limit :at_most;

-- name: supervision_call_within(id, find, identify)^
-- Nothing where it is not theirs.
select *, call_within(id, queues, confidential, :identify) as identified from call_listed
where id = :id and call_within(id, queues, confidential, :find);

-- name: supervision_call_complaints(id, queues, find)
-- What the call led to, or was about, as far as it is theirs.
select distinct c.number, c.confidential from complaint c
where c.id in (select complaint_id from call_complaint where call_id = :id) and complaint_within(c.id, :queues, :find)
order by c.number;

-- name: supervision_call_recordings(id)
select id, kind, state, started_at, seconds from recording where call_id = :id order by started_at, id;

-- name: supervision_call_actions(id)
-- What agents and supervisors did in the call.
select d.at, d.actor, coalesce(u.display_name, d.actor) as who, d.action, d.target, d.reason
from desk_action d left join app_user u on d.actor = 'user:' || u.id
where d.call_id = :id order by d.at, d.id;

-- name: supervision_of_recording(id)$
-- Of which call it is.
select call_id from recording where id = :id;

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
