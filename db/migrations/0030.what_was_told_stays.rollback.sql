do $$ begin
    if exists (select from alarm_limit where kind = 'dialling_cut_off') then
        raise exception 'limits were set for telephones that are cut off from dialling: they would be lost';
    end if;
end $$;
drop trigger complaint_scheme_is_append_only on complaint_scheme;
drop trigger an_answer_is_not_taken_back on complaint_field;
drop trigger an_answer_stays_what_it_is on complaint_field;
alter table alarm_limit drop constraint alarm_limit_kind_check;
alter table alarm_limit add constraint alarm_limit_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing'));
