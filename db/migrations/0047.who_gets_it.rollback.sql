alter table complaint
    drop constraint a_due_time_says_what_it_was_computed_from,
    drop column due_left_then, drop column due_running_since,
    add constraint a_due_time_says_what_it_was_computed_from check (
        due_at is null or num_nonnulls(due_since, due_days, due_policy, due_counting) = 4);
create or replace function its_post_answers_for_it() returns trigger language plpgsql as $$
begin
    if not exists (select from post o, category k
                   where o.id = new.post and k.code = new.category and o.department = coalesce(new.department, k.department)) then
        raise exception 'post % does not answer for complaint %', new.post, new.number
            using errcode = 'check_violation', constraint = 'its_post_answers_for_it', table = 'complaint';
    end if;
    return null;
end $$;
drop function post_misfit;
