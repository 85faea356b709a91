drop index agent_session_moved;
drop index sealed_file_by_master;
drop index sealed_file_to_delete;
create index sealed_file_to_delete on sealed_file (removed_at) where removed_at is not null and deleted_at is null;
drop index recording_object_to_delete;
create index recording_object_to_delete on recording_object (removed_at) where removed_at is not null and deleted_at is null;
