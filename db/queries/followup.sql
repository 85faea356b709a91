-- Citizens whom the dialer's calls did not reach: an agent's call, an SMS, and what is asked when they call back (R19).

-- name: followup_lock(now, at_most)
-- Steps whose time is over, oldest first. Both rows are taken: a step that another worker ended meanwhile changed only the
-- second one, which is then looked at again and is not over any more.
select c.id, f.step_until as at, f.disposal_no, f.step, f.tried,
       coalesce((select e.failures from deadline_fault e
                 where e.complaint_id = c.id and e.work = 'follow_up' and e.due_at = f.step_until), 0) as failures
from feedback_due f
join complaint c on c.id = f.complaint_id and c.state = 'awaiting_feedback' and c.disposals = f.disposal_no
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

-- name: followup_tasks(at_most)
-- What agents are to do, the first to end first. `numbers`: all that the citizen is known to have, the given one first.
select c.number, c.id as complaint_id, f.disposal_no, k.name_hi as category, p.name_hi as place, s.name as citizen, f.step_until,
       f.tried,
       array(select n from (select c.contact as n, 0 as place union select number, 1 from citizen_number
                            where citizen_id = c.citizen_id and number <> c.contact) as known order by place, n) as numbers
from feedback_due f
join complaint c on c.id = f.complaint_id and c.state = 'awaiting_feedback' and c.disposals = f.disposal_no
join category k on k.code = c.category join place p on p.code = c.place join citizen s on s.id = c.citizen_id
where f.done_at is null and f.step = 'agent_call'
order by f.step_until
limit :at_most;

-- name: followup_questions(number)
-- Complaints that await the word of somebody who has this number: the one about which they were called last comes first.
-- A call that never rang is none that they missed.
select c.number, k.name_hi as subject, coalesce(k.name_en, '') as subject_en, c.id as complaint_id, f.disposal_no, f.step,
       d.at as disposed_at, z.language,
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
-- A call beside a complaint: who had the citizen, whether somebody spoke in it at all, when it was, and whether its number is one
-- of the citizen's.
select l.answered_at is not null and l.agent_answered_at is not null as answered, l.direction, l.answered_at is not null as picked_up,
       l.started_at, l.ended_at,
       array(select t.agent_id from agent_talk t where t.call_id = l.id) as agents,
       coalesce(l.citizen_number = c.contact or exists (
           select from citizen_number n where n.citizen_id = c.citizen_id and n.number = l.citizen_number), false) as theirs
from call l, complaint c
where l.id = :call_id and c.id = :complaint_id;
