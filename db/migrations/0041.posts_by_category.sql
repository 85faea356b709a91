-- depends: 0031.posts_in_english
-- A post may be for some categories only (R9): for nodes of the tree, each with all that lies below.

-- `limited`: the post is for what stands in `post_category`, else for all that its department answers.
alter table post
    add column limited boolean not null default false,
    -- Null where it is limited, and nulls are no duplicates: of the posts for all, one at a place and level.
    add column whole boolean generated always as (case when limited then null else true end) stored,
    drop constraint one_post_per_department_place_and_level,
    -- Its index also finds the posts of a department at a place. Deferrable as before (0006).
    add constraint one_whole_post_per_department_place_and_level unique (department, place, level, whole) deferrable,
    add constraint post_with_its_duty unique (id, department, place, level, limited);

-- The duty stands here too, so that two posts cannot share one; the foreign key keeps it the post's own.
create table post_category (
    post       text not null,
    category   text not null references category,
    department text not null,
    place      text not null,
    level      smallint not null,
    limited    boolean not null default true check (limited),
    primary key (post, category),
    foreign key (post, department, place, level, limited) references post (id, department, place, level, limited),
    constraint one_post_per_category_place_and_level unique (category, department, place, level) deferrable
);

-- How many steps above the category the nearest node stands that the limited post is for; null: it is not for this category.
-- In steps, not as a part of the statement that asks: it is only for limited posts, and its plans are kept, so that finding
-- posts costs what it did (a tenth more, where each is limited; as one more recursion in the statement it was half more).
-- The bound ends a cycle.
create function post_breadth(of_post text, of_category text) returns integer
language plpgsql stable parallel safe as $$
declare
    at text := of_category;
begin
    for steps in 0..31 loop
        if exists (select from post_category where post = of_post and category = at) then
            return steps;
        end if;
        select parent into at from category where code = at;
        exit when at is null;
    end loop;
    return null;
end $$;

-- As in 0023 and 0031, without the posts that are for other categories. `breadth`: null for those of the whole department.
drop function posts_above;
create function posts_above(of_department text, of_category text, from_place text, today date)
returns table (id text, title text, title_en text, department text, level smallint, place text, number e164, vacant_from date,
               distance integer, breadth integer, officer text, name text, officer_number e164, kind text, from_on date,
               until_on date, leave_from date, leave_until date)
language sql stable parallel safe as $$
    with recursive above (code, parent, distance) as (
        select code, parent, 0 from place where code = from_place
        union all
        select p.code, p.parent, a.distance + 1
        from above a cross join lateral (select code, parent from place where code = a.parent offset 0) p
        where a.distance < 8
    )
    select o.id, o.title, o.title_en, o.department, o.level, o.place, o.number, o.vacant_from, above.distance, o.breadth,
           t.officer, f.name, f.number, t.kind, t.from_on, t.until_on, l.from_on, l.until_on
    from above
    cross join lateral (
        select post.*, case when post.limited then post_breadth(post.id, of_category) end as breadth
        from post where post.department = of_department and post.place = above.code offset 0
    ) o
    left join tenure t on t.post = o.id and t.from_on <= today
    left join officer f on f.code = t.officer
    left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> today
    where not o.limited or o.breadth is not null
$$;
