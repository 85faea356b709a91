drop trigger a_call_that_ends_leaves_nobody on call;
drop function a_call_that_ends_leaves_nobody();
drop function begin_talk(uuid, text, timestamptz);
drop function enter_queue(uuid, text, timestamptz, boolean);
drop table agent_talk;
drop table queue_stay;
