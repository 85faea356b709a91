-- Fails while two posts share a department, place and level: which of them is to stay must be said first.
drop function posts_above;
drop function post_breadth;
drop table post_category;
alter table post
    drop constraint post_with_its_duty,
    drop constraint one_whole_post_per_department_place_and_level,
    drop column whole,
    drop column limited,
    add constraint one_post_per_department_place_and_level unique (department, place, level) deferrable;
create function posts_above(of_department text, from_place text, today date)
returns table (id text, title text, title_en text, department text, level smallint, place text, number e164, vacant_from date,
               distance integer, officer text, name text, officer_number e164, kind text, from_on date, until_on date,
               leave_from date, leave_until date)
language sql stable parallel safe as $$
    with recursive above (code, parent, distance) as (
        select code, parent, 0 from place where code = from_place
        union all
        select p.code, p.parent, a.distance + 1
        from above a cross join lateral (select code, parent from place where code = a.parent offset 0) p
        where a.distance < 8
    )
    select o.id, o.title, o.title_en, o.department, o.level, o.place, o.number, o.vacant_from, above.distance,
           t.officer, f.name, f.number, t.kind, t.from_on, t.until_on, l.from_on, l.until_on
    from above
    cross join lateral (select * from post where post.department = of_department and post.place = above.code offset 0) o
    left join tenure t on t.post = o.id and t.from_on <= today
    left join officer f on f.code = t.officer
    left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> today
$$;
