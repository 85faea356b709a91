do $$ begin
    if exists (select from alarm where kind = 'cell_silent') then
        raise exception 'cells have been silent: their alarms would be lost';
    end if;
    if exists (select from alarm_limit where kind in ('dialling_cut_off', 'cell_silent')) then
        raise exception 'limits were set that would be lost';
    end if;
end $$;
create index agent_state_by_agent on agent_state (agent_id, from_at);
drop index agent_state_in_order;
drop index complaint_moved_to_department;
drop index complaint_by_subject;
alter table alarm_limit drop constraint alarm_limit_kind_check;
alter table alarm_limit add constraint alarm_limit_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing'));
alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off'));
