-- depends: 0059.posts_of_reports_and_ends
-- When a cell's trunk refused whatever our dialer called: those ends are our fault, not the citizens' (ADR 61).
create table trunk_refusal (
    cell      text not null,
    began_at  timestamptz not null,              -- when the first of the refused calls was written
    seen_at   timestamptz not null,
    probed_at timestamptz not null,              -- when a single call last tried it
    ended_at  timestamptz,                       -- when the first call was written that came through again
    primary key (cell, began_at),
    constraint a_refusal_ends_after_it_began check (ended_at >= began_at)
);
create unique index trunk_refusal_open on trunk_refusal (cell) where ended_at is null;
