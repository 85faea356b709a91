-- Citizens whom the dialer's calls did not reach: an agent's call, an SMS, and what is asked when they call back (R19).

-- name: followup_lock(now, at_most)
-- Steps whose time is over, oldest first. Both rows are taken: a step that another worker ended meanwhile changed only the
-- second one, which is then looked at again and is not over any more. Of the SMS that asks, and those that repeated it: when the
-- first was written, when one left for good, and whether any was taken.
select c.id, f.step_until as at, f.disposal_no, f.step, f.tried, m.written_at, m.asked_at, m.taken,
       coalesce((select e.failures from deadline_fault e
                 where e.complaint_id = c.id and e.work = 'follow_up' and e.due_at = f.step_until), 0) as failures
from feedback_due f
join complaint c on c.id = f.complaint_id and c.state = 'awaiting_feedback' and c.disposals = f.disposal_no
join disposal d on d.complaint_id = f.complaint_id and d.disposal_no = f.disposal_no
cross join lateral (
    select min(n.created_at) as written_at,
           min(n.sent_at) filter (where n.undelivered_at is null or n.delivered_at is not null) as asked_at,
           coalesce(bool_or(n.sent_at is not null), false) as taken
    from notification n
    where f.step = 'sms' and n.complaint_id = f.complaint_id and n.kind = 'citizen_asked' and n.created_at >= d.at
) m
where f.done_at is null and f.step <> 'calls' and f.step_until <= :now
  and coalesce((select e.next_try_at from deadline_fault e
                where e.complaint_id = c.id and e.work = 'follow_up' and e.due_at = f.step_until), '-infinity') <= :now
order by f.step_until
limit :at_most
for no key update of c, f skip locked;

-- name: followup_go_on(complaint_ids, disposal_nos, steps, untils, tried, at)!
-- To the next step, or, where none is given, to the end.
update feedback_due f
set step = coalesce(r.step, f.step), step_until = coalesce(r.until, f.step_until), tried = f.tried || r.tried,
    done_at = case when r.step is null then :at::timestamptz end,
    outcome = case when r.step is null then 'given_up' else 'open' end
from unnest(:complaint_ids::uuid[], :disposal_nos::smallint[], :steps::text[], :untils::timestamptz[], :tried::text[])
     as r (complaint_id, disposal_no, step, until, tried)
where f.complaint_id = r.complaint_id and f.disposal_no = r.disposal_no;

-- name: followup_told_again(ids)
-- Those of complaints that the caller holds whose citizen has told the matter again, or in a file that was merged, since the last
-- disposal.
select c.id from complaint c
where c.id = any(:ids::uuid[])
  and exists (select from complaint_history h
              where h.complaint_id = c.id and h.event in ('added', 'merged_here')
                and h.seq > (select max(d.seq) from complaint_history d where d.complaint_id = c.id and d.event = 'disposed'));

-- name: followup_ask_longer(complaint_ids, untils)!
-- The rows are held by the caller.
update feedback_due f set step_until = r.until
from unnest(:complaint_ids::uuid[], :untils::timestamptz[]) as r (complaint_id, until)
where f.complaint_id = r.complaint_id and f.done_at is null and f.step <> 'calls';

-- name: followup_tasks(at_most)
-- What agents are to do, the first to end first, and how many there are. `numbers`: all that the citizen is known to have, the
-- given one first. `last_...`: the latest call by an agent's click about this disposal.
select c.number, c.id as complaint_id, f.disposal_no, k.name_hi as category, k.name_en as category_en, p.name_hi as place,
       p.name_en as place_en, s.name as citizen, c.confidential, f.step_until, f.tried, f.taken_by, t.name as taken_by_name,
       f.taken_until, l.at as last_at, l.outcome as last_outcome, coalesce(l.name, l.agent_id) as last_by, count(*) over () as of_all,
       array(select n from (select c.contact as n, 0 as place union select number, 1 from citizen_number
                            where citizen_id = c.citizen_id and number <> c.contact) as known order by place, n) as numbers
from feedback_due f
join complaint c on c.id = f.complaint_id and c.state = 'awaiting_feedback' and c.disposals = f.disposal_no
join category k on k.code = c.category join place p on p.code = c.place join citizen s on s.id = c.citizen_id
join disposal d on d.complaint_id = f.complaint_id and d.disposal_no = f.disposal_no
left join agent t on t.id = f.taken_by
left join lateral (select w.at, w.agent_id, a.name, o.outcome
                   from desk_call w join agent a on a.id = w.agent_id join call o on o.id = w.call_id
                   where w.complaint_id = c.id and w.at >= d.at order by w.at desc limit 1) l on true
where f.done_at is null and f.step = 'agent_call'
order by f.step_until
limit :at_most;

