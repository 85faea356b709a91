drop view call_listed;
drop index call_by_start;
delete from message_template where kind in ('alarm_raised', 'alarm_cleared');
delete from notification_attempt where notification_id in (select id from notification where alarm_id is not null);
delete from notification where alarm_id is not null;
alter table notification
    drop constraint an_alarms_message_is_of_its_kind,
    drop constraint a_message_is_about_one_thing,
    drop constraint notification_kind_check,
    add constraint notification_kind_check check (kind ~ '^(citizen|officer)_[a-z_]+$'),
    drop column alarm_id,
    alter column complaint_id set not null;
drop table alarm;
drop table supervisor_action;
