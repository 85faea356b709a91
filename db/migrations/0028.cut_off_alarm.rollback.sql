do $$ begin
    if exists (select from alarm where kind = 'dialling_cut_off') then
        raise exception 'telephones have been cut off from dialling: their alarms would be lost';
    end if;
end $$;
alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing'));
