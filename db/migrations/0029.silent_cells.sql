-- depends: 0028.cut_off_alarm
-- A cell of which nothing is heard is an alarm, raised by whichever other cell is first: `an_alarm_is_raised_once` holds over all.

alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));

-- The calls of a department or a place are looked up by its complaints, where these are few.
create index complaint_by_subject on complaint (category, place);
create index complaint_moved_to_department on complaint (department, place) where department is not null;

-- The report's wrap-ups: each agent's intervals in their order, without a sort and from the index alone. It begins as the one
-- that it replaces. An interval's end was in an index's condition before, so that closing one costs no more than it did.
create index agent_state_in_order on agent_state (agent_id, from_at, until_at) include (state, call_id);
drop index agent_state_by_agent;

-- What is an alarm can have a limit; the kind of 0028 had been forgotten here.
alter table alarm_limit drop constraint alarm_limit_kind_check;
alter table alarm_limit add constraint alarm_limit_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));
