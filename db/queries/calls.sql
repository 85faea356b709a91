-- name: calls_open_batch(ids, cells, directions, channel_ids, numbers, raws, service_numbers, starts)!
-- The rows of calls that begin, many at once. A repeat of the same call changes nothing.
insert into call (id, cell, direction, channel_id, citizen_number, citizen_number_raw, service_number, started_at)
select * from unnest(:ids::uuid[], :cells::text[], :directions::text[], :channel_ids::text[], :numbers::text[],
                     :raws::text[], :service_numbers::text[], :starts::timestamptz[])
on conflict (id) do nothing;

-- name: calls_hold(ids)!
-- The rows of calls that one transaction is about to write: all of them, or an error. Who held some and waited for others would
-- wait for the flows' shared commits, which take them in an order of their own, and those for it.
select from call where id = any(:ids::uuid[]) for no key update nowait;

-- name: calls_answer_batch(ids, ats)!
-- The citizen's leg was answered; the first time stands, in the batch as well as before it.
update call set answered_at = coalesce(call.answered_at, r.at)
from (
    select distinct on (id) id, at
    from unnest(:ids::uuid[], :ats::timestamptz[]) with ordinality as q (id, at, place)
    order by id, place
) as r
where call.id = r.id;

-- name: calls_queue_batch(ids, queues, ats)!
-- The citizen begins to wait for an agent: a stay of the call, one after the other.
select enter_queue(id, queue, at, true)
from (select * from unnest(:ids::uuid[], :queues::text[], :ats::timestamptz[]) with ordinality as q (id, queue, at, place)
      order by place) r;

-- name: calls_queue_told_batch(ids, queues, ats, minutes)!
-- The same, who were told for how long.
select enter_queue_told(id, queue, at, minutes)
from (select * from unnest(:ids::uuid[], :queues::text[], :ats::timestamptz[], :minutes::smallint[])
      with ordinality as q (id, queue, at, minutes, place)
      order by place) r;

-- name: calls_end_batch(ids, outcomes, ats)!
-- The first end stands, in the batch as well as before it: a later, less exact witness does not overwrite it.
update call set ended_at = r.at, outcome = r.outcome
from (
    select distinct on (id) id, outcome, at
    from unnest(:ids::uuid[], :outcomes::text[], :ats::timestamptz[]) with ordinality as q (id, outcome, at, place)
    order by id, place
) as r
where call.id = r.id and call.ended_at is null;

-- name: calls_open_one(id, cell, direction, number, service_number, started_at)!
-- The row of an outbound call, in the transaction that writes its attempt. Refused without an error (0 rows) while a call
-- of ours to this number is open, whoever has placed it.
insert into call (id, cell, direction, citizen_number, citizen_number_raw, service_number, started_at)
values (:id, :cell, :direction, :number::text, coalesce(:number::text, ''), :service_number, :started_at)
on conflict do nothing;

-- name: calls_end_open(id, outcome, at)!
update call set ended_at = :at, outcome = :outcome where id = :id and ended_at is null;

-- name: calls_waits(id, queue, at)!
-- As Asterisk tells of it: what the call's flow has said is more exact.
select enter_queue(:id, :queue, :at, false);

-- name: calls_left_queue(id, at)!
-- Without an agent, and for no other queue: somebody else rings for them. The call's row first, as all who write stays.
with held as (select id from call where id = :id for no key update)
update queue_stay s set left_at = greatest(s.entered_at, :at) from held
where s.call_id = held.id and s.left_at is null and s.entered_at <= :at;

-- name: calls_agent_answered(id, agent_id, at)!
-- The last agent to answer is the one who has the call; its time of answer is the first one's.
select begin_talk(:id, :agent_id, :at);

-- name: calls_agent_left(id, agent_id, at)!
-- Of a talk that began later this is no news; of one that was ended with its call, before we heard of this, it is.
update agent_talk set ended_at = :at
where call_id = :id and agent_id = :agent_id and began_at <= :at and (ended_at is null or ended_at > :at);

-- name: calls_handed_on(id, agent_id, target, at)!
-- The talk may be over already, or go on for a moment.
update agent_talk t set handed_to = :target
where call_id = :id and agent_id = :agent_id and began_at = (
    select max(began_at) from agent_talk where call_id = :id and agent_id = :agent_id and began_at <= :at);

-- name: calls_had_by(id, agent_id)$
-- Whether this agent has, or had, the citizen of the call.
select exists (select from agent_talk where call_id = :id and agent_id = :agent_id);

-- name: calls_stays(id)
select call_id, queue, entered_at, left_at, agent_id, moved_to from queue_stay
where call_id = :id order by entered_at, left_at nulls last;

-- name: calls_talks(id)
select call_id, agent_id, began_at, ended_at, queue, handed_to from agent_talk
where call_id = :id order by began_at, ended_at nulls last;

-- name: calls_agents(ids)
-- Who had the citizen of each of these calls.
select distinct call_id, agent_id from agent_talk where call_id = any(:ids::uuid[]) order by call_id, agent_id;

