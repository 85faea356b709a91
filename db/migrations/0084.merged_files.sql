-- depends: 0070.told_to_citizens
-- Which files were merged into one: told in confidence, their messages that have not left name nobody either.
create index complaint_end_by_merger on complaint_end (merged_into) where merged_into is not null;
