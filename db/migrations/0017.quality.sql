-- depends: 0009.evidence
-- Quality forms on recorded calls: what is judged, by whom, and what the agent says to it. Nothing is overwritten.

-- A changed form is a new version: what was judged by the old one stays readable.
create table quality_form (
    code     text not null check (code ~ '^[a-z0-9-]{1,40}$'),
    version  smallint not null check (version > 0),
    title_hi text not null,
    title_en text not null,
    primary key (code, version)
);
create table quality_criterion (
    form     text not null,
    version  smallint not null,
    place    smallint not null,
    code     text not null check (code ~ '^[a-z0-9_]{1,40}$'),
    title_hi text not null,
    title_en text not null,
    most     smallint not null check (most between 1 and 100),
    fatal    boolean not null default false,         -- no point here: no point at all
    primary key (form, version, code),
    unique (form, version, place),
    foreign key (form, version) references quality_form
);

create table quality_review (
    id         uuid primary key,
    call_id    uuid not null references call,
    form       text not null,
    version    smallint not null,
    agent_id   text not null,                        -- whose work it is
    reviewer   text not null check (reviewer <> ''),
    score      numeric(5, 2) check (score between 0 and 100),
    failed     boolean not null,                     -- a fatal criterion got no point
    comment    text not null check (length(comment) <= 4000),
    at         timestamptz not null,
    supersedes uuid unique,                          -- the review that this one corrects: one correction each
    foreign key (form, version) references quality_form,
    unique (id, call_id, form),
    foreign key (supersedes, call_id, form) references quality_review (id, call_id, form),
    constraint nobody_judges_themselves check (reviewer <> 'agent:' || agent_id)
);
create unique index a_call_is_judged_once_by_a_form on quality_review (call_id, form) where supersedes is null;
create index quality_review_by_agent on quality_review (agent_id, at desc);
create table quality_mark (
    review  uuid not null references quality_review,
    code    text not null,
    points  smallint check (points >= 0),            -- null: does not apply to this call
    primary key (review, code)
);
-- The agent has read it, and agrees or not: once.
create table quality_answer (
    review uuid primary key references quality_review,
    agrees boolean not null,
    text   text not null check (length(text) <= 4000),
    at     timestamptz not null,
    constraint who_disagrees_says_why check (agrees or text <> '')
);
create trigger a_review_is_not_rewritten before update or delete on quality_review
    for each row execute function refuse_change();
create trigger marks_are_not_rewritten before update or delete on quality_mark
    for each row execute function refuse_change();
create trigger an_answer_is_not_rewritten before update or delete on quality_answer
    for each row execute function refuse_change();

insert into quality_form values ('call', 1, 'नागरिक की कॉल', 'A citizen''s call');
insert into quality_criterion (form, version, place, code, title_hi, title_en, most, fatal) values
    ('call', 1, 1, 'greeting', 'अभिवादन और परिचय', 'Greeting and own name', 5, false),
    ('call', 1, 2, 'identity', 'बोलने वाले की पुष्टि', 'Who is speaking was confirmed', 10, false),
    ('call', 1, 3, 'listening', 'धैर्य से सुना, बीच में नहीं टोका', 'Listened, did not interrupt', 15, false),
    ('call', 1, 4, 'matter', 'श्रेणी और स्थान सही', 'Right category and place', 20, false),
    ('call', 1, 5, 'words', 'विवरण नागरिक के शब्दों में पूरा', 'The matter is complete, in the citizen''s words', 20, false),
    ('call', 1, 6, 'number_told', 'शिकायत संख्या और समय सीमा बताई', 'Number and time limit were told', 15, false),
    ('call', 1, 7, 'closing', 'समापन', 'Closing', 5, false),
    ('call', 1, 8, 'courtesy', 'शिष्ट भाषा', 'Courteous', 10, true),
    ('call', 1, 9, 'privacy', 'निजी जानकारी सुरक्षित', 'Kept personal data safe', 10, true);
