-- depends: 0070.told_to_citizens
-- What somebody types at the command line names them (R11, R31): it is neither the officer's own report nor what an agent was
-- told. Rows of before stay, and fit: what was allowed is allowed.
alter table disposal
    drop constraint disposal_via_check,
    drop constraint what_was_told_was_told_in_a_call;
alter table disposal
    add constraint disposal_via_check check (via in ('portal', 'officers_line', 'agent', 'operator')) not valid,
    add constraint what_was_told_was_told_in_a_call check (via in ('portal', 'operator') or call_id is not null) not valid,
    add constraint what_an_operator_entered_names_them check ((via = 'operator') = (actor like 'operator:_%')) not valid;
