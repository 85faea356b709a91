drop index app_user_by_agent_number;
drop trigger agent_number_was_anothers on app_user;
drop function refuse_agent_number_that_was_anothers();
