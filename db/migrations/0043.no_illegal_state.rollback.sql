do $$
declare name regclass;
begin
    for name in select tgrelid from pg_trigger where tgname = 'is_not_emptied' loop
        execute format('drop trigger is_not_emptied on %s', name);
    end loop;
end $$;
alter table disposal drop constraint what_was_told_was_told_in_a_call;
drop trigger a_complaint_stays_whose_it_is on complaint;
drop trigger merged_into_the_citizens_older_file on complaint_end;
drop function merged_into_the_citizens_older_file;
drop trigger its_next_post_answers_for_it on complaint;
drop trigger its_first_post_answers_for_it on complaint;
drop function its_post_answers_for_it;
alter table complaint_end
    drop constraint ended_at_the_level_of_the_post,
    add constraint complaint_end_post_fkey foreign key (post) references post;
alter table disposal
    drop constraint reported_at_the_level_of_the_post,
    add constraint disposal_post_fkey foreign key (post) references post;
alter table complaint
    drop constraint it_is_at_the_level_of_its_post,
    drop constraint closed_by_its_own_citizens_word,
    drop constraint the_citizen_was_asked_about_this_disposal,
    add constraint complaint_post_fkey foreign key (post) references post;
alter table post drop constraint post_by_level;
alter table feedback
    drop constraint an_answer_ends_the_asking,
    drop constraint feedback_as_evidence,
    drop column asking,
    add constraint feedback_as_evidence unique (attempt_id, complaint_id, satisfied);
alter table feedback_due
    drop constraint feedback_due_as_evidence,
    drop constraint given_up_after_something_was_tried,
    drop constraint what_is_done_has_an_outcome,
    drop column outcome;
drop index complaint_history_by_time;
alter table complaint
    drop column head, drop column entries, drop column asking,
    add constraint closed_by_its_own_citizens_word
        foreign key (closing_attempt, id, closing_answer) references feedback (attempt_id, complaint_id, satisfied);
