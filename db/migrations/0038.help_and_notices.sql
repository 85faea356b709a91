-- depends: 0031.posts_in_english
-- What an agent asks stands open until a supervisor has taken it up and closed it; a notice is read by name.

-- One log for each agent: words, who took the question up, who closed it. What is open follows from it.
-- `n`: the order of the log. Clocks of cells differ; who writes holds the agent's row, so numbers follow each other.
alter table help_message
    add column n     bigint generated always as identity,
    add column kind  text not null default 'said' check (kind in ('said', 'taken', 'closed')),
    add column actor text not null default '',    -- user:<id> of a supervisor who signed in; author is their name
    drop constraint help_message_text_check,
    add constraint words_and_nothing_else_have_a_text check ((kind = 'said') = (text <> '')),
    add constraint an_agent_only_asks check (kind = 'said' or author not like 'agent:%');
-- Nobody waits for an answer to what was asked before questions could be closed.
insert into help_message (id, agent_id, kind, author, text, at)
select gen_random_uuid(), agent_id, 'closed', 'system:0038', '', now() from help_message group by agent_id;
create unique index help_message_in_order on help_message (agent_id, n desc);
create index help_message_closed on help_message (agent_id, n desc) where kind = 'closed';
drop index help_message_by_agent;
create trigger what_was_asked_stays before update or delete on help_message
    for each row execute function refuse_change();

-- What a supervisor tells all agents of a queue: those who are there, and those who sign in until it ends.
create table notice (
    id     uuid primary key,
    queue  text not null check (queue <> ''),
    text   text not null check (text <> ''),
    actor  text not null check (actor <> ''),     -- as in supervisor_action
    author text not null check (author <> ''),    -- their name, as agents read it
    at     timestamptz not null,
    until  timestamptz not null,
    constraint a_notice_ends_after_it_begins check (until > at)
);
create index notice_by_end on notice (until);
create index notice_by_time on notice (at desc, id desc);
create trigger what_was_told_to_agents_stays before update or delete on notice
    for each row execute function refuse_change();

-- The agent has said so with a key, once.
create table notice_read (
    notice_id uuid not null references notice,
    agent_id  text not null references agent,
    at        timestamptz not null,
    primary key (notice_id, agent_id)
);
create trigger what_was_read_stays before update or delete on notice_read
    for each row execute function refuse_change();
