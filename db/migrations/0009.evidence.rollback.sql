drop trigger disposal_is_append_only on disposal;
drop trigger register_is_append_only on dissatisfaction_register;
drop trigger feedback_is_append_only on feedback;
alter table complaint drop constraint closed_by_its_own_citizens_word;
alter table complaint drop column closing_answer;
alter table feedback drop constraint feedback_as_evidence;
