-- name: officers_of_all_posts(today)
-- Every post with who held it up to today and who of them is on leave: a row for each tenure.
select post.id, post.title, post.title_en, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance, null::integer as breadth,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from post
left join tenure t on t.post = post.id and t.from_on <= :today
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> :today::date
order by post.id, t.from_on;

-- name: officers_of_emptied_posts(today)
-- As officers_of_all_posts, for those that have complaints and that a holder has left, or that are marked vacant.
select post.id, post.title, post.title_en, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance, null::integer as breadth,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from post
left join tenure t on t.post = post.id and t.from_on <= :today
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> :today::date
where (post.vacant_from <= :today or exists (select from tenure e where e.post = post.id and e.until_on < :today))
  and exists (select from complaint c where c.post = post.id and c.state in ('with_officer', 'proposed', 'paused'))
order by post.id, t.from_on;

-- name: officers_lock_at_vacant(posts, vacancies, before, now, at_most)
-- What posts that are vacant have, looked at least recently first. `vacancies`: each post with the day since when, as one text:
-- what a complaint's history has been told of already.
select c.id, c.due_since as at, c.post, c.vacancy_noted is distinct from v.vacancy as untold,
       coalesce((select f.failures from deadline_fault f
                 where f.complaint_id = c.id and f.work = 'vacancy' and f.due_at = c.due_since), 0) as failures
from unnest(:posts::text[], :vacancies::text[]) as v (post, vacancy)
join complaint c on c.post = v.post and c.state in ('with_officer', 'proposed')
where (c.vacancy_looked_at is null or c.vacancy_looked_at <= :before or c.vacancy_noted is distinct from v.vacancy)
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'vacancy' and f.due_at = c.due_since), '-infinity') <= :now
order by coalesce(c.vacancy_looked_at, '-infinity'), c.due_at
limit :at_most
for no key update of c skip locked;

-- name: officers_looked_at_vacant(ids, at)!
update complaint set vacancy_looked_at = :at where id = any(:ids::uuid[]);

-- name: officers_told_of_vacancy(ids, vacancies)!
update complaint c set vacancy_noted = r.vacancy
from unnest(:ids::uuid[], :vacancies::text[]) as r (id, vacancy) where c.id = r.id;

-- name: officers_note_vacancies(posts, since, at)
-- Once for each vacancy; those that are new.
insert into post_vacancy (post, since, noted_at)
select r.post, r.since, :at from unnest(:posts::text[], :since::date[]) as r (post, since)
on conflict (post, since) do nothing returning post;

-- name: officers_put(codes, names, numbers, emails)!
insert into officer (code, name, number, email)
select * from unnest(:codes::text[], :names::text[], :numbers::text[], :emails::text[])
on conflict (code) do update set name = excluded.name, number = excluded.number, email = excluded.email;

-- name: officers_put_tenures(posts, officers, kinds, first_days, last_days)!
insert into tenure (post, officer, kind, from_on, until_on)
select * from unnest(:posts::text[], :officers::text[], :kinds::text[], :first_days::date[], :last_days::date[])
on conflict (post, kind, from_on) do update set officer = excluded.officer, until_on = excluded.until_on;

-- name: officers_put_leaves(officers, first_days, last_days)!
insert into officer_leave (officer, from_on, until_on)
select * from unnest(:officers::text[], :first_days::date[], :last_days::date[])
on conflict (officer, from_on) do update set until_on = excluded.until_on;

-- name: officers_put_holidays(calendars, days, names_hi)!
insert into holiday (calendar, on_date, name_hi)
select * from unnest(:calendars::text[], :days::date[], :names_hi::text[])
on conflict (calendar, on_date) do update set name_hi = excluded.name_hi;

-- name: officers_hold_import()$
-- One import at a time: it is judged against what is there, which must not change until it is written.
select pg_try_advisory_xact_lock(10760006);

-- name: officers_departments()
select code, name_hi, name_en from department;

-- name: officers_places()
select code, kind, name_hi, name_en, parent from place;

