drop table dial_cut_off;
drop table dial_request;
drop table dial_rule;
delete from callback where reason in ('closed', 'callback_kept');
alter table callback
    drop constraint a_kept_place_is_complete,
    drop column queue, drop column entered_at, drop column priority,
    drop constraint callback_reason_check,
    add constraint callback_reason_check check (reason in ('no_agent', 'queue_full', 'queue_timeout'));
drop table blocked_caller;
drop index call_abandoned;
drop index call_inbound_by_start;
-- Narrower than the first schema's list: what is new counts as lost there.
update call set outcome = 'lost' where outcome in (
    'status_told', 'advised', 'emergency', 'emergency_abandoned', 'caller_blocked', 'caller_limit', 'lines_full',
    'closed', 'callback_kept');
alter table call drop constraint call_outcome_check;
alter table call add constraint call_outcome_check check (outcome in (
    'agent_answered', 'ivr_abandoned', 'queue_abandoned', 'no_agent', 'queue_full', 'queue_timeout',
    'unavailable', 'feedback_given', 'feedback_hung_up', 'feedback_no_input', 'wrong_person',
    'no_answer', 'busy', 'rejected', 'invalid_number', 'congestion', 'failed', 'lost'));
