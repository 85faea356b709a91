-- depends: 0006.officers 0007.delivery
-- The whole life of a complaint: what its due time was computed from, pauses, proposals, and every end's evidence.

-- Where a transfer took it; null: the department of its category.
alter table complaint add column department text references department;
alter table complaint add column transfers smallint not null default 0;

-- The officer's clock: what `due_at` was computed from. Kept while it is paused.
alter table complaint
    add column due_since    timestamptz,
    add column due_days     double precision check (due_days >= 0),
    add column due_policy   text,
    add column due_counting text check (due_counting in ('calendar_days', 'working_days')),
    add column due_paused   interval not null default '0',      -- how long it stood, all pauses together
    add column remind_at    timestamptz,                        -- null: reminded, or nothing to be reminded of
    add column paused_at    timestamptz,
    add column pause_reason text check (pause_reason in ('waiting_for_citizen', 'court_stay')),
    add column remaining    interval,                           -- what is left of the officer's time
    add column remind_in    interval;

update complaint set due_since = changed_at, due_days = extract(epoch from due_at - changed_at) / 86400,
                     due_policy = 'up-1076', due_counting = 'calendar_days'
where due_at is not null;

-- What is proposed to the next level; it lapses when the complaint moves on. `entry`: its place in the history.
create table proposal (
    complaint_id uuid not null references complaint,
    entry        integer not null,
    kind         text not null check (kind in ('transfer', 'special_close')),
    level        smallint not null,
    post         text not null references post,
    actor        text not null check (actor <> ''),
    department   text references department,
    reason_code  text,
    text         text not null check (length(text) between 1 and 4000),
    at           timestamptz not null,
    decided_at   timestamptz,
    decided_by   text references post,
    approved     boolean,
    primary key (complaint_id, entry),
    foreign key (complaint_id, entry) references complaint_history (complaint_id, seq),
    constraint a_decision_is_somebodys check (num_nonnulls(decided_at, decided_by, approved) in (0, 3)),
    constraint a_transfer_names_where_to check ((kind = 'transfer') = (department is not null)),
    constraint a_special_close_has_a_reason_code check ((kind = 'special_close') = (reason_code is not null))
);
alter table complaint add column proposal integer;
alter table complaint add constraint what_is_proposed_is_written_down
    foreign key (id, proposal) references proposal (complaint_id, entry);

-- The evidence of the ends that are not the citizen's answer. A complaint that is reopened and ends again has several.
create table complaint_end (
    complaint_id uuid not null references complaint,
    entry        integer not null,               -- its place in the history
    kind         text not null check (kind in ('special_closed', 'withdrawn', 'advised')),
    actor        text not null check (actor <> ''),
    level        smallint,
    post         text references post,
    reason_code  text check (reason_code in ('court_case', 'beyond_powers', 'no_budget', 'needs_policy', 'applicant_at_fault',
                                             'matter_unfounded')),
    text         text not null check (length(text) <= 4000),
    call_id      uuid references call,
    page         text check (page <> ''),        -- the citizen's own page: its session
    at           timestamptz not null,
    primary key (complaint_id, entry),
    unique (complaint_id, entry, kind),
    foreign key (complaint_id, entry) references complaint_history (complaint_id, seq),
    constraint a_special_close_says_why_and_who check (
        kind <> 'special_closed' or (reason_code is not null and text <> '' and post is not null and level between 2 and 4)),
    constraint a_withdrawal_is_the_citizens_own check (
        kind <> 'withdrawn' or num_nonnulls(call_id, page) = 1),
    constraint advice_says_where_to_go check (kind <> 'advised' or text <> '')
);
create trigger an_end_is_not_rewritten before update or delete on complaint_end
    for each row execute function refuse_change();

alter table complaint add column end_entry integer, add column ended_at timestamptz;
update complaint set ended_at = changed_at where state in ('closed_satisfied', 'unverified');

alter table complaint drop constraint complaint_state_check;
alter table complaint add constraint complaint_state_check check (state in (
    'triage', 'with_officer', 'proposed', 'paused', 'returned', 'awaiting_feedback',
    'closed_satisfied', 'unverified', 'special_closed', 'withdrawn', 'advised'));
