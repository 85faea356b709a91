-- depends: 0053.advice_and_calls_out
-- What sweeps and a change of keys walk over, in their order.

-- What the store does not delete stays: those after it are sought behind it, and many were removed at one time.
drop index recording_object_to_delete;
create index recording_object_to_delete on recording_object (removed_at, id) where removed_at is not null and deleted_at is null;
drop index sealed_file_to_delete;
create index sealed_file_to_delete on sealed_file (removed_at, id) where removed_at is not null and deleted_at is null;

-- Keys of another master, as recording_object_by_master.
create index sealed_file_by_master on sealed_file (master_id, id) where master_id is not null;

-- Sign-ins in which a supervisor moved the agent, by their end: few of all, and only the latest reach into a day.
create index agent_session_moved on agent_session (coalesce(signed_out_at, 'infinity')) where queues is not null;
