-- depends: 0061.trunk_refusals
-- A recording of no seconds has nothing to copy, for ever: it stands last in the keeper's index, where nobody looks for what
-- is to be copied now (was: first, and each turn passed all of them).
-- At ten million rows: the few rows in question, found by recording_uncopied. No lock but on those, which nobody changes.
update recording set copy_after = 'infinity' where state = 'stored' and copied_at is null and seconds = 0;
