-- name: officers_of_all_posts(today)
-- Every post with who held it up to today and who of them is on leave: a row for each tenure.
select post.id, post.title, post.title_en, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from post
left join tenure t on t.post = post.id and t.from_on <= :today
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> :today::date
order by post.id, t.from_on;

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
select code, name_hi, name_en, department, level_days, parent, in_scope, advice_hi, keywords from category;

-- name: officers_answered_categories()
-- Those for which somebody must be there.
select code, department from category where in_scope and leaf;

-- name: officers_posts()
select id, title, department, place, level, number, vacant_from, title_en from post;

-- name: officers_posts_that_had_complaints(posts)
-- Or that reported or ended one.
select p.id from post p
where p.id = any(:posts::text[])
  and (exists (select from complaint c where c.post = p.id) or exists (select from disposal d where d.post = p.id)
       or exists (select from complaint_end e where e.post = p.id));

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
where state = 'with_officer' and post = any(:posts::text[]) group by post;

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
select c.number, k.name_hi as category_name, p.name_hi as place_name, c.state, c.level, c.due_at, c.overdue_at is not null as late,
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
