delete from message_template where kind = 'citizen_disposed';
delete from notification_attempt where notification_id in (select id from notification where kind = 'citizen_disposed');
delete from notification where kind = 'citizen_disposed';
