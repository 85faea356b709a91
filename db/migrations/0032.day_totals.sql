-- depends: 0030.what_was_told_stays
-- Totals of India's days that are over, so that the report of a year reads days and not calls (ADR 32).

-- From its row on, whatever changes a day's calls or agents' time leaves a report_change.
create table report_day (
    day           date primary key,
    answer_within interval not null,             -- what its counts go by
    short_wait    interval not null,
    summed_at     timestamptz                    -- null: not summed yet, or to be summed anew
);
-- Only ever added to by those who write calls, who so never wait for each other, nor for a sum that is being made.
create table report_change (
    day date not null
);
create index report_change_by_day on report_change (day);

-- Offered calls by `grain` (queue, agent, hour) and all that decides their fate; `key` as report_key() has it.
create table report_calls (
    day           date not null references report_day,
    grain         text not null check (grain in ('queue', 'agent', 'hour')),
    key           text not null,
    queue         text not null,
    answered      boolean not null,
    ended         boolean not null,
    outcome       text,
    owes_callback boolean not null,
    calls         int not null check (calls > 0),
    short         int not null,
    in_time       int not null,
    waited        interval not null,
    talks         int not null,
    talked        interval not null
);
create unique index report_calls_once on report_calls
    (day, grain, key, queue, answered, ended, outcome, owes_callback) nulls not distinct;

create table report_work (
    day        date not null references report_day,
    grain      text not null check (grain in ('queue', 'agent', 'hour')),
    key        text not null,
    queue      text not null,
    transfers  int not null,
    wrapped_up interval not null,
    primary key (day, grain, key, queue)
);

-- By agent, since which queues an agent serves is asked when the report is read.
create table report_duty (
    day      date not null references report_day,
    grain    text not null check (grain in ('agent', 'hour')),
    key      text not null,
    agent_id text not null references agent,
    on_duty  interval not null,
    busy     interval not null,
    primary key (day, grain, key, agent_id)
);

create function indian_day(at timestamptz) returns date
language sql immutable as $$
    select (at at time zone 'Asia/Kolkata')::date
$$;

create view offered_call as
select c.id, c.cell, c.queue, c.agent_id, c.queued_at,
       c.agent_answered_at is not null as answered, c.ended_at is not null as ended, c.outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       greatest(coalesce(coalesce(c.agent_answered_at, c.ended_at) - c.queued_at, '0'), '0') as waited,
       greatest(c.ended_at - c.agent_answered_at,
                case when c.ended_at is not null and c.agent_answered_at is not null then interval '0' end) as talked
from call c
where c.direction = 'inbound' and c.queued_at is not null and c.queue is not null;

-- The order of what an agent did in no time at all.
create function in_a_moment(state text) returns int
language sql immutable as $$
    select case state when 'in_call' then 1 when 'wrap_up' then 2 else 0 end
$$;

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

-- Agents' time on duty, without pauses and lost telephones. An agent does one thing at a time: of what began before, only the last can reach in.
create function duty(since timestamptz, until timestamptz)
returns table (agent_id text, state text, from_at timestamp, until_at timestamp)
language sql stable as $$
    select s.agent_id, s.state, greatest(s.from_at, since) at time zone 'Asia/Kolkata',
           least(coalesce(s.until_at, until), until) at time zone 'Asia/Kolkata'
    from (
        select b.agent_id, b.state, b.from_at, b.until_at from agent_state b where b.from_at >= since and b.from_at < until
        union all
        select l.agent_id, l.state, l.from_at, l.until_at from agent a, lateral (
            select b.agent_id, b.state, b.from_at, b.until_at from agent_state b
            where b.agent_id = a.id and b.from_at < since order by b.from_at desc, b.until_at desc limit 1
        ) l
        where l.until_at is null or l.until_at > since
    ) s
    where s.state not in ('paused', 'unreachable')
$$;

-- What is in the rows of these days has changed. The lock: see reports_days_lock, which waits for who is here.
create function report_changed(first date, last date) returns void
language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(10760032);
    insert into report_change (day)
    select d.day from report_day d
    where d.day between first and last and not exists (select from report_change c where c.day = d.day);
end $$;

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
create function an_interval_changes_its_days() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (old.agent_id, old.state, old.call_id, old.from_at)
                            is not distinct from (new.agent_id, new.state, new.call_id, new.from_at) then
        -- It ends, as each does once: what it is to the days before its end stays.
        perform report_changed(
            indian_day(least(coalesce(old.until_at, 'infinity'), coalesce(new.until_at, 'infinity'))),
            indian_day(greatest(coalesce(old.until_at, 'infinity'), coalesce(new.until_at, 'infinity'))));
        perform the_day_of_a_wrap_up_changes(new);
        return null;
    end if;
    if tg_op <> 'INSERT' then
        perform report_changed(indian_day(old.from_at), indian_day(coalesce(old.until_at, 'infinity')));
        perform the_day_of_a_wrap_up_changes(old);
    end if;
    if tg_op <> 'DELETE' then
        perform report_changed(indian_day(new.from_at), indian_day(coalesce(new.until_at, 'infinity')));
        perform the_day_of_a_wrap_up_changes(new);
    end if;
    return null;
end $$;
create trigger an_interval_changes_its_days after insert or update or delete on agent_state
    for each row execute function an_interval_changes_its_days();

-- Days to be summed: from the first call or interval to `last`, `most` at most.
create function report_days_due(last date, most int) returns setof date
language sql stable as $$
    select day::date
    from (select least((select indian_day(min(c.queued_at)) from call c where c.queued_at is not null),
                       (select indian_day(min(s.from_at)) from agent_state s)) as first) begun,
         generate_series(greatest(begun.first, last - most + 1)::timestamp, last::timestamp, interval '1 day') day
    where begun.first is not null
$$;
