drop function enter_queue_told(uuid, text, timestamptz, smallint);
alter table queue_stay drop column told_minutes;
