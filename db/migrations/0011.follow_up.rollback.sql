drop index notification_undelivered;
delete from message_template where kind in ('citizen_asked', 'officer_resumed', 'officer_link');
drop index complaint_by_cm_office;
drop index complaint_still_late;
drop index complaint_by_resume;
alter table complaint drop constraint a_pause_has_an_end, drop column resume_at, drop column looked_again_at;
drop index complaint_awaiting_by_citizen;
alter table dissatisfaction_register
    drop constraint dissatisfaction_register_attempt_id_complaint_id_fkey,
    drop constraint dissatisfaction_register_pkey;
alter table feedback drop constraint feedback_pkey, add primary key (attempt_id), drop column told_to;
alter table dissatisfaction_register
    add primary key (attempt_id),
    add foreign key (attempt_id) references feedback;
alter table complaint add constraint closing_attempt_is_feedback foreign key (closing_attempt) references feedback;
drop index feedback_due_step;
drop index feedback_due_open;
alter table feedback_due drop column step, drop column step_until, drop column tried;
create index feedback_due_open on feedback_due (next_attempt_at) where done_at is null;
