do $$ begin
    if exists (select from attachment) then
        raise exception 'officers have attached files: they and their entries in the histories would be lost';
    end if;
end $$;
drop table attachment_erasure;
drop table attachment_access;
drop table attachment;
alter table complaint_history drop column attached;
drop view stored_object;
drop table sealed_file;
drop function sealed_file_removed_in_order();
