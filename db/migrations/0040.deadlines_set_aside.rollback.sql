do $$ begin
    if exists (select from alarm where kind = 'deadlines_stuck') or exists (select from alarm_limit where kind = 'deadlines_stuck') then
        raise exception 'deadlines have been set aside: their alarms or limits would be lost';
    end if;
    if exists (select from dissatisfaction_register where attempt_id is null) then
        raise exception 'complaints were opened again: their entries in the register would be lost';
    end if;
end $$;
create index register_by_complaint on dissatisfaction_register (complaint_id);
alter table dissatisfaction_register
    drop constraint an_entry_has_its_evidence,
    drop constraint a_reopening_is_in_the_register_once,
    drop constraint a_feedback_is_in_the_register_once,
    drop column words,
    drop column reopened_entry,
    drop constraint dissatisfaction_register_pkey,
    alter column attempt_id set not null,
    add primary key (attempt_id, complaint_id),
    add constraint dissatisfaction_register_entry_no_key unique (entry_no);
alter table alarm_limit drop constraint alarm_limit_kind_check, add constraint alarm_limit_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));
alter table alarm drop constraint alarm_kind_check, add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));
delete from message_template where kind = 'officer_vacancy';
alter table complaint drop column vacancy_looked_at, drop column vacancy_noted;
drop table post_vacancy;
drop view deadline_aside;
drop table deadline_fault;
