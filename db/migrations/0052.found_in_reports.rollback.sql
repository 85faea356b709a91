drop index callback_by_number;
drop index agent_talk_by_queue;
drop index complaint_open_at_post;
