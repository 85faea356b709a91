create index complaint_awaiting_by_citizen on complaint (citizen_id) where state = 'awaiting_feedback';
drop function posts_above;
