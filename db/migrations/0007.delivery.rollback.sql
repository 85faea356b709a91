drop table bundle_access;
drop table bundle;
drop table notification_attempt;
drop index notification_by_reference, notification_held, notification_due;
delete from notification where channel <> 'sms';
alter table notification
    drop constraint a_held_message_says_why,
    drop constraint a_message_waits_or_is_sent_or_is_held,
    drop column undelivered_at, drop column delivered_at, drop column reference, drop column last_error,
    drop column held_at, drop column next_attempt_at, drop column failures, drop column attempts, drop column parts,
    drop column encoding, drop column variables, drop column language, drop column header, drop column template_id, drop column subject,
    drop constraint an_sms_goes_to_a_number,
    alter column recipient type e164,
    drop constraint notification_channel_check,
    add constraint notification_channel_check check (channel in ('sms'));
create index notification_unsent on notification (created_at) where sent_at is null;
drop table message_template;
