-- The life of a complaint beyond its main road: proposals, new mappings, and the evidence of its ends.

-- name: lifecycle_add_end(complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, merged_into, at)!
insert into complaint_end (complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, merged_into, at)
values (:complaint_id, :entry, :kind, :actor, :level, :post, :reason_code, :text, :call_id, :page, :merged_into, :at);

-- name: lifecycle_stop_asking(complaint_id, at)!
-- Nobody is asked any more about a complaint that has ended otherwise.
update feedback_due set done_at = :at, outcome = 'stopped' where complaint_id = :complaint_id and done_at is null;

-- name: lifecycle_lock_subject(number, category, place)$
-- As registration_begin does, and like that before any row is taken: of two who come to one subject at once the second sees the
-- first. `category`, `place`: what it is about from now on, where that differs. Who changes it meanwhile takes it out of the state
-- in which it can be reopened or mapped.
select pg_advisory_xact_lock(hashtextextended(coalesce(:category, category) || ' ' || coalesce(:place, place), 1077))
from complaint where number = :number;

-- name: lifecycle_link_again(id)!
-- Reopened, it is linked with those that are open about its subject, whatever it was linked with before. The row is held.
update complaint c set matter = o.matter
from (select a.matter from complaint c join complaint a on a.category = c.category and a.place = c.place
      where c.id = :id and a.id <> c.id and a.ended_at is null
      order by a.registered_at limit 1) o
where c.id = :id and c.matter <> o.matter;

-- name: lifecycle_map(id, category, place, department)!
-- The row is held by the caller. `department`: only where it is not its category's. About another subject it is linked with
-- those that are open about that one.
update complaint c
set category = :category, place = :place, department = :department,
    matter = case when c.category = :category and c.place = :place then c.matter
                  else coalesce((select o.matter from complaint o
                                 where o.category = :category and o.place = :place and o.ended_at is null and o.id <> c.id
                                 order by o.registered_at limit 1), gen_random_uuid()) end
where c.id = :id;

-- name: lifecycle_department(code)^
select code, name_hi from department where code = :code;

-- name: lifecycle_add_proposal(complaint_id, entry, kind, level, post, actor, department, reason_code, text, at, told_post, told_officer)!
insert into proposal (complaint_id, entry, kind, level, post, actor, department, reason_code, text, at, told_post, told_officer)
values (:complaint_id, :entry, :kind, :level, :post, :actor, :department, :reason_code, :text, :at, :told_post, :told_officer);

-- name: lifecycle_lock_proposals(before, now, at_most)
-- Proposals that wait, looked at least recently first, with who has been told of each. Found by the index of what waits. Both
-- rows are taken: whoever looked at the same one meanwhile has changed the second.
select c.id as complaint_id, r.at, r.text as words, r.told_post, r.told_officer,
       coalesce((select f.failures from deadline_fault f
                 where f.complaint_id = c.id and f.work = 'proposal' and f.due_at = r.at), 0) as failures
from complaint c join proposal r on r.complaint_id = c.id and r.entry = c.proposal
where c.state in ('triage', 'returned', 'proposed') and c.state = 'proposed' and coalesce(r.looked_at, r.at) <= :before
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'proposal' and f.due_at = r.at), '-infinity') <= :now
order by coalesce(r.looked_at, r.at)
limit :at_most
for no key update of c, r skip locked;

-- name: lifecycle_looked_at_proposals(ids, at)!
update proposal r set looked_at = :at from complaint c
where c.id = any(:ids::uuid[]) and r.complaint_id = c.id and r.entry = c.proposal;

-- name: lifecycle_told_deciders(ids, posts, officers)!
update proposal r set told_post = t.post, told_officer = t.officer
from unnest(:ids::uuid[], :posts::text[], :officers::text[]) as t (id, post, officer) join complaint c on c.id = t.id
where r.complaint_id = c.id and r.entry = c.proposal;

-- name: lifecycle_proposal(complaint_id, entry)^
select department, reason_code from proposal where complaint_id = :complaint_id and entry = :entry;

-- name: lifecycle_decide(complaint_id, entry, at, by, approved)!
update proposal set decided_at = :at, decided_by = :by, approved = :approved
where complaint_id = :complaint_id and entry = :entry;

-- name: lifecycle_stood(complaint_id, reason)$
-- For how long the officer's time stood for that reason since they got it: an entry with a due time gave it to them, but one that
-- says again what they have left. A clock that was set back meanwhile takes nothing from it.
select coalesce(sum(greatest(r.at - p.at, interval '0')), interval '0')
from complaint_history p
cross join lateral (select at from complaint_history
                    where complaint_id = p.complaint_id and seq > p.seq and event = 'resumed' order by seq limit 1) r
where p.complaint_id = :complaint_id and p.event = 'paused' and split_part(p.reason, ':', 1) = :reason
  and p.seq > (select max(seq) from complaint_history
               where complaint_id = :complaint_id and due_at is not null and event not in ('resumed', 'refused'));
