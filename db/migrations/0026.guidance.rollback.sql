do $$ begin
    if exists (select from complaint_field) or exists (select from complaint_scheme) then
        raise exception 'citizens have answered, or were told schemes: that would be lost';
    end if;
end $$;
drop table complaint_field_seen, complaint_field, complaint_scheme;
drop view form_field, script, scheme;
drop table form_field_version, script_version, scheme_version;
