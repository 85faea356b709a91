drop function trunk_beside;
alter table cell_board drop column beside;
drop view agent_serving;
alter table agent drop column gone_at;
update agent_session set pause_reason = 'forced' where pause_reason = 'no_answer';
delete from pause_reason where code = 'no_answer';
alter table pause_reason drop column ours;
-- What comes closest: they were given no calls.
update agent_state set state = 'paused', reason = 'technical' where state = 'unreachable';
alter table agent_state drop constraint agent_state_state_check;
alter table agent_state add constraint agent_state_state_check
    check (state in ('ready', 'paused', 'ringing', 'in_call', 'wrap_up'));