-- name: officers_categories()
select code, name_hi, name_en, department, level_days, parent, in_scope, advice_hi, keywords, advice_en from category;

-- name: officers_answered_categories()
-- Those for which somebody must be there.
select code, department from category where in_scope and leaf;

-- name: officers_posts()
select id, title, department, place, level, number, vacant_from, title_en,
       array(select category from post_category where post = post.id order by category collate "C") as categories
from post;

-- name: officers_post_categories()
-- The nodes that limited posts are for.
select post, category from post_category;

-- name: officers_category_parents()
select code, parent from category;

-- name: officers_categories_with_complaints(categories)
select k.code from category k
where k.code = any(:categories::text[]) and exists (select from complaint c where c.category = k.code);

-- name: officers_posts_that_had_complaints(posts)
-- Or that reported or ended one, was handed a file, or proposed something. Each is sought; asked with `exists`, all that any post
-- had could be read to be remembered.
select p.id from unnest(:posts::text[]) as p (id)
where coalesce((select true from complaint c where c.post = p.id limit 1), (select true from disposal d where d.post = p.id limit 1),
               (select true from complaint_end e where e.post = p.id limit 1), (select true from bundle b where b.post = p.id limit 1),
               (select true from proposal r where r.post = p.id limit 1));

-- name: officers_officers()
select code, name, number, email from officer;

-- name: officers_tenures()
select post, officer, kind, from_on, until_on from tenure;

-- name: officers_leaves()
select officer, from_on, until_on from officer_leave;

-- name: officers_holidays()
select calendar, on_date, name_hi from holiday;

-- name: officers_open_complaints(posts)
-- How many complaints wait with each of these posts.
select post, count(*) as complaints from complaint
where state in ('with_officer', 'proposed', 'paused') and post = any(:posts::text[]) group by post;

-- name: officers_misfits()
-- Complaints at work whose post does not answer for their department, place or category any more: something was reformed since they
-- came to it. Each post and matter is looked at once, however many complaints it has.
select post, wrong, sum(complaints)::bigint as complaints, min(first) as first
from (
    select m.*, post_misfit(m.post, m.department, m.category, m.place) as wrong
    from (
        select c.post, coalesce(c.department, k.department) as department, c.category, c.place, count(*) as complaints,
               min(c.number) as first
        from complaint c join category k on k.code = c.category
        where c.state in ('with_officer', 'proposed', 'paused')
        group by c.post, coalesce(c.department, k.department), c.category, c.place
    ) m
) o
where wrong is not null group by post, wrong order by post, wrong;

-- name: officers_remove_tenures(posts, kinds, first_days)!
delete from tenure t using unnest(:posts::text[], :kinds::text[], :first_days::date[]) as r (post, kind, from_on)
where t.post = r.post and t.kind = r.kind and t.from_on = r.from_on;

-- name: officers_remove_leaves(officers, first_days)!
delete from officer_leave l using unnest(:officers::text[], :first_days::date[]) as r (officer, from_on)
where l.officer = r.officer and l.from_on = r.from_on;

-- name: officers_remove_holidays(calendars, days)!
delete from holiday h using unnest(:calendars::text[], :days::date[]) as r (calendar, on_date)
where h.calendar = r.calendar and h.on_date = r.on_date;

-- name: officers_list(post, after_due, after_number, at_most)
-- What an officer has to do, due soonest first; what stands still comes last. A page goes on after the last line of the one
-- before it, and is cut before anything is joined: it costs the same however far down and however long the list is.
select c.number, k.name_hi as category_name, c.kind, c.incident, p.name_hi as place_name, c.state, c.level, c.due_at, c.overdue_at is not null as late,
       c.registered_at, left(c.text_hi, 200) as excerpt
from (
    select * from complaint
    where post = :post and state in ('with_officer', 'proposed', 'paused')
      and (coalesce(due_at, 'infinity'), number) > (:after_due::timestamptz, :after_number::text)
    order by coalesce(due_at, 'infinity'), number
    limit :at_most
) c
join category k on k.code = c.category join place p on p.code = c.place
order by coalesce(c.due_at, 'infinity'), c.number;
