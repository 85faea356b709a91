-- depends: 0070.told_to_citizens
-- What a citizen brought stays as it was registered: a row changed by hand went unseen. Category, place and department are mapped
-- anew by the CM's team, and their histories say so.
create trigger what_was_brought_stays before update of contact, text_hi, kind, source, confirmed_by on complaint
    for each row execute function refuse_change();
create function refuse_taking_off_a_mark() returns trigger language plpgsql as $$
begin
    raise exception 'complaint % stays confidential, and an incident, once it is', new.number
        using errcode = 'check_violation', constraint = 'marks_stay', table = 'complaint';
end $$;
create trigger marks_stay before update of confidential, incident on complaint
    for each row when (old.confidential and not new.confidential or old.incident and not new.incident)
    execute function refuse_taking_off_a_mark();

-- Of the first entry, and within its hash: what was brought (complaints.brought). Entries of before have none.
alter table complaint_history add column brought text not null default '';
