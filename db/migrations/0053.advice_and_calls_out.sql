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

-- Who leaves a queue for an emergency service waits there no more, though their call goes on. As in 0033, and who comes back.
create or replace function enter_queue(of_call uuid, to_queue text, at timestamptz, exact boolean) returns void
language plpgsql as $$
declare
    one call;
    around queue_stay;
    later queue_stay;
    talk agent_talk;
    gone queue_stay;
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
    if around.call_id is null and one.ended_at is null then
        -- Who left their queue for a service that nobody answered is back: in the same stay, if in the same queue.
        select * into gone from queue_stay s
        where s.call_id = of_call and s.entered_at <= at order by s.entered_at desc, s.left_at desc limit 1;
        if gone.agent_id is null and gone.moved_to is null and not exists (
               select from agent_talk t where t.call_id = of_call and t.began_at >= gone.left_at) then
            update queue_stay s
            set left_at = case when s.queue <> to_queue then s.left_at end, moved_to = nullif(to_queue, s.queue)
            where s.call_id = of_call and s.entered_at = gone.entered_at and s.queue = gone.queue;
            if gone.queue = to_queue then
                return;
            end if;
        end if;
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
-- As in 0034.
create or replace view offered_stay as
select c.id, c.cell, s.queue, s.entered_at, s.left_at, s.agent_id, s.moved_to, c.ended_at,
       s.agent_id is not null as answered, s.moved_to is not null as moved_on, s.left_at is not null as ended,
       case when s.left_at is null then null
            when c.outcome = 'agent_answered' and s.agent_id is null and exists (
                select from agent_talk t where t.call_id = c.id and t.began_at < s.entered_at) then 'queue_abandoned'
            -- Not ended, and not on another queue: an emergency service has them, or rings for them.
            else coalesce(c.outcome, case when s.agent_id is null and s.moved_to is null then 'emergency' end) end as outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       coalesce(s.left_at - s.entered_at, '0') as waited
from queue_stay s join call c on c.id = s.call_id
where c.direction = 'inbound';

create function has_left_its_queue(of_call uuid) returns boolean
language sql stable as $$
    select exists (select from queue_stay s
                   where s.call_id = of_call and s.left_at is not null and s.agent_id is null and s.moved_to is null)
$$;

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
