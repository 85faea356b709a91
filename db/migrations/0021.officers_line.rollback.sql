do $$ begin
    if exists (select from disposal where recording_id is not null)
       or exists (select from recording where kind = 'officer_remark')
       or exists (select from complaint_call where role = 'disposal')
       or exists (select from call where outcome in ('disposal_told', 'officer_refused', 'officer_left')) then
        raise exception 'officers have reported by telephone: their calls would be lost';
    end if;
end $$;
drop table callback_attempt;
alter table callback drop column attempts, drop column next_at;
delete from message_template where kind = 'officer_reported';
alter table call drop constraint call_outcome_check;
alter table call add constraint call_outcome_check check (outcome in (
    'agent_answered', 'ivr_abandoned', 'queue_abandoned', 'no_agent', 'queue_full', 'queue_timeout',
    'unavailable', 'feedback_given', 'feedback_hung_up', 'feedback_no_input', 'wrong_person',
    'no_answer', 'busy', 'rejected', 'invalid_number', 'congestion', 'failed', 'lost',
    'status_told', 'advised', 'emergency', 'emergency_abandoned', 'caller_blocked', 'caller_limit', 'lines_full',
    'closed', 'callback_kept'));
drop index disposal_by_officers_call;
alter table disposal drop constraint a_remark_was_said_on_the_officers_line, drop column recording_id;
alter table complaint_call drop constraint complaint_call_role_check;
alter table complaint_call add constraint complaint_call_role_check
    check (role in ('registration', 'feedback', 'follow_up'));
delete from recording_retention where kind = 'officer_remark';
alter table recording_retention drop constraint recording_retention_kind_check;
alter table recording_retention add constraint recording_retention_kind_check check (kind in ('call', 'own_words'));
alter table recording drop constraint recording_kind_check;
alter table recording add constraint recording_kind_check check (kind in ('call', 'own_words'));
