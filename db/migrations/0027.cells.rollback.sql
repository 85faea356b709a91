drop table cell_command;
drop table cell_board;
drop table cell;
drop function report_key(text, text, text, timestamptz);
drop index complaint_of_post;
drop index bundle_by_post;
drop function call_within(uuid, text, boolean, jsonb);
drop function complaint_within(uuid, text, jsonb);
drop view call_complaint;
