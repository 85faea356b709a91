-- depends: 0033.stays_and_talks
-- Reports count stays and talks: by queue who was offered there, by agent who had the citizen. All totals are made anew.

drop trigger a_transfer_changes_its_day on desk_action;
drop trigger an_owed_call_changes_its_day on callback;
drop trigger a_call_changes_its_day on call;
drop trigger a_removed_call_changes_its_day on call;
drop trigger a_late_call_changes_its_day on call;
drop function what_belongs_to_a_call_changes();
drop function a_call_changes_its_day();
drop function the_day_of_a_wrap_up_changes(agent_state);
drop function the_day_of_a_call_changes(uuid);
drop function wrap_ups(timestamptz, timestamptz);
drop view offered_call;

delete from report_calls;
delete from report_work;
delete from report_duty;
update report_day set summed_at = null;
drop index report_calls_once;
alter table report_calls drop column talks, drop column talked, add column moved_on boolean not null;
create unique index report_calls_once on report_calls
    (day, grain, key, queue, answered, moved_on, ended, outcome, owes_callback) nulls not distinct;
alter table report_work add column talks int not null, add column talked interval not null;

-- A call is offered to each queue that it waits in. Who waits again after a talk and is not answered was not answered there,
-- whatever the call's outcome says: that is of all of it.
create view offered_stay as
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

-- Of calls of no queue (an agent called the citizen) a report of queues says nothing.
create view offered_talk as
select t.call_id, t.agent_id, t.queue, t.began_at, t.ended_at, t.handed_to
from agent_talk t join call c on c.id = t.call_id
where c.direction = 'inbound' and t.queue is not null;

-- An agent's wrap-up is their next interval after a call's, and belongs to their last talk in it. Who was asked before they
-- had the citizen is in the call for longer than their talk.
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

-- Of all that is counted of a call.
create function the_days_of_a_call_change(one uuid) returns void
language plpgsql as $$
begin
    perform report_changed(d.day, d.day) from (
        select indian_day(s.entered_at) as day from queue_stay s where s.call_id = one
        union
        select indian_day(t.began_at) from agent_talk t where t.call_id = one
    ) d;
end $$;
create function a_call_changes_its_days() returns trigger
language plpgsql as $$
begin
    perform the_days_of_a_call_change(new.id);
    return null;
end $$;
create trigger a_call_changes_its_days after update on call
    for each row when ((old.direction, old.outcome) is distinct from (new.direction, new.outcome))
    execute function a_call_changes_its_days();
create function what_belongs_to_a_call_changes() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then perform the_days_of_a_call_change(old.call_id); end if;
    if tg_op <> 'DELETE' then perform the_days_of_a_call_change(new.call_id); end if;
    return null;
end $$;
create trigger an_owed_call_changes_its_days after insert or delete or update of call_id on callback
    for each row execute function what_belongs_to_a_call_changes();
create function a_stay_changes_its_day() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then perform report_changed(indian_day(old.entered_at), indian_day(old.entered_at)); end if;
    if tg_op <> 'DELETE' then perform report_changed(indian_day(new.entered_at), indian_day(new.entered_at)); end if;
    return null;
end $$;
create trigger a_stay_changes_its_day after insert or update or delete on queue_stay
    for each row execute function a_stay_changes_its_day();
-- A talk also decides whether a later stay was answered (offered_stay), and whose a wrap-up is.
create function a_talk_changes_its_days() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform report_changed(indian_day(old.began_at), indian_day(old.began_at));
        perform the_days_of_a_call_change(old.call_id);
    end if;
    if tg_op <> 'DELETE' then perform the_days_of_a_call_change(new.call_id); end if;
    return null;
end $$;
create trigger a_talk_changes_its_days after insert or update or delete on agent_talk
    for each row execute function a_talk_changes_its_days();

-- Of a wrap-up, the call before it; of what comes between two intervals, that too. What an agent begins now changes none.
create function the_day_of_a_wrap_up_changes(one agent_state) returns void
language plpgsql as $$
begin
    if one.state = 'wrap_up' or exists (select from agent_state b where b.agent_id = one.agent_id
                                        and b.from_at >= one.from_at and b.id <> one.id) then
        perform the_days_of_a_call_change(s.call_id) from (
            select one.call_id, one.state
            union
            (select b.call_id, b.state from agent_state b
             where b.agent_id = one.agent_id and b.from_at <= one.from_at
             order by b.from_at desc, b.until_at desc, in_a_moment(b.state) desc limit 4)
        ) s
        where s.state = 'in_call' and s.call_id is not null;
    end if;
end $$;

create or replace function report_days_due(last date, most int) returns setof date
language sql stable as $$
    select day::date
    from (select least((select indian_day(min(s.entered_at)) from queue_stay s),
                       (select indian_day(min(t.began_at)) from agent_talk t),
                       (select indian_day(min(a.from_at)) from agent_state a)) as first) begun,
         generate_series(greatest(begun.first, last - most + 1)::timestamp, last::timestamp, interval '1 day') day
    where begun.first is not null
$$;