-- name: calls_popped(id, at)!
-- The first acknowledged screen-pop is the one that is measured.
update call set pop_at = coalesce(pop_at, :at) where id = :id;

-- name: calls_by_id(id)^
select id, cell, direction, citizen_number as number, service_number, started_at, answered_at, queue, queued_at,
       agent_id, pop_at, agent_answered_at, ended_at, outcome
from call where id = :id;

-- name: calls_by_number(number, at_most)
-- What an agent sees of a caller's earlier calls.
select id, cell, direction, citizen_number as number, service_number, started_at, answered_at, queue, queued_at,
       agent_id, pop_at, agent_answered_at, ended_at, outcome
from call where citizen_number = :number order by started_at desc limit :at_most;

-- name: calls_callback_owed(call_id, number, reason, queue, requested_at, called)$
-- The call's own number goes first: who is called back shows ours. No row: nobody can be called, or it is a number that we do
-- not call (`called`: what those begin with that we do). `queue`: null where they have waited in one. Whom we had called back,
-- and no agent had, is owed what they were owed before, and nothing beside it.
with owed as (
    insert into callback (call_id, number, reason, queue, requested_at)
    select :call_id, n.number, :reason, :queue, :requested_at
    from (select coalesce((select citizen_number::text from call where id = :call_id), :number::text) as number) n
    where exists (select from unnest(:called::text[]) as prefix where starts_with(n.number, prefix))
      and not exists (select from callback_attempt a join call c using (id) where a.id = :call_id and c.agent_answered_at is null)
    on conflict (call_id) do nothing
    returning true
)
select exists (select from owed) or exists (select from callback where call_id = :call_id)
    or exists (select from callback_attempt a join callback b on b.call_id = a.left_call
               where a.id = :call_id and b.done_at is null);

-- name: calls_admission(number, now)^
-- What is known of a caller, this call included. An hour of one number is a few rows of an index.
select exists (select from blocked_caller b where b.number = :number::text and b.lifted_at is null
               and b.since <= :now and b.until > :now) as blocked,
       count(*) filter (where ended_at is null) as caller_open, count(*) as caller_hour
from call
where citizen_number = :number::text and direction = 'inbound' and started_at > :now::timestamptz - interval '1 hour';

-- name: calls_trunk_load(cell, since, now)^
-- Channels in use over all cells and both directions, since they share the trunks: open calls, and what is dialled beside
-- them; inbound calls of this cell in an hour.
select (select count(*) from call where ended_at is null) + trunk_beside(:now) as trunks_open,
       (select count(*) from call where direction = 'inbound' and cell = :cell and started_at > :since) as trunk_hour;

-- name: calls_trunk_used(cell, now)$
-- The same, but for what this cell dials beside its calls: it knows that itself, as of now.
select (select count(*) from call where ended_at is null) + trunk_beside(:now, :cell);

-- name: calls_block(id, number, since, until, blocked_by, why)!
insert into blocked_caller (id, number, since, until, blocked_by, why)
values (:id, :number, :since, :until, :blocked_by, :why);

-- name: calls_lift_past_blocks(number, now)!
-- One whose time is over does not stand in the way of a new one.
update blocked_caller set lifted_at = until, lifted_by = 'its own end'
where number = :number and lifted_at is null and until <= :now;

-- name: calls_unblock(number, by, now)!
update blocked_caller set lifted_at = :now, lifted_by = :by
where number = :number and lifted_at is null and until > :now;

-- name: calls_blocked(now)
select number, since, until, blocked_by, why from blocked_caller
where lifted_at is null and since <= :now and until > :now order by since desc;

-- name: calls_block_entries(number, now, at_most)
-- The list as supervisors read it, what is over too. One that ended by itself was lifted by nobody.
select b.number, b.since, b.until, coalesce(u.display_name, b.blocked_by) as blocked_by, b.why,
       b.lifted_at is null and b.until > :now as stands, b.lifted_at,
       case when b.lifted_at < b.until then coalesce(l.display_name, b.lifted_by) end as lifted_by
from blocked_caller b
left join app_user u on b.blocked_by = 'user:' || u.id
left join app_user l on b.lifted_by = 'user:' || l.id
where :number::text is null or b.number = :number
order by stands desc, b.since desc, b.id desc limit :at_most;

-- name: calls_queue_now(queue, cell, since, now)^
-- How a cell's queue stands: open calls that were not answered yet, agents who serve it, their answers of late and for how
-- long of that time they have been here, on average: what those gave who went home with the last shift says nothing. Who was
-- handed on by one agent to another had left the queue before.
with serving as (
    select a.id, s.signed_in_at from agent_serving a
    join agent_session s on s.agent_id = a.id and s.signed_out_at is null
    where a.cell = :cell and :queue = any(a.queues)
)
select (select count(*) from call where ended_at is null and queue = :queue and cell = :cell
        and queued_at is not null and agent_answered_at is null and not has_left_its_queue(id)) as waiting,
       (select count(*) from serving) as agents,
       (select count(*) from agent_talk t join call c on c.id = t.call_id
        join serving a on a.id = t.agent_id and a.signed_in_at <= t.began_at
        where t.queue = :queue and t.began_at > :since and c.cell = :cell
          and exists (select from queue_stay s where s.call_id = t.call_id and s.queue = t.queue
                      and s.agent_id = t.agent_id and s.left_at = t.began_at)) as answered,
       (select coalesce(avg(:now - least(greatest(signed_in_at, :since), :now)), :now - :since) from serving) as "window";

