drop view recording_found;
drop table recording_pause;
drop trigger recording_stays_erased on recording;
drop function recording_stays_erased();
drop trigger recording_erased_in_order on recording;
drop function recording_erased_in_order();
drop table recording_erasure;
drop table recording_hold;
drop table recording_retention;
alter table recording_access drop column reason, drop column role, drop column first_byte, drop column last_byte;
drop table recording_event_unsealed;
drop table recording_seal;
drop table recording_event;
drop function recording_event_waits();
drop table recording_object;
drop index call_by_agent;
drop index recording_stored;
drop index recording_by_start;
drop index recording_uncopied;
alter table recording drop column copied_at, drop column copy_after, drop column copy_failures;
alter table recording drop constraint a_stored_recording_is_whole;
alter table recording add constraint a_stored_recording_is_whole check (
    (state = 'stored') = (sha256 is not null and location is not null and seconds is not null
                          and channels is not null and bytes is not null and closed_at is not null)) not valid;
alter table recording drop constraint recording_state_check;
alter table recording add constraint recording_state_check check (state in ('open', 'stored', 'missing')) not valid;
