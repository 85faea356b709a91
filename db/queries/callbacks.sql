-- name: callbacks_hung_up(since, lost)!
-- Who hung up while waiting is listed, unless an agent has talked with them since (see `callbacks_served`). A repeat changes
-- nothing. `lost`: also who was gone from a queue when nobody looked, our server or Asterisk being away; of whom we called
-- back the debt stands. A stay is as long as an absence may have been, so those are looked for among a day's: less often.
with gone as (
    select c.id from call c where c.outcome = 'queue_abandoned' and c.ended_at > :since
    union all
    select c.id from queue_stay s join call c on c.id = s.call_id
    where :lost::boolean and s.entered_at > :since::timestamptz - interval '1 day' and s.left_at > :since
      and s.agent_id is null and s.moved_to is null
      and c.outcome = 'lost' and s.left_at >= c.ended_at and c.ended_at > :since
      and not exists (select from callback_attempt a where a.id = c.id)
)
insert into callback (call_id, number, reason, requested_at)
select c.id, c.citizen_number, 'queue_abandoned', c.ended_at from gone join call c using (id)
where c.citizen_number is not null
  and not exists (select from callback b where b.call_id = c.id)
  and not exists (select from call l where l.citizen_number = c.citizen_number and l.agent_answered_at > c.ended_at
                  and l.started_at > c.ended_at - interval '2 days'
                  and (l.direction = 'inbound' or l.outcome = 'agent_answered' or exists (
                      select from agent_talk t where t.call_id = l.id and t.began_at >= l.answered_at)))
on conflict (call_id) do nothing;

-- name: callbacks_served(now)!
-- Who has talked with an agent since, in whichever call, is owed nothing more. Where an agent calls, their telephone answers
-- first, and they may be gone before the citizen is there: the outcome tells it, or a talk that began later. No call lasts two days (`max_call_seconds`): of a
-- number that calls for years, the calls of before are not read.
update callback b set done_at = :now, result = 'served', taken_by = null, taken_until = null
where b.done_at is null
  and not exists (select from callback_attempt a where a.left_call = b.call_id and a.settled_at is null)
  and exists (select from call c where c.citizen_number = b.number and c.agent_answered_at > b.requested_at
              and c.started_at > b.requested_at - interval '2 days'
              and (c.direction = 'inbound' or c.outcome = 'agent_answered' or exists (
                  select from agent_talk t where t.call_id = c.id and t.began_at >= c.answered_at)));

-- name: callbacks_expire(before, dialled, now)!
-- Whom we have promised nothing, and do not dial, is not listed for ever.
update callback b set done_at = :now, result = 'expired', taken_by = null, taken_until = null
where b.done_at is null and b.reason = 'queue_abandoned' and b.requested_at < :before
  and not b.reason = any(:dialled::text[]) and (b.taken_until is null or b.taken_until <= :now)
  and not exists (select from callback_attempt a where a.left_call = b.call_id and a.settled_at is null);

-- name: callbacks_seats(cell)
-- Who serves each queue in this cell.
select queue, count(*)::int as seats from agent_serving g, unnest(g.queues) as queue
where g.cell = :cell group by queue order by queue;

-- name: callbacks_line(cell, queue)^
-- Who stands in a queue of this cell: since when each waits; how many call-backs to it are under way, from the request to
-- their end (they stand at the head, whenever they came); how many stand in it in all.
select array(select c.queued_at from call c
             where c.cell = :cell and c.ended_at is null and c.agent_answered_at is null and c.queue = :queue
               and c.queued_at is not null
               and not has_left_its_queue(c.id)
               and not exists (select from callback_attempt a where a.id = c.id)) as waiting,
       (select count(*)::int from callback_attempt a
        join callback b on b.call_id = a.left_call join call c on c.id = b.call_id
        where a.settled_at is null and a.cell = :cell and a.agent_id is null
          and coalesce(b.queue, c.first_queue, c.queue, :queue) = :queue) as under_way,
       (select count(*)::int from call c
        where c.cell = :cell and c.ended_at is null and c.agent_answered_at is null and c.queue = :queue
          and c.queued_at is not null and not has_left_its_queue(c.id)) as standing;

-- name: callbacks_due(queue, default_queue, reasons, now, day_ago, rested, most_a_day, never_rang, called, at_most)
-- Who may be called now to this queue, kept places first. Nobody is called about two things at once, or so soon after a call
-- (`rested`: which ended then) that it would ring and ring, whatever is owed since; or rings too often in a day, be it by our
-- fault; nor is a number that we do not call by ourselves (`called`: what those begin with that we do).
select b.call_id, b.number, b.reason = 'callback_kept' as kept,
       coalesce(b.entered_at, c.queued_at, b.requested_at) as entered_at
