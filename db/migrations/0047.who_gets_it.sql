-- depends: 0044.mail_and_events
-- Who gets a complaint answers for its place and category too, not for its department alone. And what was left of an officer's
-- time when the clock last began to run, so that a day on which offices are closed, made known later, is not taken from it.

-- What of a matter the post does not answer for: 'department', 'place' or 'category'; null: it answers for all of it. By the
-- rules of `posts_above`, in steps, since one row asks: from the place up to that of the post.
create function post_misfit(of_post text, of_department text, of_category text, of_place text) returns text
language plpgsql stable parallel safe as $$
declare
    its record;
    at text := of_place;
begin
    select department, place, limited into its from post where id = of_post;
    if its.department is distinct from of_department then
        return 'department';
    end if;
    for steps in 0..8 loop
        if at = its.place then
            return case when its.limited and post_breadth(of_post, of_category) is null then 'category' end;
        end if;
        select parent into at from place where code = at;
        exit when at is null;
    end loop;
    return 'place';
end $$;

-- As in 0043, with place and category. Only a new post is looked at: what is with a post already stays there when its matter is
-- mapped anew and nobody is held there, or when departments, places, categories or posts are reformed. Such are reported.
create or replace function its_post_answers_for_it() returns trigger language plpgsql as $$
declare
    wrong text;
begin
    select post_misfit(new.post, coalesce(new.department, k.department), new.category, new.place) into wrong
    from category k where k.code = new.category;
    if wrong is not null then
        raise exception 'post % does not answer for complaint %: it is not for its %', new.post, new.number, wrong
            using errcode = 'check_violation', constraint = 'its_post_answers_for_it', table = 'complaint';
    end if;
    return null;
end $$;

-- The officer's clock runs since then, and had so much to run. Of a clock that stood before, the part that had passed is told
-- apart from what was left by the length of its pauses.
alter table complaint add column due_running_since timestamptz, add column due_left_then interval;
update complaint set due_running_since = due_since + due_paused, due_left_then = due_days * interval '1 day'
where due_at is not null;
-- What is checked at the transaction's end would hold up the change of the table.
set constraints all immediate;
alter table complaint
    drop constraint a_due_time_says_what_it_was_computed_from,
    add constraint a_due_time_says_what_it_was_computed_from check (
        due_at is null
        or num_nonnulls(due_since, due_days, due_policy, due_counting, due_running_since, due_left_then) = 6);
