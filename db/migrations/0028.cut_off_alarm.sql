-- depends: 0021.officers_line
-- A telephone that was cut off from dialling (toll fraud) is an alarm, told as every other is.

alter table alarm drop constraint alarm_kind_check;
alter table alarm add constraint alarm_kind_check check (kind in (
    'waiting', 'longest_wait', 'service_level', 'trunk_full', 'ami_down', 'recordings_failing', 'dialling_cut_off'));
