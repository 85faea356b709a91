-- The life of a complaint beyond its main road: proposals, new mappings, and the evidence of its ends.

-- name: lifecycle_add_end(complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, merged_into, at)!
insert into complaint_end (complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, merged_into, at)
values (:complaint_id, :entry, :kind, :actor, :level, :post, :reason_code, :text, :call_id, :page, :merged_into, :at);

-- name: lifecycle_stop_asking(complaint_id, at)!
-- Nobody is asked any more about a complaint that has ended otherwise.
update feedback_due set done_at = :at, outcome = 'stopped' where complaint_id = :complaint_id and done_at is null;

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

-- name: lifecycle_add_proposal(complaint_id, entry, kind, level, post, actor, department, reason_code, text, at)!
insert into proposal (complaint_id, entry, kind, level, post, actor, department, reason_code, text, at)
values (:complaint_id, :entry, :kind, :level, :post, :actor, :department, :reason_code, :text, :at);

-- name: lifecycle_proposal(complaint_id, entry)^
select kind, level, post, department, reason_code, text from proposal where complaint_id = :complaint_id and entry = :entry;

-- name: lifecycle_decide(complaint_id, entry, at, by, approved)!
update proposal set decided_at = :at, decided_by = :by, approved = :approved
where complaint_id = :complaint_id and entry = :entry;