-- name: calls_told_waits(sent_away, since, until, queues)
-- What was said before the queue against what came, of stays that are over; the last row is of all together. `sent_away`: outcomes
-- by which we ended a wait.
select s.queue, count(*)::int as told,
       count(*) filter (where s.agent_id is not null and o.over <= 0)::int as in_time,
       count(*) filter (where o.over > 0)::int as longer,
       count(*) filter (where o.gone and not o.sent)::int as left_before,
       count(*) filter (where o.gone and o.sent)::int as sent_away,
       (percentile_cont(0.5) within group (order by o.over) filter (where s.agent_id is not null))::int as over_s,
       (percentile_cont(0.9) within group (order by o.over) filter (where s.agent_id is not null))::int as over_90_s
from queue_stay s join call c on c.id = s.call_id
cross join lateral (select extract(epoch from s.left_at - s.entered_at)::float8 - 60 * s.told_minutes as over) w
cross join lateral (select w.over, s.agent_id is null and w.over <= 0 as gone,
                           s.moved_to is not null or coalesce(c.outcome, '') = any(:sent_away::text[]) as sent) o
where s.entered_at >= :since and s.entered_at < :until and s.told_minutes is not null and s.left_at is not null
  and (:queues::text[] is null or s.queue = any(:queues))
group by grouping sets ((s.queue), ()) order by s.queue nulls last;

-- name: calls_keep_place(call_id, number, queue, priority, requested_at, called)$
-- Whether it is kept. The time of entry is the call's own; `called`: as above.
with kept as (
    insert into callback (call_id, number, reason, requested_at, queue, entered_at, priority)
    select c.id, n.number, 'callback_kept', :requested_at, :queue, coalesce(c.queued_at, :requested_at), :priority
    from call c cross join lateral (select coalesce(c.citizen_number::text, :number::text) as number) n
    where c.id = :call_id
      and exists (select from unnest(:called::text[]) as prefix where starts_with(n.number, prefix))
    on conflict (call_id) do nothing
    returning true
)
select exists (select from kept) or exists (select from callback where call_id = :call_id);

-- name: calls_kept_place(call_id, cell)^
-- Behind those who were in this cell's queue before and still wait. To whom a call was only promised comes as if they had
-- waited since: the queue that they came for, null where they had not come to one.
select p.queue, p.first_queue, p.entered_at, p.priority, 1 + (
    select count(*) from call c where c.ended_at is null and c.agent_answered_at is null and c.queue = p.queue
    and c.cell = :cell and c.queued_at < p.entered_at and not has_left_its_queue(c.id)) as position
from (
    select coalesce(b.queue, c.first_queue, c.queue) as queue, c.first_queue, coalesce(b.entered_at, c.queued_at, b.requested_at) as entered_at,
           coalesce(b.priority, 0) as priority
    from callback b join call c on c.id = b.call_id where b.call_id = :call_id
) p;

-- name: calls_gave_up(since, at_most)
-- With those who were gone from a queue when nobody looked (see `callbacks_hung_up`). Of several queues, the last one's wait.
select c.citizen_number as number, coalesce(w.queue, c.queue) as queue, coalesce(w.entered_at, c.queued_at) as queued_at,
       coalesce(w.left_at, c.ended_at) as left_at, c.ended_at,
       exists (select from call later where later.citizen_number = c.citizen_number
               and later.started_at >= c.ended_at and later.agent_answered_at is not null) as served_since
from call c
left join lateral (select s.queue, s.entered_at, s.left_at from queue_stay s
                   where s.call_id = c.id and s.agent_id is null and s.moved_to is null
                   order by s.entered_at desc limit 1) w on true
where c.id in (
    select g.id from call g where g.outcome = 'queue_abandoned' and g.ended_at > :since
    union all
    select g.id from queue_stay s join call g on g.id = s.call_id
    where s.entered_at > :since::timestamptz - interval '1 day' and s.left_at > :since
      and s.agent_id is null and s.moved_to is null
      and g.outcome = 'lost' and s.left_at >= g.ended_at and g.ended_at > :since
      and not exists (select from callback_attempt a where a.id = g.id))
  and c.queue is not null and c.queued_at is not null
order by c.ended_at desc limit :at_most;

-- name: calls_position(call_id)$
select 1 + (select count(*) from call c where c.ended_at is null and c.agent_answered_at is null
            and c.queue = mine.queue and c.cell = mine.cell and c.queued_at < mine.queued_at and not has_left_its_queue(c.id))
from call mine where mine.id = :call_id and mine.queued_at is not null;

