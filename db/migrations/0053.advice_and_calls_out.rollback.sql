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
drop function has_left_its_queue(uuid);
create or replace view offered_stay as
select c.id, c.cell, s.queue, s.entered_at, s.left_at, s.agent_id, s.moved_to, c.ended_at,
       s.agent_id is not null as answered, s.moved_to is not null as moved_on, s.left_at is not null as ended,
       case when s.left_at is null then null
            when c.outcome = 'agent_answered' and s.agent_id is null and exists (
                select from agent_talk t where t.call_id = c.id and t.began_at < s.entered_at) then 'queue_abandoned'
            else c.outcome end as outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       coalesce(s.left_at - s.entered_at, '0') as waited
from queue_stay s join call c on c.id = s.call_id
where c.direction = 'inbound';
create or replace function enter_queue(of_call uuid, to_queue text, at timestamptz, exact boolean) returns void
language plpgsql as $$
declare
    one call;
    around queue_stay;
    later queue_stay;
    talk agent_talk;
begin
    select * into one from call where id = of_call for no key update;
    if not found or exists (select from queue_stay s
                            where s.call_id = of_call and s.entered_at = at and s.queue = to_queue) then
        return;
    end if;
    select * into around from queue_stay s
    where s.call_id = of_call and s.entered_at <= at and (s.left_at is null or s.left_at > at)
    order by s.entered_at desc, s.left_at desc nulls first limit 1;
    if around.queue = to_queue then
        return;
    end if;
    select * into later from queue_stay s where s.call_id = of_call and s.entered_at > at order by s.entered_at limit 1;
    select * into talk from agent_talk t where t.call_id = of_call and t.began_at >= at order by t.began_at limit 1;
    if later.queue = to_queue and (talk.began_at is null or talk.began_at >= later.entered_at) then
        if not exact then
            return;
        end if;
        update queue_stay s set entered_at = at
        where s.call_id = of_call and s.entered_at = later.entered_at and s.queue = to_queue;
    end if;
    update queue_stay s set left_at = at, agent_id = null, moved_to = to_queue
    where s.call_id = of_call and s.entered_at = around.entered_at and s.queue = around.queue;
    if later.queue is distinct from to_queue or talk.began_at < later.entered_at then
        -- What came next is the end of this stay: of the one that it was a part of, or of none.
        insert into queue_stay (call_id, queue, entered_at, left_at, agent_id, moved_to)
        select of_call, to_queue, at, n.left_at, n.agent_id, nullif(n.moved_to, to_queue)
        from (
            select around.left_at, around.agent_id, around.moved_to where around.call_id is not null
            union all
            (select m.* from (
                select talk.began_at as left_at, talk.agent_id, null as moved_to where talk.call_id is not null
                union all
                select later.entered_at, null, later.queue where later.call_id is not null
                union all
                select greatest(at, one.ended_at), null, null where one.ended_at is not null
                union all
                select null, null, null
             ) m where around.call_id is null order by m.left_at nulls last limit 1)
        ) n;
    end if;
    update agent_talk t set ended_at = at
    where t.call_id = of_call and t.began_at < at and (t.ended_at is null or t.ended_at > at);
    update call c set queued_at = least(c.queued_at, at), queue = (
        select s.queue from queue_stay s where s.call_id = of_call
        order by s.entered_at desc, s.left_at desc nulls first limit 1)
    where c.id = of_call;
end $$;
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
