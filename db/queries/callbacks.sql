-- name: callbacks_served(now)!
-- Who has talked with an agent since, in whichever call, is owed nothing more.
update callback b set done_at = :now
where b.done_at is null
  and not exists (select from callback_attempt a where a.left_call = b.call_id and a.settled_at is null)
  and exists (select from call c where c.citizen_number = b.number and c.agent_answered_at > b.requested_at);

-- name: callbacks_claim(now, at_most)
-- Kept places whose turn has come: fewer stand before them, waiting or kept, than agents serve the queue.
-- Nobody is called about two things at once.
select b.call_id, b.number from callback b
where b.reason = 'callback_kept' and b.done_at is null and b.next_at <= :now
  and not exists (select from callback_attempt a where a.number = b.number and a.settled_at is null)
  and not exists (select from attempt a where a.number = b.number and a.settled_at is null)
  and not exists (select from call c where c.citizen_number = b.number and c.ended_at is null)
  and (select count(*) from call c where c.ended_at is null and c.agent_answered_at is null and c.queue = b.queue
       and c.queued_at < b.entered_at)
    + (select count(*) from callback e where e.reason = 'callback_kept' and e.done_at is null and e.queue = b.queue
       and (e.entered_at, e.call_id) < (b.entered_at, b.call_id))
    < (select count(*) from agent_serving g where b.queue = any(g.queues))
order by b.entered_at, b.call_id limit :at_most for update of b skip locked;

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

-- name: callbacks_settle(now, most, retry_at)!
-- Of calls that are over: who answered was called back; who did not is called again, some times.
with over as (
    update callback_attempt a set settled_at = :now from call c
    where c.id = a.id and a.settled_at is null and c.ended_at is not null
    returning a.left_call, c.answered_at is not null as reached
)
update callback b
set attempts = b.attempts + 1, next_at = :retry_at,
    done_at = case when o.reached or b.attempts + 1 >= :most then :now::timestamptz end
from over o where b.call_id = o.left_call;

-- name: callbacks_open(at_most)
-- What is owed, the longest first.
select call_id, number, reason, requested_at, attempts from callback
where done_at is null order by requested_at, call_id limit :at_most;
