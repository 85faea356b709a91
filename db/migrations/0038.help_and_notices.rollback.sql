drop table notice_read;
drop table notice;
drop trigger what_was_asked_stays on help_message;
delete from help_message where kind <> 'said';
create index help_message_by_agent on help_message (agent_id, id desc);
drop index help_message_closed;
drop index help_message_in_order;
alter table help_message
    drop constraint an_agent_only_asks,
    drop constraint words_and_nothing_else_have_a_text,
    add constraint help_message_text_check check (text <> ''),
    drop column actor,
    drop column kind,
    drop column n;
