drop trigger its_criteria_are_not_rewritten on quality_criterion;
drop trigger a_version_is_not_rewritten on quality_form;
alter table quality_form drop constraint a_version_is_somebodys, drop column why, drop column made_at, drop column made_by;
drop function answer_within;
drop table queue_service_level;