alter table complaint drop constraint the_officers_clock_runs_only_with_the_officer;
alter table complaint drop constraint only_an_officer_is_overdue;
alter table complaint
    add constraint a_clock_runs_where_somebody_must_act check (
        (state in ('triage', 'with_officer', 'proposed', 'returned')) = (due_at is not null)),
    add constraint a_due_time_says_what_it_was_computed_from check (
        due_at is null or num_nonnulls(due_since, due_days, due_policy, due_counting) = 4),
    add constraint only_an_officer_is_overdue check (overdue_at is null or state in ('with_officer', 'proposed')),
    add constraint only_an_officer_is_reminded check (remind_at is null or state in ('with_officer', 'proposed')),
    add constraint a_pause_says_why_and_what_is_left check (
        num_nonnulls(paused_at, pause_reason, remaining) = case state when 'paused' then 3 else 0 end),
    add constraint only_a_paused_reminder_waits check (remind_in is null or state = 'paused'),
    add constraint a_proposal_waits_with_the_officer check ((state = 'proposed') = (proposal is not null)),
    add constraint an_end_has_its_time check ((ended_at is not null) = (state not in (
        'triage', 'with_officer', 'proposed', 'paused', 'returned', 'awaiting_feedback'))),
    add constraint an_end_has_its_evidence check ((end_entry is not null) = (state in (
        'special_closed', 'withdrawn', 'advised'))),
    -- The evidence is of this very end: state and kind are one word.
    add constraint the_evidence_is_of_this_end foreign key (id, end_entry, state)
        references complaint_end (complaint_id, entry, kind);
drop index complaint_by_due;
create index complaint_by_due on complaint (due_at) where due_at is not null and overdue_at is null;
create index complaint_by_reminder on complaint (remind_at) where remind_at is not null;

-- A disposal says how it reached us (R11, R31): what an agent was told names the agent.
alter table disposal
    add column via text not null default 'portal' check (via in ('portal', 'officers_line', 'agent')),
    add column actor text not null default 'unknown' check (actor <> ''),
    add column call_id uuid references call;
alter table disposal add constraint what_an_agent_was_told_names_the_agent check (via <> 'agent' or actor like 'agent:_%');

-- What a due time was computed from, in words, and hashed with the entry.
alter table complaint_history add column basis text not null default '';

-- The kinds are `complaints.notifications.Kind`; this only says whom they may be for.
alter table notification drop constraint if exists notification_kind_check;
alter table notification add constraint notification_kind_check check (kind ~ '^(citizen|officer)_[a-z_]+$');

insert into message_template (kind, channel, text, variables) values
    ('citizen_in_triage', 'sms',
     'आपकी शिकायत दर्ज हो गई है। शिकायत संख्या {number}। मुख्यमंत्री कार्यालय इसे संबंधित अधिकारी को भेजेगा। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}'),
    ('officer_reminder', 'sms',
     'स्मरण: शिकायत {number} ({category}, {place}) की समय सीमा {due} है। कृपया समय से निस्तारण करें।',
     '{number,category,place,due}'),
    ('citizen_paused', 'sms',
     'शिकायत {number}: {reason}। {matter} मुख्यमंत्री हेल्पलाइन 1076',
     '{number,reason,matter}'),
    ('citizen_interim', 'sms',
     'शिकायत {number} पर अंतरिम उत्तर: {matter} अगली सूचना {expected} तक। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,matter,expected}'),
    ('citizen_moved', 'sms',
     'शिकायत {number} संबंधित अधिकारी को भेजी गई है, समय सीमा {due}। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,due}'),
    ('citizen_special_closed', 'sms',
     'शिकायत {number} विशेष परिस्थिति में बंद की गई है। कारण: {reason}। {matter} मुख्यमंत्री हेल्पलाइन 1076',
     '{number,reason,matter}'),
    ('citizen_withdrawn', 'sms',
     'आपके अनुरोध पर शिकायत {number} वापस ली गई है। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}'),
    ('citizen_reopened', 'sms',
     'शिकायत {number} आपके अनुरोध पर पुनः खोली गई है, समय सीमा {due}। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,due}'),
    ('citizen_advised', 'sms',
     'शिकायत {number} का विषय हेल्पलाइन के दायरे में नहीं है। {matter} मुख्यमंत्री हेल्पलाइन 1076',
     '{number,matter}'),
    ('officer_ended', 'sms',
     'शिकायत {number} नागरिक ने वापस ले ली है। कार्यवाही अपेक्षित नहीं।',
     '{number}'),
    ('officer_proposal', 'sms',
     'शिकायत {number}: {proposal} का प्रस्ताव आपके निर्णय हेतु। {matter}',
     '{number,proposal,matter}'),
    ('officer_refused', 'sms',
     'शिकायत {number}: प्रस्ताव अस्वीकृत। {matter} समय सीमा {due}।',
     '{number,matter,due}');
