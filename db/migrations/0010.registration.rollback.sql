-- What only the new columns can hold is not thrown away: with such rows there is no way back.
do $$ begin
    if exists (select from complaint where state in ('answered', 'thanked', 'merged') or post is null or confidential
                                           or kind <> 'complaint') then
        raise exception 'there are complaints that the schema before 0010 cannot hold';
    end if;
    if exists (select from category where not leaf or not in_scope or parent is not null) then
        raise exception 'there are categories that the schema before 0010 cannot hold';
    end if;
end $$;
delete from message_template where kind in (
    'citizen_answered', 'citizen_thanked', 'citizen_added', 'citizen_merged', 'officer_information', 'officer_suggestion',
    'officer_added', 'officer_merged');
alter table registration_key drop column added;
alter table complaint_end
    drop constraint a_merger_names_the_other_file, drop constraint an_answer_says_something,
    drop constraint complaint_end_kind_check, drop column merged_into,
    add constraint complaint_end_kind_check check (kind in ('special_closed', 'withdrawn', 'advised'));
alter table complaint_history alter column level set not null;
drop index complaint_by_matter;
drop index complaint_open_by_subject;
drop index complaint_open_by_citizen;
alter table complaint
    drop constraint a_suggestion_is_thanked_for, drop constraint nobody_is_asked_about_information,
    drop constraint only_information_is_answered, drop constraint only_an_end_at_the_desk_had_no_officer,
    drop constraint an_end_has_its_evidence, drop constraint complaint_state_check,
    drop constraint nobody_confirms_for_a_self_service, drop constraint only_a_leaf_is_registered_upon,
    drop column on_leaf, drop column matter, drop column weight, drop column confirmed_by, drop column source,
    drop column confidential, drop column incident, drop column kind,
    alter column level set not null,
    alter column post set not null,
    add constraint complaint_category_fkey foreign key (category) references category,
    add constraint complaint_state_check check (state in (
        'triage', 'with_officer', 'proposed', 'paused', 'returned', 'awaiting_feedback',
        'closed_satisfied', 'unverified', 'special_closed', 'withdrawn', 'advised')),
    add constraint an_end_has_its_evidence check ((end_entry is not null) = (state in (
        'special_closed', 'withdrawn', 'advised')));
drop index category_by_parent;
alter table category
    drop constraint no_category_lies_under_a_leaf, drop constraint category_by_leaf, drop constraint not_within_itself,
    drop constraint out_of_scope_says_where_to_go, drop constraint a_department_has_its_days,
    drop column parent_leaf, drop column leaf, drop column keywords, drop column advice_hi, drop column in_scope,
    drop column parent,
    alter column level_days set not null,
    alter column department set not null;
