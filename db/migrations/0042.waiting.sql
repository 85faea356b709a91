-- depends: 0041.posts_by_category
-- What waits for the CM's team or for a decision has a list, and the team is told of what comes back (R10, R18, R31). What an
-- agent enters names the call in which they were told.

create index complaint_waiting on complaint (changed_at, number) where state in ('triage', 'returned', 'proposed');

alter table notification
    drop constraint notification_kind_check,
    add constraint notification_kind_check
        check (kind ~ '^(citizen|officer|team)_[a-z_]+$' or kind in ('alarm_raised', 'alarm_cleared'));
insert into message_template (kind, channel, text, variables) values
    ('team_returned', 'sms',
     'शिकायत {number} ({category}, {place}) गलत मैपिंग बताकर लौटाई गई: {matter} सही अधिकारी को भेजें, समय सीमा {due}।',
     '{number,category,place,matter,due}');

-- From which call: an officer who tells an agent more than a disposal (a pause, a transfer, a decision) does it in a call too.
alter table complaint_call
    drop constraint complaint_call_role_check,
    add constraint complaint_call_role_check
        check (role in ('registration', 'feedback', 'follow_up', 'disposal', 'officer'));
