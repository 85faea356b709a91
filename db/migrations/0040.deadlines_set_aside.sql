-- depends: 0031.posts_in_english
-- What the clock cannot do to one complaint holds up no other; a post that falls vacant; the words of who has it opened again.

-- Work of the clock that failed for a complaint, with its own next time. `due_at`: the moment that the work is about; once the
-- complaint has another one, the fault is over, whatever made it.
create table deadline_fault (
    complaint_id uuid not null references complaint,
    work         text not null check (work in ('overdue', 'reminder', 'pause', 'follow_up', 'second_look', 'vacancy')),
    due_at       timestamptz not null,
    failures     integer not null check (failures > 0),
    first_at     timestamptz not null,
    last_at      timestamptz not null,
    next_try_at  timestamptz not null,
    error        text not null,
    primary key (complaint_id, work)
);

-- Those that are still to be done.
create view deadline_aside as
select f.complaint_id, f.work, f.due_at, f.failures, f.first_at, f.last_at, f.next_try_at, f.error, c.number, c.state
from deadline_fault f join complaint c on c.id = f.complaint_id
where f.due_at = case f.work
    when 'overdue' then case when c.overdue_at is null then c.due_at end
    when 'reminder' then c.remind_at
    when 'pause' then c.resume_at
    when 'second_look' then c.overdue_at
    when 'vacancy' then c.due_since
    when 'follow_up' then (select d.step_until from feedback_due d
                           where d.complaint_id = c.id and d.disposal_no = c.disposals and d.done_at is null) end;

-- The kinds are `cti.alarms.AlarmKind`, one more now (deadlines_stuck); a list here had to be told of each, twice.
alter table alarm drop constraint alarm_kind_check, add constraint alarm_kind_check check (kind ~ '^[a-z_]+$');
alter table alarm_limit drop constraint alarm_limit_kind_check,
    add constraint alarm_limit_kind_check check (kind ~ '^[a-z_]+$');

-- A post that nobody holds any more: when that was first seen, once for each vacancy.
create table post_vacancy (
    post     text not null references post,
    since    date not null,
    noted_at timestamptz not null,
    primary key (post, since)
);
-- What a vacant post has is looked at in turn. `vacancy_noted`: the vacancy (post and day) that its history tells of.
alter table complaint add column vacancy_looked_at timestamptz, add column vacancy_noted text;

insert into message_template (kind, channel, text, variables) values
    ('officer_vacancy', 'sms',
     'पद रिक्त: {post} ({place}), लंबित शिकायतें {complaints}, पहली {number}। प्रभारी न होने पर {moves} ये आपको मिलेंगी।',
     '{number,post,place,complaints,moves}');

-- Who has a complaint opened again is as dissatisfied as who says so when asked: an entry of the register (R17), whose evidence
-- is the history's entry. `words`: what they said, without how an agent made sure who it was.
alter table dissatisfaction_register
    drop constraint dissatisfaction_register_pkey,
    drop constraint dissatisfaction_register_entry_no_key,
    add primary key (entry_no),
    alter column attempt_id drop not null,
    add column reopened_entry integer,
    add column words text check (words <> ''),
    add constraint a_feedback_is_in_the_register_once unique (attempt_id, complaint_id),
    add constraint a_reopening_is_in_the_register_once unique (complaint_id, reopened_entry),
    add foreign key (complaint_id, reopened_entry) references complaint_history (complaint_id, seq),
    add constraint an_entry_has_its_evidence check (num_nonnulls(attempt_id, reopened_entry) = 1);
drop index register_by_complaint;  -- that of a_reopening_is_in_the_register_once begins as this one
