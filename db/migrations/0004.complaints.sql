-- depends: 0003.recordings
-- The complaint, the officers it goes to, and what must be told to whom.

create table department (
    code    text primary key,
    name_hi text not null,
    name_en text not null
);

create table place (
    code    text primary key,
    kind    text not null check (kind in ('state', 'district', 'tehsil', 'block', 'urban_body', 'thana')),
    name_hi text not null,
    name_en text not null,
    parent  text references place
);

create table category (
    code       text primary key,
    name_hi    text not null,
    name_en    text not null,
    department text not null references department,
    level_days smallint[] not null check (cardinality(level_days) = 4)  -- calendar days at L1..L4
);

-- A post, not a person, holds a level at a place for a department.
create table post (
    id         text primary key,
    title      text not null,
    department text not null references department,
    place      text not null references place,
    level      smallint not null check (level between 1 and 4),
    number     e164 not null,
    unique (department, place, level)
);

create table citizen (
    id         uuid primary key,
    name       text,
    language   text not null default 'hi',
    created_at timestamptz not null
);
-- A number is not a person: phones are shared, and people have several.
create table citizen_number (
    citizen_id uuid not null references citizen,
    number     e164 not null,
    primary key (citizen_id, number)
);
create index citizen_by_number on citizen_number (number);

create sequence complaint_serial minvalue 10000000 maxvalue 99999999;

create table complaint (
    id            uuid primary key,
    number        text not null unique check (number ~ '^[0-9]{9}$'),  -- last digit is the check digit
    category      text not null references category,
    place         text not null references place,
    citizen_id    uuid not null references citizen,
    contact       e164 not null,                 -- whom the feedback call goes to
    text_hi       text not null check (length(text_hi) between 1 and 4000),
    state         text not null check (state in ('with_officer', 'awaiting_feedback', 'closed_satisfied', 'unverified')),
    level         smallint not null check (level between 1 and 4),
    post          text not null references post,
    due_at        timestamptz,                   -- runs only while it is with an officer
    disposals     smallint not null default 0,
    dissatisfied_at_level smallint not null default 0,
    cm_office_since timestamptz,                 -- on the CM office's list: the last level was not enough
    overdue_at    timestamptz,                   -- its limit passed and no level is left: asked once, not by every sweep
    closing_attempt uuid,                        -- the feedback that says "satisfied"
    unverified_reason text check (unverified_reason <> ''),
    registered_at timestamptz not null,
    changed_at    timestamptz not null,
    constraint the_officers_clock_runs_only_with_the_officer check ((state = 'with_officer') = (due_at is not null)),
    constraint only_an_officer_is_overdue check (overdue_at is null or state = 'with_officer'),
    constraint a_satisfied_end_has_its_feedback check ((state = 'closed_satisfied') = (closing_attempt is not null)),
    constraint an_unverified_end_says_why check ((state = 'unverified') = (unverified_reason is not null))
);
create index complaint_by_contact on complaint (contact, registered_at desc);
create index complaint_by_due on complaint (due_at) where state = 'with_officer' and overdue_at is null;

create table complaint_call (
    complaint_id uuid not null references complaint,
    call_id      uuid not null references call,
    role         text not null check (role in ('registration', 'feedback', 'follow_up')),
    primary key (complaint_id, call_id)
);
create index complaint_call_by_call on complaint_call (call_id);
-- A double click registers once: one call registers the same matter only once (key chosen by the agent's page).
-- The key is taken first, so that a second click waits for the first one's end: hence deferred.
create table registration_key (
    key          uuid primary key,
    complaint_id uuid not null references complaint deferrable initially deferred
);

-- Append-only, each row chained to the one before it by its hash.
create table complaint_history (
    complaint_id uuid not null references complaint,
    seq          integer not null check (seq > 0),
    at           timestamptz not null,
    event        text not null,
    level        smallint not null,
    actor        text not null,
    reason       text not null default '',
    call_id      uuid references call,
    post         text references post,           -- with whom it is after this
    due_at       timestamptz,                    -- and by when, as computed then
    previous     text not null,                  -- 64 zeros for the first
    hash         text not null,
    primary key (complaint_id, seq)
);
create function refuse_change() returns trigger language plpgsql as
$$ begin raise exception '% is append-only', tg_table_name; end $$;
create trigger history_is_append_only before update or delete on complaint_history
    for each row execute function refuse_change();

create table disposal (
    complaint_id uuid not null references complaint,
    disposal_no  smallint not null,
    level        smallint not null,
    post         text not null references post,
    kind         text not null check (kind in ('resolved', 'not_possible')),
    report       text not null check (length(report) between 1 and 4000),
    at           timestamptz not null,
    primary key (complaint_id, disposal_no)
);

-- One row per disposal that the citizen has to be asked about. The dialer claims it.
create table feedback_due (
    complaint_id    uuid not null references complaint,
    disposal_no     smallint not null,
    next_attempt_at timestamptz not null,
    attempts_made   smallint not null default 0,
    done_at         timestamptz,
    primary key (complaint_id, disposal_no),
    foreign key (complaint_id, disposal_no) references disposal
);
create index feedback_due_open on feedback_due (next_attempt_at) where done_at is null;

-- What the citizen said, once per attempt.
create table feedback (
    attempt_id   uuid primary key references call,
    complaint_id uuid not null references complaint,
    disposal_no  smallint not null,
    satisfied    boolean not null,
    reason_code  text check (reason_code in ('not_done', 'partly_done', 'officer_did_not_contact', 'false_report', 'other')),
    recording_id uuid references recording,      -- the citizen's own words
    at           timestamptz not null,
    unique (complaint_id, disposal_no),          -- one disposal is judged once
    foreign key (complaint_id, disposal_no) references disposal,
    constraint satisfaction_has_no_reason check (not (satisfied and reason_code is not null))
);
alter table complaint add constraint closing_attempt_is_feedback foreign key (closing_attempt) references feedback;

-- The register of dissatisfaction (R17).
create table dissatisfaction_register (
    attempt_id   uuid primary key references feedback,
    complaint_id uuid not null references complaint,
    entry_no     bigint generated always as identity unique,
    level        smallint not null,
    reason_code  text,                           -- null: dissatisfied, but hung up before saying why
    recording_id uuid references recording,
    at           timestamptz not null
);

-- An effect outside the database is a row of the transaction that decided it; a worker delivers it.
create table notification (
    id           uuid primary key,
    dedupe_key   text not null unique,
    complaint_id uuid not null references complaint,
    kind         text not null check (kind in ('citizen_registered', 'officer_assigned', 'officer_review',
                                               'officer_forwarded', 'citizen_closed', 'citizen_unverified')),
    channel      text not null check (channel in ('sms')),
    recipient    e164 not null,
    body         text not null,
    recordings   uuid[] not null default '{}',
    links        text[] not null default '{}',
    created_at   timestamptz not null,
    sent_at      timestamptz
);
create index notification_by_complaint on notification (complaint_id, created_at);
create index notification_unsent on notification (created_at) where sent_at is null;
