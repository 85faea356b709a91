drop table complaint_field_seen, complaint_field, complaint_scheme;
drop view form_field, script, scheme;
drop table form_field_version, script_version, scheme_version;
