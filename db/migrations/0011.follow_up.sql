-- depends: 0009.evidence
-- Nobody is forgotten: who was not reached is asked in other ways, a pause ends, what no higher post took is looked at again.

-- After the dialer's calls: a step at a time, each with its end (R19). `tried`: in words, oldest first.
alter table feedback_due
    add column step text not null default 'calls' check (step in ('calls', 'agent_call', 'sms')),
    add column step_until timestamptz,
    add column tried text[] not null default '{}',
    add constraint a_step_after_the_calls_has_an_end check ((step = 'calls') = (step_until is null));
drop index feedback_due_open;
create index feedback_due_open on feedback_due (next_attempt_at) where done_at is null and step = 'calls';
create index feedback_due_step on feedback_due (step_until) where done_at is null and step <> 'calls';

-- An agent may be told, in one call, about several of a citizen's complaints. `attempt_id` is the call in which it was said.
alter table feedback add column told_to text check (told_to like 'agent:_%');
alter table complaint drop constraint closing_attempt_is_feedback;  -- closed_by_its_own_citizens_word demands more
alter table dissatisfaction_register
    drop constraint dissatisfaction_register_attempt_id_fkey,
    drop constraint dissatisfaction_register_pkey;
alter table feedback drop constraint feedback_pkey, add primary key (attempt_id, complaint_id);
alter table dissatisfaction_register
    add primary key (attempt_id, complaint_id),
    add foreign key (attempt_id, complaint_id) references feedback (attempt_id, complaint_id);
create index complaint_awaiting_by_citizen on complaint (citizen_id) where state = 'awaiting_feedback';

insert into message_template (kind, channel, text, variables) values
    ('citizen_asked', 'sms',
     'शिकायत {number} का निस्तारण बताया गया है, पर आपसे बात नहीं हो सकी। कृपया {until} तक 1076 पर कॉल करके बताएं कि आप संतुष्ट हैं या नहीं। मुख्यमंत्री हेल्पलाइन 1076',
     '{number,until}');

-- A pause has a longest time, by its reason; then the clock goes on by itself.
alter table complaint add column resume_at timestamptz;
update complaint set resume_at = paused_at + case pause_reason when 'court_stay' then interval '180 days' else interval '15 days' end
where state = 'paused';
alter table complaint add constraint a_pause_has_an_end check ((state = 'paused') = (resume_at is not null));
create index complaint_by_resume on complaint (resume_at) where resume_at is not null;

-- Late while no higher post was held: looked at again, in turn.
alter table complaint add column looked_again_at timestamptz;
create index complaint_still_late on complaint (coalesce(looked_again_at, overdue_at)) where overdue_at is not null;
create index complaint_by_cm_office on complaint (cm_office_since) where cm_office_since is not null and ended_at is null;

insert into message_template (kind, channel, text, variables) values
    ('officer_resumed', 'sms',
     'शिकायत {number} ({category}, {place}): समय सीमा का स्थगन समाप्त, नई समय सीमा {due}। कृपया निस्तारण करें।',
     '{number,category,place,due}'),
    ('officer_link', 'sms',
     'शिकायत {number} ({category}, {place}): रिकॉर्डिंग, कारण व इतिहास का नया लिंक: {link}',
     '{number,category,place,link}');

-- What a gateway took, but did not deliver.
create index notification_undelivered on notification (undelivered_at) where undelivered_at is not null and delivered_at is null;
