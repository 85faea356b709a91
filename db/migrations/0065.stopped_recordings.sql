-- depends: 0064.nothing_to_copy
-- When a recorder was stopped before its call's end, on purpose: an officer's PIN is not recorded. Such a recording is not
-- short of what came after.
-- At ten million rows: a column without a default, no row is touched; the table's lock is held for as long as a catalogue row
-- takes, once every statement that runs on it has ended.
alter table recording add column stopped_at timestamptz;
