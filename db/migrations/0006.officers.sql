-- depends: 0005.attempts
-- Who holds a post, from when to when: persons come and go, complaints stay with the post.

-- "The same post at the same time" as an exclusion constraint needs an operator class for text in GiST, which only
-- an extension has. A range type over text has one in the core: [x, x] overlaps [y, y] exactly when x = y.
create type text_range as range (subtype = text, collation = "C");

-- Deferrable: an import may let two posts change places, and is judged at its statement's end.
alter table post
    add column vacant_from date,                 -- marked vacant from this day on, until a holder joins on it or later
    drop constraint post_department_place_level_key,
    add constraint one_post_per_department_place_and_level unique (department, place, level) deferrable;

create table officer (
    code   text primary key,                     -- personnel number, or whatever the operator knows them by
    name   text not null,
    number e164                                  -- null: messages go to the number of the post
);

-- Days in India, both inclusive; no last day: until further orders.
create table tenure (
    post     text not null references post,
    officer  text not null references officer,
    kind     text not null check (kind in ('holder', 'charge')),  -- charge: additional to a post of their own
    from_on  date not null,
    until_on date check (until_on >= from_on),
    primary key (post, kind, from_on),
    constraint one_officer_at_a_time exclude using gist (
        text_range(post, post, '[]') with &&,
        text_range(kind, kind, '[]') with &&,
        daterange(from_on, until_on, '[]') with &&) deferrable
);
create index tenure_by_officer on tenure (officer);

create table officer_leave (
    officer  text not null references officer,
    from_on  date not null,
    until_on date check (until_on >= from_on),
    primary key (officer, from_on),
    constraint one_leave_at_a_time exclude using gist (
        text_range(officer, officer, '[]') with &&,
        daterange(from_on, until_on, '[]') with &&) deferrable
);

-- Days on which offices are closed, besides the weekly ones; a calendar for each office that keeps its own.
create table holiday (
    calendar text not null,
    on_date  date not null,
    name_hi  text not null,
    primary key (calendar, on_date)
);
