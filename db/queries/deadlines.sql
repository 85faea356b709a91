-- What the clock could not do to a complaint: set aside with a time of its own, so that the others go on.

-- name: deadlines_set_aside(work, complaint_ids, due_at, failures, next_tries, errors, now)!
-- The complaints' rows are held by the caller. Work for another moment than before begins anew.
insert into deadline_fault (complaint_id, work, due_at, failures, first_at, last_at, next_try_at, error)
select r.id, :work, r.due_at, r.failures, :now, :now, r.next_try_at, r.error
from unnest(:complaint_ids::uuid[], :due_at::timestamptz[], :failures::integer[], :next_tries::timestamptz[], :errors::text[])
     as r (id, due_at, failures, next_try_at, error)
on conflict (complaint_id, work) do update
set due_at = excluded.due_at, failures = excluded.failures, last_at = excluded.last_at, next_try_at = excluded.next_try_at,
    error = excluded.error,
    first_at = case when excluded.failures > 1 then deadline_fault.first_at else excluded.first_at end;

-- name: deadlines_went(work, complaint_ids)!
-- Carried out after all.
delete from deadline_fault where work = :work and complaint_id = any(:complaint_ids::uuid[]);

-- name: deadlines_aside(at_most)
-- What is set aside and still to be done, first to fail first.
select number, work, state, due_at, failures, first_at, last_at, next_try_at, error
from deadline_aside order by first_at, number limit :at_most;

-- name: deadlines_try_now(number, now)
-- An operator has mended the cause: nothing waits for its own time any more. Null: of all complaints.
update deadline_fault f set next_try_at = :now
from deadline_aside a
where a.complaint_id = f.complaint_id and a.work = f.work and (:number::text is null or a.number = :number)
returning a.number;
