-- name: attempts_take_pacing_lock()$
-- One dialer at a time counts and writes, so that the caps hold over all cells and processes. Ends with the transaction.
select pg_try_advisory_xact_lock(1076, 1);

-- name: attempts_busy(now)^
-- Calls that hold a channel now, over all cells, and what is dialled beside them. An agent's own calls, and those that an
-- agent has, take channels of the trunk but no place of a campaign.
select count(*) filter (where direction = 'outbound') as outbound, count(*) filter (where direction = 'inbound') as inbound,
       count(*) filter (where direction = 'outbound' and agent_answered_at is null and (
           exists (select from attempt a where a.id = c.id)
           or exists (select from callback_attempt a where a.id = c.id and a.agent_id is null))) as dialled,
       trunk_beside(:now) as beside
from call c where ended_at is null;

-- name: attempts_recent_starts(since, until)
-- Written and at once requested: the time of writing is the start that the rate is held to. `until` lies ahead of now: the
-- clocks of two dialers differ a little.
select written_at from attempt where written_at > :since and written_at < :until
union all
select written_at from callback_attempt where written_at > :since and written_at < :until;

-- name: attempts_write(id, complaint_id, disposal_no, number, cell, written_at)!
-- Refused without an error (0 rows) when this number or this complaint already has an open attempt.
insert into attempt (id, complaint_id, disposal_no, attempt_no, number, cell, written_at)
select :id, :complaint_id, :disposal_no, coalesce(max(attempt_no), 0) + 1, :number, :cell, :written_at
from attempt where complaint_id = :complaint_id and disposal_no = :disposal_no
on conflict do nothing;

-- name: attempts_mark_requested(id, at)!
-- Compare-and-set: whoever changes the row may send the request, once and never again. A call that was ended meanwhile
-- (by a sweep, or as never requested) is not dialled, nor one about a question that does not stand any more.
update attempt set requested_at = :at
from call
where attempt.id = :id and call.id = attempt.id
  and attempt.requested_at is null and attempt.settled_at is null and call.ended_at is null
  and exists (select from feedback_due f where f.complaint_id = attempt.complaint_id
              and f.disposal_no = attempt.disposal_no and f.done_at is null and f.step = 'calls');

-- name: attempts_ended(at_most)
-- Attempts whose call has ended, but whose consequence is not yet drawn; the oldest first.
select attempt.id from attempt join call using (id)
where attempt.settled_at is null and call.ended_at is not null
order by call.ended_at limit :at_most;

-- name: attempts_lock_ended(id)^
-- One such attempt, for this transaction alone; nothing when another dialer has it. `judged`: the answer is recorded.
select attempt.id, attempt.complaint_id, attempt.disposal_no, call.outcome, feedback_due.done_at is not null as judged,
       complaint.category, attempt.cell, attempt.number, attempt.written_at, call.answered_at is not null as answered
from attempt join call using (id) join feedback_due using (complaint_id, disposal_no)
     join complaint on complaint.id = attempt.complaint_id
where attempt.id = :id and attempt.settled_at is null and call.ended_at is not null
for update of attempt skip locked;

-- name: attempts_earlier_outcomes(id, complaint_id, disposal_no)
-- How the other attempts for the same disposal ended, in order.
select call.outcome from attempt join call using (id)
where attempt.complaint_id = :complaint_id and attempt.disposal_no = :disposal_no
  and attempt.id <> :id and attempt.settled_at is not null
order by attempt.attempt_no;

-- name: attempts_settle(id, at)!
update attempt set settled_at = :at where id = :id;

-- name: attempts_unrequested(written_before)
-- Written by a dialer that then died or lost the database: nothing was dialled.
select attempt.id from attempt join call using (id)
where attempt.requested_at is null and attempt.settled_at is null and call.ended_at is null
  and attempt.written_at < :written_before
order by attempt.written_at limit 200;

-- name: attempts_lock_unrequested(id)^
-- Nothing when its dialer has marked it meanwhile, or another has it.
select id from attempt where id = :id and requested_at is null and settled_at is null
for update skip locked;

-- name: attempts_unheard_of(cell, requested_before, abandoned_before)
-- Requested long enough ago that its call should have ended or been answered. Those of other cells only when so old that no
-- call lasts that long: their cell is gone, and only it could have said what is live.
select attempt.id, attempt.cell from attempt join call using (id)
where attempt.settled_at is null and call.ended_at is null
  and (attempt.cell = :cell and attempt.requested_at < :requested_before or attempt.requested_at < :abandoned_before)
order by attempt.requested_at limit 200;
