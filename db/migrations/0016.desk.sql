-- depends: 0009.evidence
-- The agent's desk: what agents do and when, why they pause, and what they do with their calls.

-- Why an agent takes no calls. Codes with `wrap_up` are ours; the others are the site's to name.
create table pause_reason (
    code     text primary key check (code ~ '^[a-z][a-z0-9_]{0,30}$' and code <> 'wrap_up'),
    name_hi  text not null check (name_hi <> ''),
    name_en  text not null check (name_en <> ''),
    position smallint not null,
    retired  boolean not null default false       -- no longer offered; old intervals keep it
);
insert into pause_reason (code, name_hi, name_en, position) values
    ('break', 'अवकाश', 'Break', 1),
    ('meal', 'भोजन', 'Meal', 2),
    ('training', 'प्रशिक्षण', 'Training', 3),
    ('back_office', 'कार्यालय कार्य', 'Back office', 4),
    ('meeting', 'बैठक', 'Meeting', 5),
    ('technical', 'तकनीकी समस्या', 'Technical fault', 6),
    ('forced', 'पर्यवेक्षक द्वारा', 'By the supervisor', 7);

-- What the agent wants, which Asterisk is brought in step with: it outlives our restart and Asterisk's.
-- `queues`: where a supervisor has moved the agent, until they sign out; null: where they belong.
alter table agent_session
    add column queues           text[],
    add column pause_reason     text references pause_reason (code),
    add column wrap_up_call     uuid,
    add column wrap_up_until    timestamptz,
    add column wrap_up_seconds  integer check (wrap_up_seconds > 0),
    add column wrap_up_extended boolean not null default false,
    add constraint a_wrap_up_is_whole
        check (num_nonnulls(wrap_up_call, wrap_up_until, wrap_up_seconds) in (0, 3));

-- What each agent did, as Asterisk had it. Who is signed out has no open interval.
create table agent_state (
    id         uuid primary key,
    agent_id   text not null references agent,
    state      text not null check (state in ('ready', 'paused', 'ringing', 'in_call', 'wrap_up')),
    reason     text not null default '',
    call_id    uuid,                              -- no reference: the call's own row may be written a moment later
    from_at    timestamptz not null,
    until_at   timestamptz,
    constraint an_interval_does_not_end_before_it_begins check (until_at >= from_at),
    constraint only_a_pause_has_a_reason check (state = 'paused' or reason = '')
);
-- An agent does one thing at a time.
create unique index agent_state_open on agent_state (agent_id) where until_at is null;
create index agent_state_by_agent on agent_state (agent_id, from_at);
create index agent_state_by_time on agent_state (from_at);
create index agent_state_by_call on agent_state (call_id) where call_id is not null;
create index call_by_queued on call (queued_at) where queued_at is not null;

-- What an agent or a supervisor did with a call.
create table desk_action (
    id       uuid primary key,
    call_id  uuid not null,                       -- no reference: see agent_state
    actor    text not null check (actor <> ''),   -- agent:<id> or supervisor:<name>
    action   text not null check (action in (
        'transfer', 'consult', 'transfer_consulted', 'consult_cancelled', 'conference', 'keys', 'hold', 'unhold',
        'mute', 'unmute', 'hang_up', 'listen', 'whisper', 'barge')),
    target   text not null default '',
    reason   text not null default '',            -- why a supervisor listens
    at       timestamptz not null,
    constraint whoever_listens_says_why check (action not in ('listen', 'whisper', 'barge') or reason <> '')
);
create index desk_action_by_call on desk_action (call_id);
create index desk_action_by_time on desk_action (at);

-- A citizen whom an agent called from a complaint. `key` is made once per click: a second one calls nobody.
create table desk_call (
    key          uuid primary key,
    call_id      uuid not null unique references call,
    agent_id     text not null references agent,
    complaint_id uuid not null references complaint,
    at           timestamptz not null
);
create index desk_call_by_complaint on desk_call (complaint_id);

-- The form as it is typed. Deleted when it is registered.
create table call_draft (
    call_id  uuid not null references call,
    agent_id text not null references agent,
    version  integer not null check (version > 0),
    form     jsonb not null,
    at       timestamptz not null,
    primary key (call_id, agent_id)
);

-- Agents ask, supervisors answer: one conversation for each agent.
create table help_message (
    id       uuid primary key,
    agent_id text not null references agent,
    author   text not null check (author <> ''),  -- agent:<id> or supervisor:<name>
    text     text not null check (text <> ''),
    at       timestamptz not null
);
create index help_message_by_agent on help_message (agent_id, id desc);
