-- name: officers_of_all_posts(today)
-- Every post with who held it up to today and who of them is on leave: a row for each tenure.
select post.id, post.title, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from post
left join tenure t on t.post = post.id and t.from_on <= :today
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> :today::date
order by post.id, t.from_on;
