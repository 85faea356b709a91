-- depends: 0008.lifecycle
-- A complaint is closed as satisfied only by its own citizen's "satisfied"; what was said is never changed.

alter table feedback add constraint feedback_as_evidence unique (attempt_id, complaint_id, satisfied);
alter table complaint add column closing_answer boolean
    generated always as (case when closing_attempt is null then null else true end) stored;
alter table complaint add constraint closed_by_its_own_citizens_word
    foreign key (closing_attempt, id, closing_answer) references feedback (attempt_id, complaint_id, satisfied);

create trigger feedback_is_append_only before update or delete on feedback
    for each row execute function refuse_change();
create trigger register_is_append_only before update or delete on dissatisfaction_register
    for each row execute function refuse_change();
create trigger disposal_is_append_only before update or delete on disposal
    for each row execute function refuse_change();
