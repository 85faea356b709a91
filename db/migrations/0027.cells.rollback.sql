do $$ begin
    if exists (select from alarm_limit) then
        raise exception 'limits of alarms were set: they would be lost';
    end if;
end $$;
drop table alarm_limit;
drop trigger peaks_go_with_the_recording on recording;
drop function forget_peaks();
drop table recording_peaks;
drop table cell_command;
drop table cell_board;
drop table cell;
drop function report_key(text, text, text, timestamptz);
drop index complaint_of_post;
drop index bundle_by_post;
drop function call_within(uuid, text, boolean, jsonb);
drop function complaint_within(uuid, text, jsonb);
drop view call_complaint;
