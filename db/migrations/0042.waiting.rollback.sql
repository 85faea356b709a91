delete from message_template where kind = 'team_returned';
delete from notification_attempt where notification_id in (select id from notification where kind = 'team_returned');
delete from notification where kind = 'team_returned';
alter table notification
    drop constraint notification_kind_check,
    add constraint notification_kind_check
        check (kind ~ '^(citizen|officer)_[a-z_]+$' or kind in ('alarm_raised', 'alarm_cleared'));
drop index complaint_waiting;
update complaint_call set role = 'follow_up' where role = 'officer';
alter table complaint_call
    drop constraint complaint_call_role_check,
    add constraint complaint_call_role_check check (role in ('registration', 'feedback', 'follow_up', 'disposal'));
