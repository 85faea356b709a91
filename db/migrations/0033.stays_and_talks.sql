-- depends: 0032.day_totals
-- A call's stays in queues and agents' talks in it: a call row has the last queue and the last agent only (ADR 33).

-- Who leaves a queue without an agent and for no other queue leaves it with the call, whose outcome says how.
create table queue_stay (
    call_id    uuid not null references call,
    queue      text not null check (queue <> ''),
    entered_at timestamptz not null,
    left_at    timestamptz check (left_at >= entered_at),  -- null: they wait
    agent_id   text,                             -- who answered
    moved_to   text check (moved_to <> queue),   -- the queue that they went on to, unanswered
    primary key (call_id, entered_at, queue),
    constraint a_stay_ends_in_one_way check (num_nonnulls(agent_id, moved_to) <= 1),
    constraint who_waits_has_not_left check (left_at is not null or num_nonnulls(agent_id, moved_to) = 0)
);
create unique index nobody_waits_in_two_queues on queue_stay (call_id) where left_at is null;

-- A talk is having the citizen: who is asked, or listens, while another agent has them, has none.
create table agent_talk (
    call_id   uuid not null references call,
    agent_id  text not null,
    began_at  timestamptz not null,
    ended_at  timestamptz check (ended_at >= began_at),  -- null: they talk
    queue     text,                              -- that the citizen came from; null: they were in none
    handed_to text check (handed_to <> ''),      -- agent:<id>, queue:<name> or number:<number>; null: to nobody
    primary key (call_id, began_at, agent_id)
);
create unique index one_agent_has_the_citizen on agent_talk (call_id) where ended_at is null;

-- A citizen waits in a queue since `at`. Said by the call's flow, which knows when they were sent there (`exact`), and by
-- Asterisk, a moment later: either may come twice, late, or not at all, and the rows are the same. The call's row is held
-- first: two who say it at once do so one after the other.
create function enter_queue(of_call uuid, to_queue text, at timestamptz, exact boolean) returns void
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

-- An agent has the citizen since `at`: the stay in which they waited is answered. Seen again, by a server that is new,
-- it is the same talk, and so it is when the agent was away for a moment, the citizen waiting for nobody else.
create function begin_talk(of_call uuid, with_agent text, at timestamptz) returns void
language plpgsql as $$
declare
    one call;
    waited queue_stay;
begin
    select * into one from call where id = of_call for no key update;
    if not found or exists (select from agent_talk t where t.call_id = of_call and t.agent_id = with_agent
                            and (t.ended_at is null or t.began_at = at)) then
        return;
    end if;
    update agent_talk t set ended_at = greatest(t.began_at, at)
    where t.call_id = of_call and (t.ended_at is null or t.ended_at > at and t.began_at <= at);
    -- Last, what a clock that was put back makes later than its answer.
    select * into waited from queue_stay s
    where s.call_id = of_call and s.agent_id is null and (s.left_at is null or s.left_at >= at and s.entered_at <= at)
    order by s.entered_at <= at desc, s.entered_at desc, s.left_at desc nulls first limit 1;
    update queue_stay s set left_at = greatest(s.entered_at, at), agent_id = with_agent, moved_to = null
    where s.call_id = of_call and s.entered_at = waited.entered_at and s.queue = waited.queue;
    update call c set agent_id = with_agent, agent_answered_at = least(c.agent_answered_at, at) where c.id = of_call;
    if waited.call_id is null then
        update agent_talk t set ended_at = one.ended_at
        where t.call_id = of_call and t.agent_id = with_agent and t.handed_to is null
          and t.began_at = (select max(l.began_at) from agent_talk l where l.call_id = of_call)
          and not exists (select from queue_stay s where s.call_id = of_call and s.entered_at > t.began_at);
        if found then
            return;
        end if;
    end if;
    insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)
    values (of_call, with_agent, at, case when one.ended_at is not null then greatest(at, one.ended_at) end,
            coalesce(waited.queue, one.queue));
end $$;

-- Whoever ends a call: nobody waits or talks in it any more. A trigger, since it looks after the call's row is held.
create function a_call_that_ends_leaves_nobody() returns trigger
language plpgsql as $$
begin
    update queue_stay s set left_at = greatest(s.entered_at, new.ended_at) where s.call_id = new.id and s.left_at is null;
    update agent_talk t set ended_at = greatest(t.began_at, new.ended_at) where t.call_id = new.id and t.ended_at is null;
    return null;
end $$;
create trigger a_call_that_ends_leaves_nobody after update on call
    for each row when (old.ended_at is null and new.ended_at is not null) execute function a_call_that_ends_leaves_nobody();

-- What was before. Talks by what agents did, where that is on record, else by the call's row, which has the last alone.
insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)
select c.id, s.agent_id, min(s.from_at),
       case when c.ended_at is not null or bool_and(s.until_at is not null)
            then greatest(min(s.from_at), least(max(s.until_at), c.ended_at)) end, c.queue
from agent_state s join call c on c.id = s.call_id
where s.state = 'in_call' and c.agent_answered_at is not null
group by c.id, s.agent_id
having c.ended_at is not null or bool_and(s.until_at is not null) or s.agent_id = c.agent_id;
insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)
select c.id, c.agent_id, c.agent_answered_at, greatest(c.agent_answered_at, c.ended_at), c.queue
from call c
where c.agent_id is not null and c.agent_answered_at is not null and c.ended_at is not null
  and not exists (select from agent_talk t where t.call_id = c.id and t.agent_id = c.agent_id);
insert into agent_talk (call_id, agent_id, began_at, queue)
select c.id, c.agent_id, c.agent_answered_at, c.queue
from call c
where c.agent_id is not null and c.agent_answered_at is not null and c.ended_at is null
  and not exists (select from agent_talk t where t.call_id = c.id and (t.agent_id = c.agent_id or t.ended_at is null));
analyze agent_talk;
update agent_talk t set handed_to = coalesce(nullif(d.target, ''), (
    select a.target from desk_action a
    where a.call_id = d.call_id and a.actor = d.actor and a.action in ('consult', 'conference') and a.at <= d.at
      and a.target <> '' order by a.at desc limit 1), 'agent')
from desk_action d
where d.call_id = t.call_id and d.actor = 'agent:' || t.agent_id and d.action in ('transfer', 'transfer_consulted');
update call c set agent_answered_at = f.began_at
from (select call_id, min(began_at) as began_at from agent_talk group by call_id) f
where f.call_id = c.id and f.began_at < c.agent_answered_at;
-- Of more than one queue the row has the last, since the first time: it is all that is known.
insert into queue_stay (call_id, queue, entered_at, left_at, agent_id)
select c.id, c.queue, c.queued_at, greatest(c.queued_at, case when t.agent_id is null then c.ended_at else c.agent_answered_at end),
       t.agent_id
from call c left join lateral (
    select agent_id from agent_talk l where l.call_id = c.id order by l.began_at limit 1) t on true
where c.queue <> '' and c.queued_at is not null and (t.agent_id is not null or c.ended_at is not null);
insert into queue_stay (call_id, queue, entered_at)
select c.id, c.queue, c.queued_at from call c
where c.queue <> '' and c.queued_at is not null and c.ended_at is null
  and not exists (select from agent_talk l where l.call_id = c.id);
create index queue_stay_by_entry on queue_stay (entered_at);
create index agent_talk_by_begin on agent_talk (began_at);
analyze queue_stay;
