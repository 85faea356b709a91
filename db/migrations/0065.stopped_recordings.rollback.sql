alter table recording drop column stopped_at;
