-- depends: 0056.unaccounted
-- Who is calling a citizen whom the dialer did not reach: for a while the task is that agent's, and no other's.

alter table feedback_due
    add column taken_by text references agent,
    add column taken_until timestamptz,
    add constraint a_task_is_taken_for_a_while check ((taken_by is null) = (taken_until is null));
