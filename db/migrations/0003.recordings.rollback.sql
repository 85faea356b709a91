drop table recording_access;
drop table recording;
