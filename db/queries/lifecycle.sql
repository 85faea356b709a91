-- The life of a complaint beyond its main road: proposals, new mappings, and the evidence of its ends.

-- name: lifecycle_add_end(complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, at)!
insert into complaint_end (complaint_id, entry, kind, actor, level, post, reason_code, text, call_id, page, at)
values (:complaint_id, :entry, :kind, :actor, :level, :post, :reason_code, :text, :call_id, :page, :at);

-- name: lifecycle_stop_asking(complaint_id, at)!
-- Nobody is asked any more about a complaint that has ended otherwise.
update feedback_due set done_at = :at where complaint_id = :complaint_id and done_at is null;

-- name: lifecycle_map(id, category, place, department)!
-- The row is held by the caller. `department`: only where it is not its category's.
update complaint set category = :category, place = :place, department = :department where id = :id;

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
