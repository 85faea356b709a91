-- depends: 0029.silent_cells
-- What a citizen answered, and which text they were told, stays.

-- Only the key that wraps a sealed value's key changes.
create trigger an_answer_stays_what_it_is
    before update of id, complaint_id, field, version, sensitive, value, sealed, at on complaint_field
    for each row execute function refuse_change();
create trigger an_answer_is_not_taken_back before delete on complaint_field
    for each row execute function refuse_change();
create trigger complaint_scheme_is_append_only before update or delete on complaint_scheme
    for each row execute function refuse_change();
