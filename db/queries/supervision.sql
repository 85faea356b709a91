-- name: supervision_note(id, actor, action, target, reason, queues, at)!
-- Written before it is done: what was tried is seen too.
insert into supervisor_action (id, actor, action, target, reason, queues, at)
values (:id, :actor, :action, :target, :reason, :queues::text[], :at);
