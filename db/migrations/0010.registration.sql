-- depends: 0009.evidence
-- What is registered (R3): four kinds and the incident mark, from whom and through whom; the tree of categories; ends at
-- the desk, which no officer ever has; duplicates that add weight; complaints whose citizen the office must not know.

-- A category is a leaf when somebody answers it, or when it is not for this helpline. Only leaves are registered upon,
-- and only what is no leaf has categories under it: both are held by foreign keys on the generated column.
alter table category
    alter column department drop not null,
    alter column level_days drop not null,
    add column parent text,
    add column in_scope boolean not null default true,
    add column advice_hi text,                   -- where to go instead
    add column keywords text[] not null default '{}',
    add column leaf boolean generated always as (department is not null or not in_scope) stored,
    add column parent_leaf boolean generated always as (case when parent is null then null else false end) stored,
    add constraint a_department_has_its_days check ((department is null) = (level_days is null)),
    add constraint out_of_scope_says_where_to_go check (in_scope or coalesce(advice_hi, '') <> ''),
    add constraint not_within_itself check (parent <> code),
    add constraint category_by_leaf unique (code, leaf),
    add constraint no_category_lies_under_a_leaf foreign key (parent, parent_leaf) references category (code, leaf);
create index category_by_parent on category (parent) where parent is not null;

alter table complaint
    add column kind text not null default 'complaint' check (kind in ('complaint', 'information', 'demand', 'suggestion')),
    add column incident boolean not null default false,
    add column confidential boolean not null default false,
    add column source text not null default 'agent'
        check (source in ('phone', 'portal', 'agent', 'meeting', 'letter', 'api')),
    add column confirmed_by text check (confirmed_by <> ''),  -- who made sure that this citizen speaks
    add column weight integer not null default 1 check (weight > 0),  -- how often the citizen has told it
    -- Complaints of different citizens about one category at one place share it. No citizen's end is another's.
    add column matter uuid,
    add column on_leaf boolean not null generated always as (true) stored;

update complaint c set matter = c.id, confirmed_by = h.actor,
    source = case when exists (select from complaint_call l where l.complaint_id = c.id and l.role = 'registration')
                  then 'phone' else 'agent' end
from complaint_history h where h.complaint_id = c.id and h.seq = 1;
update complaint set matter = id where matter is null;  -- of a damaged history

alter table complaint
    alter column matter set not null,
    alter column matter set default gen_random_uuid(),
    alter column level drop not null,
    alter column post drop not null,
    drop constraint complaint_category_fkey,
    drop constraint complaint_state_check,
    drop constraint an_end_has_its_evidence,
    add constraint only_a_leaf_is_registered_upon foreign key (category, on_leaf) references category (code, leaf),
    add constraint nobody_confirms_for_a_self_service check (confirmed_by is null or source not in ('portal', 'api')),
    add constraint complaint_state_check check (state in (
        'triage', 'with_officer', 'proposed', 'paused', 'returned', 'awaiting_feedback', 'closed_satisfied', 'unverified',
        'special_closed', 'withdrawn', 'advised', 'answered', 'thanked', 'merged')),
    add constraint an_end_has_its_evidence check ((end_entry is not null) = (state in (
        'special_closed', 'withdrawn', 'advised', 'answered', 'thanked', 'merged'))),
    add constraint only_an_end_at_the_desk_had_no_officer check (
        num_nonnulls(level, post) = 2
        or num_nonnulls(level, post) = 0 and state in ('advised', 'answered', 'thanked')),
    add constraint only_information_is_answered check (state <> 'answered' or kind = 'information'),
    add constraint nobody_is_asked_about_information check (
        kind <> 'information' or state not in ('awaiting_feedback', 'closed_satisfied', 'unverified')),
    add constraint a_suggestion_is_thanked_for check (
        case when kind = 'suggestion' then state in ('thanked', 'advised') else state <> 'thanked' end);
create index complaint_open_by_citizen on complaint (citizen_id) where ended_at is null;
create index complaint_open_by_subject on complaint (category, place, registered_at) where ended_at is null;
create index complaint_by_matter on complaint (matter);

alter table complaint_history alter column level drop not null;

alter table complaint_end
    drop constraint complaint_end_kind_check,
    add column merged_into uuid references complaint,
    add constraint complaint_end_kind_check check (kind in (
        'special_closed', 'withdrawn', 'advised', 'answered', 'thanked', 'merged')),
    add constraint an_answer_says_something check (kind <> 'answered' or text <> ''),
    add constraint a_merger_names_the_other_file check (
        (kind = 'merged') = (merged_into is not null) and merged_into <> complaint_id);

-- A form that only adds to an older complaint.
alter table registration_key add column added boolean not null default false;

insert into message_template (kind, channel, text, variables) values
    ('citizen_answered', 'sms',
     'अनुरोध {number} का उत्तर: {matter} मुख्यमंत्री हेल्पलाइन 1076',
     '{number,matter}'),
    ('citizen_thanked', 'sms',
     'आपके सुझाव के लिए धन्यवाद। सुझाव संख्या {number}। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}'),
    ('citizen_added', 'sms',
     'यह विषय पहले से शिकायत संख्या {number} में दर्ज है। आपकी बात उसमें जोड़ दी गई है। मुख्यमंत्री हेल्पलाइन 1076',
     '{number}'),
    ('citizen_merged', 'sms',
     'शिकायत {number} को आपकी पहली शिकायत {older} में जोड़ दिया गया है। आगे की सूचना {older} पर मिलेगी। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,older}'),
    ('officer_information', 'sms',
     'सूचना का अनुरोध {number}: {category}, {place}। उत्तर की समय सीमा {due}। नागरिक का नंबर {contact}। विवरण: {matter}',
     '{number,category,place,due,contact,matter}'),
    ('officer_suggestion', 'sms',
     'सुझाव {number} आपकी जानकारी हेतु: {category}, {place}। विवरण: {matter}',
     '{number,category,place,matter}'),
    ('officer_added', 'sms',
     'शिकायत {number}: नागरिक ने इस विषय को {weight} बार बताया है। {matter}',
     '{number,weight,matter}'),
    ('officer_merged', 'sms',
     'शिकायत {number} उसी नागरिक की शिकायत {older} में जोड़ दी गई है। {number} पर कार्यवाही अपेक्षित नहीं।',
     '{number,older}');
