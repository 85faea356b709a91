-- The call itself: one row per call of ours, inbound or outbound, whatever Asterisk makes of it.
-- The key is our own time-ordered UUID; for an outbound call it is also the attempt's key.

create domain e164 as text check (value ~ '^\+[1-9][0-9]{6,14}$');

create table call (
    id                 uuid primary key,
    cell               text not null,
    direction          text not null check (direction in ('inbound', 'outbound')),
    channel_id         text,                      -- Asterisk's unique id of the citizen's leg: for reading logs only
    citizen_number     e164,                      -- null: withheld, or not a telephone number
    citizen_number_raw text not null default '',  -- as the trunk gave it, at most 80 characters
    service_number     text not null default '',  -- dialled by, or shown to, the citizen
    started_at         timestamptz not null,
    answered_at        timestamptz,
    queue              text,
    queued_at          timestamptz,
    agent_id           text,
    pop_at             timestamptz,               -- the agent's page acknowledged the screen-pop
    agent_answered_at  timestamptz,
    ended_at           timestamptz,
    outcome            text check (outcome in (
        'agent_answered', 'ivr_abandoned', 'queue_abandoned', 'no_agent', 'queue_full', 'queue_timeout',
        'unavailable', 'feedback_given', 'feedback_hung_up', 'feedback_no_input', 'wrong_person',
        'no_answer', 'busy', 'rejected', 'invalid_number', 'congestion', 'failed', 'lost')),
    constraint an_ended_call_has_an_outcome check ((ended_at is null) = (outcome is null))
);
create index call_by_citizen_number on call (citizen_number, started_at desc) where citizen_number is not null;
create index call_open on call (cell, started_at) where ended_at is null;

-- Somebody whom we owe a call because nobody could take theirs. One call leaves at most one.
create table callback (
    call_id      uuid primary key references call,
    number       e164 not null,
    reason       text not null check (reason in ('no_agent', 'queue_full', 'queue_timeout')),
    requested_at timestamptz not null,
    done_at      timestamptz
);
create index callback_open on callback (requested_at) where done_at is null;
