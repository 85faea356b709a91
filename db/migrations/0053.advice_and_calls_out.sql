-- depends: 0052.found_in_reports
-- Advice in English, where the state has said so.

alter table category add column advice_en text not null default '';  -- empty: the Hindi one stands in

-- Whether a citizen has told this agent themselves, by a call of their own: what is in confidence is no secret from who was told.
create function has_spoken_with(of_agent text, of_number text) returns boolean
language sql stable as $$
    select exists (select from call k join agent_talk t on t.call_id = k.id
                   where k.citizen_number = of_number and k.direction = 'inbound' and t.agent_id = of_agent)
$$;

-- Who let whom dial where: few among all that is logged.
create index access_log_of_dialling on access_log (id) where event in ('dialling_allowed', 'dialling_lifted');

-- Who was told that a proposal waits for them: the post, and its officer's code, where one is recorded. Null post: proposed before.
alter table proposal add column told_post text references post, add column told_officer text, add column looked_at timestamptz;
alter table deadline_fault drop constraint deadline_fault_work_check, add constraint deadline_fault_work_check
    check (work in ('overdue', 'reminder', 'pause', 'follow_up', 'second_look', 'vacancy', 'proposal'));
create or replace view deadline_aside as
select f.complaint_id, f.work, f.due_at, f.failures, f.first_at, f.last_at, f.next_try_at, f.error, c.number, c.state
from deadline_fault f join complaint c on c.id = f.complaint_id
where f.due_at = case f.work
    when 'overdue' then case when c.overdue_at is null then c.due_at end
    when 'reminder' then c.remind_at
    when 'pause' then c.resume_at
    when 'second_look' then c.overdue_at
    when 'vacancy' then c.due_since
    when 'proposal' then (select r.at from proposal r where r.complaint_id = c.id and r.entry = c.proposal)
    when 'follow_up' then (select d.step_until from feedback_due d
                           where d.complaint_id = c.id and d.disposal_no = c.disposals and d.done_at is null) end;

-- Agents' work on calls that we place (call-backs, clicks) is counted, apart from that on calls that come in. `queue` is empty
-- where a call was of none.
create view counted_talk as
select t.call_id, t.agent_id, coalesce(t.queue, '') as queue, t.began_at, t.ended_at, t.handed_to, c.direction = 'outbound' as placed
from agent_talk t join call c on c.id = t.call_id
where c.direction = 'outbound' or t.queue is not null;

-- As in 0034, and of which calls.
drop function wrap_ups(timestamptz, timestamptz);
create function wrap_ups(since timestamptz, until timestamptz)
returns table (placed boolean, queue text, agent_id text, began_at timestamptz, wrap_up interval)
language sql stable as $$
    select t.placed, t.queue, t.agent_id, t.began_at, i.wrap_up from (
        select s.call_id, s.agent_id, s.state,
               lead(s.from_at) over agents as wraps_up_at,
               case when lead(s.state) over agents = 'wrap_up'
                    then lead(s.until_at - s.from_at) over agents end as wrap_up
        from agent_state s
        where s.from_at >= since - interval '2 hours' and s.from_at < until + interval '1 day'
        window agents as (partition by s.agent_id
                           order by s.from_at, s.until_at nulls last, in_a_moment(s.state), s.call_id)
    ) i, lateral (
        select o.placed, o.queue, o.agent_id, o.began_at from counted_talk o
        where o.call_id = i.call_id and o.agent_id = i.agent_id and o.began_at <= i.wraps_up_at
        order by o.began_at desc limit 1
    ) t
    where i.state = 'in_call' and i.wrap_up is not null and t.began_at >= since and t.began_at < until
$$;
drop view offered_talk;

-- By agent, as report_duty is.
create table report_placed (
    day        date not null references report_day,
    grain      text not null check (grain in ('agent', 'hour')),
    key        text not null,
    queue      text not null,
    agent_id   text not null references agent,
    talks      int not null,
    talked     interval not null,
    wrapped_up interval not null,
    primary key (day, grain, key, queue, agent_id)
);
update report_day set summed_at = null;
