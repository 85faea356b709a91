-- depends: 0009.evidence
-- What an inbound call can end as, who is kept out, whom we owe a call and at which place in which queue.

alter table call drop constraint call_outcome_check;
alter table call add constraint call_outcome_check check (outcome in (
    'agent_answered', 'ivr_abandoned', 'queue_abandoned', 'no_agent', 'queue_full', 'queue_timeout',
    'unavailable', 'feedback_given', 'feedback_hung_up', 'feedback_no_input', 'wrong_person',
    'no_answer', 'busy', 'rejected', 'invalid_number', 'congestion', 'failed', 'lost',
    'status_told', 'advised', 'emergency', 'emergency_abandoned', 'caller_blocked', 'caller_limit', 'lines_full',
    'closed', 'callback_kept'));
-- Calls of the last hour, for the guard of each trunk.
create index call_inbound_by_start on call (cell, started_at) where direction = 'inbound';
-- Who hung up while waiting: they are listed, and may be called.
create index call_abandoned on call (ended_at) where outcome = 'queue_abandoned';

-- Abusive callers. Emergency stays reachable for them. A lifted or past entry stays as a record.
create table blocked_caller (
    id        uuid primary key,
    number    e164 not null,
    since     timestamptz not null,
    until     timestamptz not null check (until > since),  -- for ever is not offered: somebody looks again
    blocked_by text not null check (blocked_by <> ''),
    why       text not null check (why <> ''),
    lifted_at timestamptz,
    lifted_by text,
    constraint lifting_is_somebodys check ((lifted_at is null) = (lifted_by is null))
);
create unique index blocked_caller_open on blocked_caller (number) where lifted_at is null;

-- A call-back can be asked for: the place in the queue is kept by its time of entry.
alter table callback drop constraint callback_reason_check;
alter table callback add constraint callback_reason_check check (reason in (
    'no_agent', 'queue_full', 'queue_timeout', 'closed', 'callback_kept'));
alter table callback
    add column queue      text,
    add column entered_at timestamptz,
    add column priority   smallint,
    add constraint a_kept_place_is_complete check (
        num_nonnulls(queue, entered_at, priority) = case reason when 'callback_kept' then 3 else 0 end);

-- Toll fraud: what an endpoint of ours (an agent's telephone) may dial. Without a rule it may dial nothing.
create table dial_rule (
    endpoint text not null check (endpoint ~ '^([a-z0-9-]{1,40}|\*)$'),  -- *: every one
    prefix   text not null check (prefix ~ '^\+[0-9]{1,14}$'),           -- of the E.164 number; the longest that fits counts
    per_hour integer not null check (per_hour >= 0),                     -- calls of one endpoint under this rule
    primary key (endpoint, prefix)
);
create table dial_request (
    id       uuid primary key,
    endpoint text not null,
    number   text not null check (length(number) <= 40),
    prefix   text,                               -- of the rule that allowed it
    refused  text check (refused in ('cut_off', 'no_rule', 'limit')),
    at       timestamptz not null,
    constraint a_request_is_allowed_or_refused check (num_nonnulls(prefix, refused) = 1)
);
create index dial_request_by_endpoint on dial_request (endpoint, at);
create table dial_cut_off (
    id        uuid primary key,
    endpoint  text not null,
    at        timestamptz not null,
    why       text not null check (why <> ''),
    lifted_at timestamptz,
    lifted_by text,
    constraint lifting_is_somebodys check ((lifted_at is null) = (lifted_by is null))
);
create unique index dial_cut_off_open on dial_cut_off (endpoint) where lifted_at is null;
