delete from message_template where channel = 'email' and kind ~ '^officer_';
delete from notification_attempt where notification_id in (
    select id from notification where kind ~ '^complaint_' or channel = 'email');
delete from notification where kind ~ '^complaint_' or channel = 'email';
alter table notification
    drop constraint notification_kind_check,
    add constraint notification_kind_check check (kind ~ '^(citizen|officer|team)_[a-z_]+$' or kind in ('alarm_raised', 'alarm_cleared'));
drop table webhook_audience;
alter table notification drop constraint an_email_goes_to_an_address;
drop function email_of;
alter table officer drop column email;
