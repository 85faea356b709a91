-- depends: 0028.cut_off_alarm
-- A cell of which nothing is heard is an alarm, raised by whichever other cell is first: `an_alarm_is_raised_once` holds over all.

alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));

-- What is an alarm can have a limit; the kind of 0028 had been forgotten here.
alter table alarm_limit drop constraint alarm_limit_kind_check;
alter table alarm_limit add constraint alarm_limit_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off',
    'cell_silent'));
