-- depends: 0031.posts_in_english
-- What counts as answered in time, by queue and time; quality forms that nobody rewrites.

-- Written by each cell from its settings as it starts. What a caller was promised when they were queued stays what they are
-- counted by: a changed setting counts from then on, and no sum of a day that is over changes.
create table queue_service_level (
    cell          text not null,
    queue         text not null,
    since         timestamptz not null,
    answer_within interval not null check (answer_within > interval '0'),
    primary key (cell, queue, since)
);
create trigger what_held_is_not_rewritten before update or delete on queue_service_level
    for each row execute function refuse_change();

-- Of a call that was sent to a queue then; where nobody has said, or `own` is false: `otherwise`.
create function answer_within(in_cell text, in_queue text, at timestamptz, otherwise interval, own boolean) returns interval
language sql stable parallel safe as $$
    select case when own then coalesce((
        select l.answer_within from queue_service_level l
        where l.cell = in_cell and l.queue = in_queue and l.since <= at order by l.since desc limit 1), otherwise)
    else otherwise end
$$;

-- A changed form is a new version: who made it, when and why. Of the version that came with the software nobody is named.
alter table quality_form
    add column made_by text check (made_by <> ''),
    add column made_at timestamptz,
    add column why     text check (why <> ''),
    add constraint a_version_is_somebodys check (num_nonnulls(made_by, made_at, why) in (0, 3));
create trigger a_version_is_not_rewritten before update or delete on quality_form
    for each row execute function refuse_change();
create trigger its_criteria_are_not_rewritten before update or delete on quality_criterion
    for each row execute function refuse_change();
