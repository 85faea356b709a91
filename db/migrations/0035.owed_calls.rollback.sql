drop table callback_note;
drop index callback_attempt_by_left_call;
drop index callback_attempt_by_number;
-- Calls that agents placed stay as calls.
delete from callback_attempt where agent_id is not null;
alter table callback_attempt
    drop constraint an_agents_attempt_is_a_click, drop column key, drop column agent_id;
alter table callback drop constraint who_takes_one_has_a_time, drop column taken_until, drop column taken_by;
drop index callback_by_done;
drop index callback_open_by_number;
alter table callback drop constraint what_is_done_has_a_result, drop column result;
delete from callback_attempt where left_call in (select call_id from callback where reason = 'queue_abandoned');
delete from callback where reason = 'queue_abandoned';
alter table callback drop constraint a_kept_place_is_complete;
update callback set queue = null where reason <> 'callback_kept';
alter table callback add constraint a_kept_place_is_complete check (
    num_nonnulls(queue, entered_at, priority) = case reason when 'callback_kept' then 3 else 0 end);
alter table callback drop constraint callback_reason_check;
alter table callback add constraint callback_reason_check check (reason in (
    'no_agent', 'queue_full', 'queue_timeout', 'closed', 'callback_kept'));
drop function first_queue(call);
