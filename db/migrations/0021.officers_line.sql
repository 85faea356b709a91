-- depends: 0017.quality
-- Officers report by telephone: the remark is a recording of the disposal, and the call says what came of it.

alter table recording drop constraint recording_kind_check;
alter table recording add constraint recording_kind_check check (kind in ('call', 'own_words', 'officer_remark'));
alter table recording_retention drop constraint recording_retention_kind_check;
alter table recording_retention add constraint recording_retention_kind_check
    check (kind in ('call', 'own_words', 'officer_remark'));
insert into recording_retention values ('officer_remark', 400, 'default', now());

alter table complaint_call drop constraint complaint_call_role_check;
alter table complaint_call add constraint complaint_call_role_check
    check (role in ('registration', 'feedback', 'follow_up', 'disposal'));

alter table disposal add column recording_id uuid references recording;  -- the officer's own words
alter table disposal add constraint a_remark_was_said_on_the_officers_line
    check (recording_id is null or via = 'officers_line');
-- One call reports one complaint: its recordings go where that complaint goes, and nowhere else.
create unique index disposal_by_officers_call on disposal (call_id) where via = 'officers_line' and call_id is not null;

alter table call drop constraint call_outcome_check;
alter table call add constraint call_outcome_check check (outcome in (
    'agent_answered', 'ivr_abandoned', 'queue_abandoned', 'no_agent', 'queue_full', 'queue_timeout',
    'unavailable', 'feedback_given', 'feedback_hung_up', 'feedback_no_input', 'wrong_person',
    'no_answer', 'busy', 'rejected', 'invalid_number', 'congestion', 'failed', 'lost',
    'status_told', 'advised', 'emergency', 'emergency_abandoned', 'caller_blocked', 'caller_limit', 'lines_full',
    'closed', 'callback_kept', 'disposal_told', 'officer_refused', 'officer_left'));

insert into message_template (kind, channel, text, variables) values
    ('officer_reported', 'sms',
     'शिकायत {number} ({category}, {place}): आपके द्वारा दूरभाष पर बताया गया निस्तारण {at} पर दर्ज हुआ। यदि यह आपने नहीं बताया, तो तुरंत सूचित करें। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,category,place,at}');

-- Who kept their place is called back, some times. Written before anything is dialled; the call has the same key.
alter table callback
    add column attempts smallint not null default 0,
    add column next_at  timestamptz not null default '-infinity';
create table callback_attempt (
    id           uuid primary key references call,
    left_call    uuid not null references callback,
    number       e164 not null,
    cell         text not null,
    written_at   timestamptz not null,
    requested_at timestamptz,                    -- set once, before the request leaves: it is never sent a second time
    settled_at   timestamptz
);
create unique index callback_attempt_open on callback_attempt (left_call) where settled_at is null;
create unique index callback_attempt_open_by_number on callback_attempt (number) where settled_at is null;
create index callback_attempt_by_written on callback_attempt (written_at);
