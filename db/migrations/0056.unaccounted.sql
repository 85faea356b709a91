-- depends: 0055.kept_in_order
-- Calls that came to a queue and have no stay in any: no figure counts them, so the report has to say so.
-- Of days that are over, as report_calls; a day without such calls has no row.
create table report_unaccounted (
    day   date not null references report_day on delete cascade,
    queue text not null,
    calls int not null check (calls > 0),
    primary key (day, queue)
);
-- Days that were summed before have not been asked.
update report_day set summed_at = null;