from callback b join call c on c.id = b.call_id
where b.done_at is null and b.reason = any(:reasons::text[]) and b.next_at <= :now
  and coalesce(b.queue, c.first_queue, c.queue, :default_queue) = :queue
  and exists (select from unnest(:called::text[]) as prefix where starts_with(b.number::text, prefix))
  and not exists (select from callback t where t.number = b.number and t.done_at is null and t.taken_until > :now)
  and not exists (select from callback_attempt a where a.number = b.number and a.settled_at is null)
  and not exists (select from attempt a where a.number = b.number and a.settled_at is null)
  and not exists (select from call o where o.citizen_number = b.number and o.ended_at is null)
  and not exists (select from callback_attempt a join call o using (id)
                  where a.number = b.number and a.written_at > :day_ago and o.ended_at > :rested)
  and (select count(*) from callback_attempt a join call o using (id)
       where a.number = b.number and a.written_at > :day_ago
         and (o.answered_at is not null or not o.outcome = any(:never_rang::text[]))) < :most_a_day
order by kept desc, entered_at, b.call_id limit :at_most for update of b skip locked;

-- name: callbacks_press(cell, calls, at)!
insert into callback_pressing (cell, calls, at) values (:cell, :calls, :at)
on conflict (cell) do update set calls = excluded.calls, at = excluded.at;

-- name: callbacks_pressing(since, until)$
-- Clocks of two cells differ a little, and one that was set back says nothing for ever.
select coalesce(sum(calls), 0)::int from callback_pressing where at > :since and at < :until;

-- name: callbacks_write(id, left_call, number, cell, written_at)!
insert into callback_attempt (id, left_call, number, cell, written_at)
values (:id, :left_call, :number, :cell, :written_at)
on conflict do nothing;

-- name: callbacks_mark_requested(id, at)!
-- Compare-and-set: whoever changes the row may send the request, once and never again.
update callback_attempt a set requested_at = :at from call c
where a.id = :id and c.id = a.id and a.requested_at is null and a.settled_at is null and c.ended_at is null;

-- name: callbacks_unrequested(written_before)
-- Written by a process that then died: nothing was dialled.
select a.id from callback_attempt a join call c using (id)
where a.requested_at is null and a.settled_at is null and c.ended_at is null and a.written_at < :written_before
for update of a skip locked;

-- name: callbacks_unheard_of(cell, requested_before)
select a.id from callback_attempt a join call c using (id)
where a.settled_at is null and c.ended_at is null and a.cell = :cell and a.requested_at < :requested_before;

-- name: callbacks_over()
-- Attempts whose call is over, but whose consequence is not drawn; the oldest first.
select a.id, a.number, a.written_at, a.cell, a.agent_id, c.outcome, c.answered_at is not null as answered,
       c.agent_answered_at is not null and c.answered_at is not null and (c.outcome = 'agent_answered' or exists (
           select from agent_talk t where t.call_id = c.id and t.began_at >= c.answered_at)) as talked
from callback_attempt a join call c using (id)
where a.settled_at is null and c.ended_at is not null
order by a.written_at limit 200 for update of a skip locked;

-- name: callbacks_settle(id, at)!
update callback_attempt set settled_at = :at where id = :id;

-- name: callbacks_count(number, written_at, counts, result, most, retry_at, now)!
-- One call is for all that was owed to the number by then.
update callback
set attempts = attempts + :counts::int, next_at = :retry_at, taken_by = null, taken_until = null,
    result = coalesce(:result::text, case when attempts + :counts::int >= :most then 'unreached' end),
    done_at = case when :result::text is not null or attempts + :counts::int >= :most then :now::timestamptz end
where number = :number and done_at is null and requested_at <= :written_at;

-- name: callbacks_open(queues, default_queue, now, at_most)
-- To whom calls are owed, one row a number: promised ones first, the longest first. Whoever talks with somebody now, too.
-- Who has taken a number has what it is owed since, too, whose row knows nothing of them: the last to be free again tells it.
select distinct_numbers.*, g.name as taken_by_name, count(*) over () as of_all from (
    select distinct on (b.number) b.call_id, b.number, b.reason, b.requested_at,
           coalesce(b.queue, c.first_queue, c.queue, :default_queue) as queue, b.next_at,
           max(b.attempts) over numbers as attempts, count(*) over numbers as times,
           first_value(b.taken_by) over holders as taken_by, first_value(b.taken_until) over holders as taken_until
    from callback b join call c on c.id = b.call_id
    where b.done_at is null
    window numbers as (partition by b.number),
           holders as (partition by b.number order by b.taken_until desc nulls last)
    order by b.number, b.reason = 'queue_abandoned', b.requested_at, b.call_id
) distinct_numbers
left join agent g on g.id = taken_by and taken_until > :now
where :queues::text[] is null or queue = any(:queues)
order by reason = 'queue_abandoned', requested_at, call_id limit :at_most;

