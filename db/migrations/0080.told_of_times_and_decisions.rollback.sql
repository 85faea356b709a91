delete from message_template where kind in ('citizen_resumed', 'officer_approved');
delete from notification_attempt
where notification_id in (select id from notification where kind in ('citizen_resumed', 'officer_approved'));
delete from notification where kind in ('citizen_resumed', 'officer_approved');
