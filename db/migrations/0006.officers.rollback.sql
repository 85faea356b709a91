drop table holiday;
drop table officer_leave;
drop table tenure;
drop table officer;
alter table post
    drop column vacant_from,
    drop constraint one_post_per_department_place_and_level,
    add constraint post_department_place_level_key unique (department, place, level);
drop type text_range;