-- name: callbacks_last_tries(numbers)
-- The latest call to each, by us or by an agent; without an outcome it is under way.
select distinct on (a.number) a.number, a.written_at, a.agent_id, c.outcome, c.ended_at
from callback_attempt a join call c using (id)
where a.number = any(:numbers::text[])
order by a.number, a.written_at desc, a.id desc;

-- name: callbacks_done(queues, default_queue, since, at_most)
-- What was owed and is over, the latest first. `of_all`: without the limit.
select b.call_id, b.number, b.reason, b.requested_at, b.attempts, b.result, b.done_at, count(*) over () as of_all,
       coalesce(b.queue, c.first_queue, c.queue, :default_queue) as queue
from callback b join call c on c.id = b.call_id
where b.done_at > :since
  and (:queues::text[] is null or coalesce(b.queue, c.first_queue, c.queue, :default_queue) = any(:queues))
order by b.done_at desc, b.call_id limit :at_most;

-- name: callbacks_one(call_id, default_queue, now)^
-- Who has taken what is open has taken its number: it may have been owed a call again since.
select b.call_id, b.number, b.reason, b.requested_at, b.attempts, b.next_at, b.result, b.done_at,
       coalesce(b.queue, c.first_queue, c.queue, :default_queue) as queue,
       t.taken_by, t.taken_until, g.name as taken_by_name
from callback b join call c on c.id = b.call_id
left join lateral (
    select o.taken_by, o.taken_until from callback o
    where b.done_at is null and o.number = b.number and o.done_at is null and o.taken_until > :now
    order by o.taken_until desc limit 1) t on true
left join agent g on g.id = t.taken_by
where b.call_id = :call_id;

-- name: callbacks_tries(number, since)
-- All calls to the number for what was owed, the latest first.
select a.id, a.written_at, a.agent_id, g.name as agent_name, c.outcome, c.ended_at
from callback_attempt a join call c using (id) left join agent g on g.id = a.agent_id
where a.number = :number and a.written_at >= :since
order by a.written_at desc, a.id desc limit 100;

-- name: callbacks_notes(number, since)
select n.at, n.act, n.result, n.why, n.actor, coalesce(u.display_name, g.name, n.actor) as actor_name
from callback_note n join callback b on b.call_id = n.left_call
left join app_user u on n.actor = 'user:' || u.id
left join agent g on n.actor = 'agent:' || g.id
where b.number = :number and n.at >= :since
order by n.at desc, n.id desc limit 100;

-- name: callbacks_hold(number)
-- All that is open to a number, one after the other in an order of their own: two who act at once do not lock each other.
select call_id, taken_by, taken_until from callback
where number = :number and done_at is null order by call_id for update;

-- name: callbacks_calling(number)$
-- Whether somebody is calling them, or talks with them.
select exists (select from callback_attempt a where a.number = :number and a.settled_at is null)
    or exists (select from attempt a where a.number = :number and a.settled_at is null)
    or exists (select from call c where c.citizen_number = :number and c.ended_at is null);

-- name: callbacks_take(number, agent_id, until)!
update callback set taken_by = :agent_id, taken_until = :until where number = :number and done_at is null;

-- name: callbacks_release(number)!
update callback set taken_by = null, taken_until = null where number = :number and done_at is null;

-- name: callbacks_close(number, result, now)!
update callback set done_at = :now, result = :result, taken_by = null, taken_until = null
where number = :number and done_at is null;

-- name: callbacks_note(id, left_call, at, actor, act, result, why)!
insert into callback_note (id, left_call, at, actor, act, result, why)
values (:id, :left_call, :at, :actor, :act, :result, :why);

-- name: callbacks_clicked(key)^
-- What a click has come to: the same click again does not call again.
select id as call_id, agent_id from callback_attempt where key = :key;

-- name: callbacks_write_click(id, left_call, number, cell, at, agent_id, key)!
-- Requested as soon as it is written. Refused without an error (0 rows) when somebody calls them already.
insert into callback_attempt (id, left_call, number, cell, written_at, requested_at, agent_id, key)
values (:id, :left_call, :number, :cell, :at, :at, :agent_id, :key)
on conflict do nothing;
