drop table report_placed;
drop function wrap_ups(timestamptz, timestamptz);
drop view counted_talk;
create view offered_talk as
select t.call_id, t.agent_id, t.queue, t.began_at, t.ended_at, t.handed_to
from agent_talk t join call c on c.id = t.call_id
where c.direction = 'inbound' and t.queue is not null;
create function wrap_ups(since timestamptz, until timestamptz)
returns table (queue text, agent_id text, began_at timestamptz, wrap_up interval)
language sql stable as $$
    select t.queue, t.agent_id, t.began_at, i.wrap_up from (
        select s.call_id, s.agent_id, s.state,
               lead(s.from_at) over agents as wraps_up_at,
               case when lead(s.state) over agents = 'wrap_up'
                    then lead(s.until_at - s.from_at) over agents end as wrap_up
        from agent_state s
        where s.from_at >= since - interval '2 hours' and s.from_at < until + interval '1 day'
        window agents as (partition by s.agent_id
                           order by s.from_at, s.until_at nulls last, in_a_moment(s.state), s.call_id)
    ) i, lateral (
        select o.queue, o.agent_id, o.began_at from offered_talk o
        where o.call_id = i.call_id and o.agent_id = i.agent_id and o.began_at <= i.wraps_up_at
        order by o.began_at desc limit 1
    ) t
    where i.state = 'in_call' and i.wrap_up is not null and t.began_at >= since and t.began_at < until
$$;
create or replace view deadline_aside as
select f.complaint_id, f.work, f.due_at, f.failures, f.first_at, f.last_at, f.next_try_at, f.error, c.number, c.state
from deadline_fault f join complaint c on c.id = f.complaint_id
where f.due_at = case f.work
    when 'overdue' then case when c.overdue_at is null then c.due_at end
    when 'reminder' then c.remind_at
    when 'pause' then c.resume_at
    when 'second_look' then c.overdue_at
    when 'vacancy' then c.due_since
    when 'follow_up' then (select d.step_until from feedback_due d
                           where d.complaint_id = c.id and d.disposal_no = c.disposals and d.done_at is null) end;
delete from deadline_fault where work = 'proposal';
alter table deadline_fault drop constraint deadline_fault_work_check, add constraint deadline_fault_work_check
    check (work in ('overdue', 'reminder', 'pause', 'follow_up', 'second_look', 'vacancy'));
alter table proposal drop column told_post, drop column told_officer, drop column looked_at;
drop index access_log_of_dialling;
drop function has_spoken_with(text, text);
alter table category drop column advice_en;