-- name: followup_task(complaint_id)^
-- Whether an agent is to call about this complaint, and who has taken that.
select c.number, f.taken_by, f.taken_until
from complaint c
join feedback_due f on f.complaint_id = c.id and f.disposal_no = c.disposals and f.done_at is null and f.step = 'agent_call'
where c.id = :complaint_id and c.state = 'awaiting_feedback';

-- name: followup_take(complaint_id, agent_id, now, until)$
-- One agent has it at a time; who waited for the row sees what the other has written.
update feedback_due set taken_by = :agent_id, taken_until = :until
where complaint_id = :complaint_id and done_at is null and step = 'agent_call'
  and (taken_by is null or taken_by = :agent_id or taken_until <= :now)
returning true;

-- name: followup_tellable(call_id, number, at_most)
-- What may be told of in a call: the complaint that an agent's click was about, and those of its number and of the citizens who
-- have it; what waits for an answer first, then what is open. With a number: the complaint that has it, and nothing else.
select c.number, c.category, k.name_hi as subject, k.name_en as subject_en, p.name_hi as place, p.name_en as place_en, c.state,
       c.level, c.confidential, c.ended_at, c.post, o.title as post_title, o.title_en as post_title_en, z.name as citizen,
       exists (select from desk_call w where w.call_id = l.id and w.complaint_id = c.id) as clicked,
       coalesce(l.citizen_number = c.contact or exists (
           select from citizen_number n where n.citizen_id = c.citizen_id and n.number = l.citizen_number), false) as theirs
from call l
join complaint c on c.id in (
    select id from complaint where number = :number
    union select complaint_id from desk_call where call_id = l.id and :number::text is null
    union select id from complaint where contact = l.citizen_number and :number::text is null
    union select id from complaint where :number::text is null and ended_at is null and citizen_id in (
        select citizen_id from citizen_number where number = l.citizen_number))
join category k on k.code = c.category join place p on p.code = c.place
left join post o on o.id = c.post left join citizen z on z.id = c.citizen_id
where l.id = :call_id
order by clicked desc, c.state = 'awaiting_feedback' desc, c.ended_at is null desc, c.registered_at desc
limit :at_most;

-- name: followup_told_before(call_id, number, actor, events)^
-- What this agent has entered already of what they were told in this call.
select h.event, h.level, h.due_at
from complaint_history h join complaint c on c.id = h.complaint_id
where c.number = :number and h.call_id = :call_id and h.actor = :actor and h.event = any(:events::text[])
order by h.seq desc limit 1;

-- name: followup_questions(number)
-- Complaints that await the word of somebody who has this number: the one about which they were called last comes first.
-- A call that never rang is none that they missed.
select c.number, k.name_hi as subject, coalesce(k.name_en, '') as subject_en, c.confidential, c.id as complaint_id,
       f.disposal_no, f.step, d.at as disposed_at, z.language,
       max(a.written_at) filter (where l.outcome is null or l.outcome not in ('failed', 'congestion', 'invalid_number')) as called_at
from complaint c left join citizen z on z.id = c.citizen_id join category k on k.code = c.category
join feedback_due f on f.complaint_id = c.id and f.disposal_no = c.disposals and f.done_at is null
join disposal d on d.complaint_id = c.id and d.disposal_no = c.disposals
left join attempt a on a.complaint_id = c.id and a.disposal_no = c.disposals
left join call l on l.id = a.id
where c.state = 'awaiting_feedback'
  and c.id in (select id from complaint where contact = :number
               union select id from complaint where state = 'awaiting_feedback' and ended_at is null and citizen_id in (
                   select citizen_id from citizen_number where number = :number))
group by c.id, k.code, f.complaint_id, f.disposal_no, d.complaint_id, d.disposal_no, z.id
order by called_at desc nulls last, d.at;

-- name: followup_call(call_id, complaint_id)^
-- A call beside a complaint: who had the citizen, whether somebody spoke in it at all, when it was, whether its number is one
-- of the citizen's, and whether it was over before the last disposal, and so no answer to that was given in it. What was
-- answered in it before stays so: a repeat finds that.
select l.answered_at is not null and l.agent_answered_at is not null as answered, l.direction, l.answered_at is not null as picked_up,
       l.started_at, l.ended_at,
       exists (select from disposal d where d.complaint_id = c.id and d.disposal_no = c.disposals and l.ended_at < d.at)
           and not exists (select from feedback b where b.attempt_id = l.id and b.complaint_id = c.id) as before_the_disposal,
       array(select t.agent_id from agent_talk t where t.call_id = l.id) as agents,
       coalesce(l.citizen_number = c.contact or exists (
           select from citizen_number n where n.citizen_id = c.citizen_id and n.number = l.citizen_number), false) as theirs
from call l, complaint c
where l.id = :call_id and c.id = :complaint_id;
