-- What was entered so stays: a disposal is not rewritten.
alter table disposal
    drop constraint what_an_operator_entered_names_them,
    drop constraint disposal_via_check,
    drop constraint what_was_told_was_told_in_a_call;
alter table disposal
    add constraint disposal_via_check check (via in ('portal', 'officers_line', 'agent')) not valid,
    add constraint what_was_told_was_told_in_a_call check (via = 'portal' or call_id is not null) not valid;
