drop trigger a_talk_changes_its_days on agent_talk;
drop function a_talk_changes_its_days();
drop trigger a_stay_changes_its_day on queue_stay;
drop function a_stay_changes_its_day();
drop trigger an_owed_call_changes_its_days on callback;
drop function what_belongs_to_a_call_changes();
drop trigger a_call_changes_its_days on call;
drop function a_call_changes_its_days();
drop function the_day_of_a_wrap_up_changes(agent_state);
drop function the_days_of_a_call_change(uuid);
drop function wrap_ups(timestamptz, timestamptz);
drop view offered_talk;
drop view offered_stay;
delete from report_calls;
delete from report_work;
delete from report_duty;
update report_day set summed_at = null;
alter table report_work drop column talks, drop column talked;
drop index report_calls_once;
alter table report_calls drop column moved_on, add column talks int not null, add column talked interval not null;
create unique index report_calls_once on report_calls
    (day, grain, key, queue, answered, ended, outcome, owes_callback) nulls not distinct;

-- As 0032 has them.
create view offered_call as
select c.id, c.cell, c.queue, c.agent_id, c.queued_at,
       c.agent_answered_at is not null as answered, c.ended_at is not null as ended, c.outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       greatest(coalesce(coalesce(c.agent_answered_at, c.ended_at) - c.queued_at, '0'), '0') as waited,
       greatest(c.ended_at - c.agent_answered_at,
                case when c.ended_at is not null and c.agent_answered_at is not null then interval '0' end) as talked
from call c
where c.direction = 'inbound' and c.queued_at is not null and c.queue is not null;

-- A wrap-up belongs to the call before it: it is the agent's next interval.
create function wrap_ups(since timestamptz, until timestamptz) returns table (call_id uuid, wrap_up interval)
language sql stable as $$
    select i.call_id, i.wrap_up from (
        select s.call_id, s.state,
               case when lead(s.state) over agents = 'wrap_up'
                    then lead(s.until_at - s.from_at) over agents end as wrap_up
        from agent_state s
        where s.from_at >= since and s.from_at < until + interval '1 day'
        window agents as (partition by s.agent_id
                           order by s.from_at, s.until_at nulls last, in_a_moment(s.state), s.call_id)
    ) i
    where i.state = 'in_call' and i.wrap_up is not null
$$;

create function a_call_changes_its_day() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.queued_at is not null then
        perform report_changed(indian_day(old.queued_at), indian_day(old.queued_at));
    end if;
    if tg_op <> 'DELETE' and new.queued_at is not null
       and (tg_op = 'INSERT' or new.queued_at is distinct from old.queued_at) then
        perform report_changed(indian_day(new.queued_at), indian_day(new.queued_at));
    end if;
    return null;
end $$;
create trigger a_late_call_changes_its_day after insert on call
    for each row when (new.queued_at is not null) execute function a_call_changes_its_day();
create trigger a_removed_call_changes_its_day after delete on call
    for each row when (old.queued_at is not null) execute function a_call_changes_its_day();
create trigger a_call_changes_its_day after update on call
    for each row when (
        (old.direction, old.queue, old.queued_at, old.agent_id, old.agent_answered_at, old.ended_at, old.outcome)
        is distinct from
        (new.direction, new.queue, new.queued_at, new.agent_id, new.agent_answered_at, new.ended_at, new.outcome))
    execute function a_call_changes_its_day();

create function the_day_of_a_call_changes(one uuid) returns void
language plpgsql as $$
begin
    perform report_changed(indian_day(c.queued_at), indian_day(c.queued_at))
    from call c where c.id = one and c.queued_at is not null;
end $$;
-- Of callback and desk_action.
create function what_belongs_to_a_call_changes() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then perform the_day_of_a_call_changes(old.call_id); end if;
    if tg_op <> 'DELETE' then perform the_day_of_a_call_changes(new.call_id); end if;
    return null;
end $$;
create trigger an_owed_call_changes_its_day after insert or delete or update of call_id on callback
    for each row execute function what_belongs_to_a_call_changes();
create trigger a_transfer_changes_its_day after insert or delete or update on desk_action
    for each row execute function what_belongs_to_a_call_changes();

-- Of a wrap-up, the call before it; of what comes between two intervals, that too. What an agent begins now changes none.
create function the_day_of_a_wrap_up_changes(one agent_state) returns void
language plpgsql as $$
begin
    if one.state = 'wrap_up' or exists (select from agent_state b where b.agent_id = one.agent_id
                                        and b.from_at >= one.from_at and b.id <> one.id) then
        perform the_day_of_a_call_changes(s.call_id) from (
            select one.call_id, one.state
            union
            (select b.call_id, b.state from agent_state b
             where b.agent_id = one.agent_id and b.from_at <= one.from_at
             order by b.from_at desc, b.until_at desc, in_a_moment(b.state) desc limit 4)
        ) s
        where s.state = 'in_call' and s.call_id is not null;
    end if;
end $$;
-- Days to be summed: from the first call or interval to `last`, `most` at most.
create or replace function report_days_due(last date, most int) returns setof date
language sql stable as $$
    select day::date
    from (select least((select indian_day(min(c.queued_at)) from call c where c.queued_at is not null),
                       (select indian_day(min(s.from_at)) from agent_state s)) as first) begun,
         generate_series(greatest(begun.first, last - most + 1)::timestamp, last::timestamp, interval '1 day') day
    where begun.first is not null
$$;
