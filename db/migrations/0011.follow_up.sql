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
