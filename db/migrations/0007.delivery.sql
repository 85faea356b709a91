-- depends: 0005.attempts
-- Messages are worded from templates, delivered by workers, and followed until somebody knows what became of them.

-- What the operator's registration (DLT) knows: a text with named variables, its id, and who it comes from.
create table message_template (
    kind        text not null,
    channel     text not null check (channel in ('sms', 'email', 'webhook')),
    language    text not null default 'hi',
    template_id text not null default '',        -- as registered; empty: not registered yet
    header      text not null default '',        -- sender id
    subject     text not null default '',        -- of an e-mail
    text        text not null check (text <> ''),
    variables   text[] not null,                 -- what may be filled in, in the order of the registration
    primary key (kind, channel, language)
);
insert into message_template (kind, channel, text, variables) values
    ('citizen_registered', 'sms',
     'आपकी शिकायत दर्ज हो गई है। शिकायत संख्या {number}। {post} को भेजी गई है, निस्तारण की समय सीमा {due}। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,post,due}'),
    ('officer_assigned', 'sms',
     'नई शिकायत {number}: {category}, {place}। समय सीमा {due}। नागरिक का नंबर {contact}। विवरण: {matter}',
     '{number,category,place,due,contact,matter}'),
    ('officer_review', 'sms',
     'शिकायत {number} ({category}, {place}): नागरिक असंतुष्ट, {reason}। पुनः परीक्षण हेतु वापस, समय सीमा {due}।',
     '{number,category,place,reason,due}'),
    ('officer_forwarded', 'sms',
     'शिकायत {number} ({category}, {place}) आपको अग्रसारित: {reason}। समय सीमा {due}। रिकॉर्डिंग, कारण व इतिहास: {link}',
     '{number,category,place,reason,due,link}'),
    ('citizen_closed', 'sms',
     'आपकी संतुष्टि के आधार पर शिकायत {number} बंद कर दी गई है। धन्यवाद। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}'),
    ('citizen_unverified', 'sms',
     'शिकायत {number} के निस्तारण पर आपसे बात नहीं हो सकी। यदि आप संतुष्ट नहीं हैं तो 1076 पर कॉल करें। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}');

alter table notification
    drop constraint notification_channel_check,
    add constraint notification_channel_check check (channel in ('sms', 'email', 'webhook')),
    alter column recipient type text,
    add constraint an_sms_goes_to_a_number check (channel <> 'sms' or recipient ~ '^\+[1-9][0-9]{6,14}$'),
    add column subject text not null default '',
    add column template_id text not null default '',
    add column header text not null default '',
    add column language text not null default 'hi',
    add column variables jsonb not null default '{}',  -- what the body is worded with
    add column encoding text check (encoding in ('gsm7', 'ucs2')),
    add column parts smallint check (parts > 0),       -- what an operator charges for; only of an SMS
    add column attempts smallint not null default 0,   -- all that were begun
    add column failures smallint not null default 0,   -- begun since it was written, or let go again, without success
    add column next_attempt_at timestamptz,            -- while it is being sent: when that has taken too long
    add column held_at timestamptz,                    -- nobody tries any more until a person looks
    add column last_error text,
    add column reference text,                         -- the gateway's own name for it
    add column delivered_at timestamptz,               -- as a receipt says
    add column undelivered_at timestamptz;
update notification set next_attempt_at = created_at where sent_at is null;
alter table notification
    add constraint a_message_waits_or_is_sent_or_is_held check (num_nonnulls(next_attempt_at, sent_at, held_at) = 1),
    add constraint a_held_message_says_why check (held_at is null or last_error is not null);
drop index notification_unsent;
create index notification_due on notification (channel, next_attempt_at) where next_attempt_at is not null;
create index notification_held on notification (held_at) where held_at is not null;
create index notification_by_reference on notification (reference) where reference is not null;

-- Written before the message leaves. One that has no end is one of which nobody knows whether it left.
create table notification_attempt (
    notification_id uuid not null references notification,
    attempt_no      smallint not null,
    channel         text not null,
    began_at        timestamptz not null,
    ended_at        timestamptz,
    outcome         text check (outcome in ('sent', 'failed', 'refused', 'unknown')),
    error           text,
    primary key (notification_id, attempt_no),
    constraint an_ended_attempt_has_an_outcome check ((ended_at is null) = (outcome is null))
);
-- Starts of the last second, for the cap on messages per second.
create index notification_attempt_by_start on notification_attempt (channel, began_at);

-- What an officer to whom a complaint is forwarded may read and hear, by a signed link that expires.
create table bundle (
    id           uuid primary key,
    complaint_id uuid not null references complaint,
    entry        integer not null,               -- the history's entry that forwarded it
    post         text not null references post,
    created_at   timestamptz not null,
    unique (complaint_id, entry)
);
create table bundle_access (
    id        uuid primary key,
    bundle_id uuid not null references bundle,
    at        timestamptz not null,
    remote    text not null
);
create index bundle_access_by_bundle on bundle_access (bundle_id, at);
