-- name: complaints_category(code)^
select code, name_hi, department, level_days, leaf, in_scope, advice_hi, advice_en from category where code = :code;

-- name: complaints_category_tree()
select code, name_hi, name_en, parent, leaf, in_scope, advice_hi, advice_en, keywords from category;

-- name: complaints_citizens_on(number, at_most)
-- Who may be speaking.
select c.id, c.name from citizen_number n join citizen c on c.id = n.citizen_id
where n.number = :number order by c.created_at, c.id limit :at_most;

-- name: complaints_citizen_of(number)
-- Who brought a complaint. A number is on an officer's list too: whoever says it is not told a name that is withheld.
select z.id, case when not c.confidential then z.name end as name
from complaint c join citizen z on z.id = c.citizen_id where c.number = :number;

-- name: complaints_language_on(number)$
-- What all who are known on a number speak.
select case when count(distinct z.language) = 1 then min(z.language) end
from citizen_number n join citizen z on z.id = n.citizen_id where n.number = :number;

-- name: complaints_is_on(citizen_id, number)$
select exists (select from citizen_number where citizen_id = :citizen_id and number = :number);

-- name: complaints_place(code)^
select code, name_hi from place where code = :code;

-- name: complaints_posts_above(departments, categories, places, today)
-- For the n-th department, category and place: its posts there and above (`posts_above`, migration 0041).
select w.n, a.*
from unnest(:departments::text[], :categories::text[], :places::text[]) with ordinality as w (department, category, place, n)
cross join lateral posts_above(w.department, w.category, w.place, :today) a
order by w.n, a.id, a.from_on, a.distance;

-- name: complaints_posts_above_one(department, category, place, today)
-- As complaints_posts_above, for one: planned once, since a plan for one costs more than to carry it out.
select * from posts_above(:department, :category, :place, :today) order by id, from_on, distance;

-- name: complaints_post_limits(posts)
-- What those of these posts are for that are not for the whole department.
select l.post, k.name_hi from post_category l join category k on k.code = l.category
where l.post = any(:posts::text[]) order by l.post, k.name_hi;

-- name: complaints_posts(ids, today)
-- As complaints_posts_above, for these posts.
select post.id, post.title, post.title_en, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance, null::integer as breadth,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from post
left join tenure t on t.post = post.id and t.from_on <= :today
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> :today::date
where post.id = any(:ids::text[])
order by post.id, t.from_on;

-- name: complaints_asking(ids, now)
-- The post that asks the next level: the one that has the complaint, as held now; where something is proposed, as it was held when
-- that was proposed. A row for each tenure (and leave), as complaints_posts_above.
select c.id as of, coalesce(r.at, :now) as asked_at,
       post.id, post.title, post.title_en, post.department, post.level, post.place, post.number, post.vacant_from, 0 as distance, null::integer as breadth,
       t.officer, o.name, o.number as officer_number, t.kind, t.from_on, t.until_on,
       l.from_on as leave_from, l.until_on as leave_until
from complaint c
left join proposal r on r.complaint_id = c.id and r.entry = c.proposal
join post on post.id = coalesce(r.post, c.post)
cross join lateral (select (coalesce(r.at, :now) at time zone 'Asia/Kolkata')::date as on_date) day
left join tenure t on t.post = post.id and t.from_on <= day.on_date
left join officer o on o.code = t.officer
left join officer_leave l on l.officer = t.officer and daterange(l.from_on, l.until_on, '[]') @> day.on_date
where c.id = any(:ids::uuid[])
order by c.id, t.from_on;

-- name: complaints_lock(number)$
-- The row that every change of a complaint takes first. "No key" so that new rows may refer to it meanwhile. Alone: what is
-- read beside a row that had to be waited for would be older than that row. So first the lock, then `complaints_held`.
select id from complaint where number = :number for no key update;

-- name: complaints_lock_by_id(id)$
-- As complaints_lock, by key.
select id from complaint where id = :id for no key update;

-- name: complaints_lock_overdue(now, at_most)
-- Oldest due first, so that none starves. What another worker holds is skipped, what it moved on is not due any more.
-- Whatever the state: where a clock runs, somebody must act. What failed before waits for its own time, here and below:
-- looked up row by row, since joined it could cost the order of the index.
select id, due_at as at, coalesce((select f.failures from deadline_fault f
                              where f.complaint_id = c.id and f.work = 'overdue' and f.due_at = c.due_at), 0) as failures
from complaint c
where overdue_at is null and due_at <= :now
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'overdue' and f.due_at = c.due_at), '-infinity') <= :now
order by due_at
limit :at_most
for no key update skip locked;

-- name: complaints_lock_to_remind(now, at_most)
-- Officers who have used most of their time. Who is late already is not reminded, but passed over.
select id, remind_at as at, coalesce((select f.failures from deadline_fault f
                              where f.complaint_id = c.id and f.work = 'reminder' and f.due_at = c.remind_at), 0) as failures
from complaint c
where remind_at <= :now and due_at > :now
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'reminder' and f.due_at = c.remind_at), '-infinity') <= :now
order by remind_at
limit :at_most
for no key update skip locked;

-- name: complaints_lock_still_late(before, now, at_most)
-- Late when no post above was held, looked at least recently first: those that no post ever takes hold up no other.
select id, overdue_at as at, coalesce((select f.failures from deadline_fault f
                              where f.complaint_id = c.id and f.work = 'second_look' and f.due_at = c.overdue_at), 0) as failures
from complaint c
where overdue_at is not null and coalesce(looked_again_at, overdue_at) <= :before
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'second_look' and f.due_at = c.overdue_at), '-infinity') <= :now
order by coalesce(looked_again_at, overdue_at)
limit :at_most
for no key update skip locked;

-- name: complaints_looked_again(ids, at)!
update complaint set looked_again_at = :at where id = any(:ids::uuid[]);

-- name: complaints_lock_paused_too_long(now, at_most)
-- Nobody resumed these in the policy's time: no complaint is forgotten.
select id, resume_at as at, coalesce((select f.failures from deadline_fault f
                              where f.complaint_id = c.id and f.work = 'pause' and f.due_at = c.resume_at), 0) as failures
from complaint c
where resume_at <= :now
  and coalesce((select f.next_try_at from deadline_fault f
                where f.complaint_id = c.id and f.work = 'pause' and f.due_at = c.resume_at), '-infinity') <= :now
order by resume_at
limit :at_most
for no key update skip locked;

-- name: complaints_cm_office(at_most)
-- The list of the CM's office: what the last level did not bring to an end, longest on it first.
select c.number, k.name_hi as category, c.kind, c.incident, p.name_hi as place, c.state, c.level, c.post, o.title as post_title,
       c.cm_office_since, c.overdue_at, c.due_at
from complaint c join category k on k.code = c.category join place p on p.code = c.place join post o on o.id = c.post
where c.cm_office_since is not null and c.ended_at is null
order by c.cm_office_since, c.number
limit :at_most;

-- name: complaints_waiting(states, after_since, after_number, at_most)
-- What waits for the CM's team, or for the next level's decision: longest waiting first. Cut before anything is joined. A
-- complaint got its state when it was changed last: nothing else changes one that waits.
select c.id, c.number, c.state, k.name_hi as category_name, c.kind, c.incident, p.name_hi as place_name, c.level, c.post, o.title as post_title,
       c.changed_at as since, c.due_at, r.kind as proposal_kind,
       left(case c.state when 'proposed' then r.text
            when 'returned' then (select h.reason from complaint_history h
                                  where h.complaint_id = c.id and h.event = 'wrong_mapping' order by h.seq desc limit 1)
            else c.text_hi end, 200) as words
from (
    select * from complaint
    where state in ('triage', 'returned', 'proposed') and state = any(:states::text[])
      and (changed_at, number) > (:after_since::timestamptz, :after_number::text)
    order by changed_at, number
    limit :at_most
) c
join category k on k.code = c.category join place p on p.code = c.place left join post o on o.id = c.post
left join proposal r on r.complaint_id = c.id and r.entry = c.proposal
order by c.changed_at, c.number;

-- name: complaints_held(ids)
-- Complaints whose rows this transaction has taken, as they are now, in the order of `ids`.
select c.*, p.name_hi as place_name, k.name_hi as category_name, coalesce(c.department, k.department) as department_now,
       k.level_days, e.reason_code as end_code, e.text as end_text, e.actor as end_actor, e.post as end_post,
       e.level as end_level, e.call_id as end_call, e.page as end_page, e.merged_into as end_into,
       r.kind as proposal_kind
from unnest(:ids::uuid[]) with ordinality as w (id, n)
join complaint c on c.id = w.id join category k on k.code = c.category join place p on p.code = c.place
left join complaint_end e on e.complaint_id = c.id and e.entry = c.end_entry
left join proposal r on r.complaint_id = c.id and r.entry = c.proposal
order by w.n;

-- name: complaints_given_at(ids)
-- Where each of these histories says that the officer got it.
select complaint_id, max(seq) as entry from complaint_history
where complaint_id = any(:ids::uuid[]) and due_at is not null
group by complaint_id;

-- name: complaints_reminded(ids)!
-- Once: nothing is left to be reminded of.
update complaint set remind_at = null where id = any(:ids::uuid[]);

-- name: complaints_holidays(calendar)$
select coalesce(array_agg(on_date), '{}') from holiday where calendar = :calendar;

-- name: complaints_move(ids, states, levels, posts, disposals, dissatisfied_at_level, cm_office_since, transfers, due_at, overdue_at, due_since, due_days, due_policies, due_countings, due_paused, due_running_since, due_left_then, remind_at, paused_at, pause_reasons, remaining, remind_in, resume_at, proposals, end_entries, closing_attempts, unverified_reasons, ended_at, changed_at)!
-- The only statement that changes a complaint's state. The rows are held by the caller. With where its history ends by now.
update complaint c
set state = r.state, level = r.level, post = r.post, disposals = r.disposals,
    dissatisfied_at_level = r.dissatisfied_at_level, cm_office_since = r.cm_office_since, transfers = r.transfers,
    due_at = r.due_at, overdue_at = r.overdue_at, due_since = r.due_since, due_days = r.due_days, due_policy = r.due_policy,
    due_counting = r.due_counting, due_paused = r.due_paused, due_running_since = r.due_running_since,
    due_left_then = r.due_left_then, remind_at = r.remind_at, paused_at = r.paused_at,
    pause_reason = r.pause_reason, remaining = r.remaining, remind_in = r.remind_in, resume_at = r.resume_at, proposal = r.proposal,
    end_entry = r.end_entry, closing_attempt = r.closing_attempt, unverified_reason = r.unverified_reason,
    ended_at = r.ended_at, changed_at = :changed_at, entries = coalesce(h.seq, 0), head = h.hash
from unnest(:ids::uuid[], :states::text[], :levels::smallint[], :posts::text[], :disposals::smallint[],
            :dissatisfied_at_level::smallint[], :cm_office_since::timestamptz[], :transfers::smallint[],
            :due_at::timestamptz[], :overdue_at::timestamptz[], :due_since::timestamptz[], :due_days::double precision[],
            :due_policies::text[], :due_countings::text[], :due_paused::interval[],
            :due_running_since::timestamptz[], :due_left_then::interval[], :remind_at::timestamptz[],
            :paused_at::timestamptz[], :pause_reasons::text[], :remaining::interval[], :remind_in::interval[], :resume_at::timestamptz[],
            :proposals::integer[], :end_entries::integer[], :closing_attempts::uuid[], :unverified_reasons::text[],
            :ended_at::timestamptz[])
     as r (id, state, level, post, disposals, dissatisfied_at_level, cm_office_since, transfers, due_at, overdue_at,
           due_since, due_days, due_policy, due_counting, due_paused, due_running_since, due_left_then, remind_at,
           paused_at, pause_reason, remaining, remind_in, resume_at, proposal, end_entry, closing_attempt, unverified_reason, ended_at)
left join lateral (select seq, hash from complaint_history where complaint_id = r.id order by seq desc limit 1) h on true
where c.id = r.id;

-- name: complaints_link_call(complaint_id, call_id, role)!
-- A call keeps the first role in which it belongs to the complaint.
insert into complaint_call (complaint_id, call_id, role) values (:complaint_id, :call_id, :role)
on conflict (complaint_id, call_id) do nothing;

-- name: complaints_history_heads(complaint_ids)
-- The last entry of each of these histories: what the next one is chained to.
select w.id as complaint_id, h.seq, h.hash
from unnest(:complaint_ids::uuid[]) as w (id)
cross join lateral (select seq, hash from complaint_history where complaint_id = w.id order by seq desc limit 1) h;

-- name: complaints_history_append(complaint_ids, seqs, ats, events, levels, actors, reasons, call_ids, posts, due_at, bases, attached, previous, hashes, moves)$
-- The complaint's row, which the caller holds, is told how long its history is and what its end is: so a cut-off tail is seen. Not
-- twice: where complaints_move follows (`moves`), that one tells it. Whether somebody outside is to be told of it.
with told as (
    select * from unnest(:complaint_ids::uuid[], :seqs::integer[], :ats::timestamptz[], :events::text[], :levels::smallint[],
                         :actors::text[], :reasons::text[], :call_ids::uuid[], :posts::text[], :due_at::timestamptz[],
                         :bases::text[], :attached::text[], :previous::text[], :hashes::text[])
        as r (complaint_id, seq, at, event, level, actor, reason, call_id, post, due_at, basis, attached, previous, hash)
), head as (
    update complaint c set entries = told.seq, head = told.hash from told where c.id = told.complaint_id and not :moves::boolean
), written as (
    insert into complaint_history (complaint_id, seq, at, event, level, actor, reason, call_id, post, due_at, basis, attached,
                                   previous, hash)
    select * from told
)
select exists (select from webhook_audience);

-- name: complaints_tell_outside(ids, complaint_ids, seqs, ats, events, states, levels)!
-- By webhook: number and state, and nothing of anybody.
insert into notification (id, dedupe_key, complaint_id, kind, channel, recipient, body, created_at, next_attempt_at)
select r.id, concat(c.id, ':', r.seq, ':', r.event, ':webhook'), c.id, 'complaint_' || r.event, 'webhook', a.name,
       json_build_object('number', c.number, 'event', r.event, 'entry', r.seq, 'state', r.state, 'level', r.level)::text,
       r.at, r.at
from unnest(:ids::uuid[], :complaint_ids::uuid[], :seqs::integer[], :ats::timestamptz[], :events::text[], :states::text[],
            :levels::smallint[]) as r (id, complaint_id, seq, at, event, state, level)
join complaint c on c.id = r.complaint_id cross join webhook_audience a
where r.state is not null;

-- name: complaints_history(complaint_ids)
select complaint_id, seq, at, event, level, actor, reason, call_id, post, due_at, basis, attached, brought, previous, hash
from complaint_history where complaint_id = any(:complaint_ids::uuid[]) order by complaint_id, seq;

-- name: complaints_history_and_row(ids)
-- Of one moment: histories, each entry beside what the complaint's row knows; one row without an entry where there is none. The
-- citizen's words once.
select c.id as of, c.entries, c.head, c.state as stands, c.level as stands_at, c.post as stands_with, c.due_at as stands_due,
       c.citizen_id, c.contact, case when h.seq = 1 then c.text_hi end as text_hi, c.source, c.confirmed_by, c.kind, c.category, c.place,
       c.confidential, c.incident, h.*
from complaint c left join complaint_history h on h.complaint_id = c.id
where c.id = any(:ids::uuid[]) order by c.id, h.seq;

-- name: complaints_id(number)$
select id from complaint where number = :number;

-- name: complaints_heads_after(number, at_most)
-- Where histories end, for a walk over all complaints.
select number, entries, head from complaint where number > :number and head is not null order by number limit :at_most;

-- name: complaints_moved_between(since, until)
-- Whose history has an entry of that time (until: not included; null: and all later ones). A short time at once: as much as was
-- moved meanwhile is read, and a downtime's rest may be of any length.
select distinct complaint_id from complaint_history
where at >= :since and at < coalesce(:until::timestamptz, 'infinity');

-- name: complaints_heads_of(complaint_ids, until)
-- As complaints_heads_after, of these; not of who moved later again, and is told then.
select c.number, c.entries, c.head
from complaint c left join complaint_history h on h.complaint_id = c.id and h.seq = c.entries
where c.id = any(:complaint_ids::uuid[]) and c.head is not null
  and (h.at is null or h.at < coalesce(:until::timestamptz, 'infinity'))
order by c.number;

-- name: complaints_entries_named(numbers, seqs)
-- For each complaint and place in its history: whether we know it, and the hash of that entry.
select c.id is not null as known, h.hash
from unnest(:numbers::text[], :seqs::bigint[]) with ordinality as w (number, seq, n)
left join complaint c on c.number = w.number
left join complaint_history h on h.complaint_id = c.id and h.seq = w.seq
order by w.n;

-- name: complaints_after(number, at_most)
-- For a walk over all complaints, in order of their numbers.
select id, number from complaint where number > :number order by number limit :at_most;

-- name: complaints_add_disposal(complaint_id, disposal_no, level, post, kind, report, via, actor, call_id, recording_id, at)!
insert into disposal (complaint_id, disposal_no, level, post, kind, report, via, actor, call_id, recording_id, at)
values (:complaint_id, :disposal_no, :level, :post, :kind, :report, :via, :actor, :call_id, :recording_id, :at);

-- name: complaints_told_in_call(call_id, number)$
-- Whether this call of an officer has reported the complaint already.
select exists (select from disposal d join complaint c on c.id = d.complaint_id
               where d.call_id = :call_id and c.number = :number and d.via = 'officers_line');

-- name: complaints_of_officers_line(number)^
-- What is looked at before an officer is asked to speak: the move itself looks again.
select state, post, kind from complaint where number = :number;

-- name: complaints_feedback_owed(complaint_id, disposal_no, next_attempt_at)!
-- The citizen has to be asked about this disposal.
insert into feedback_due (complaint_id, disposal_no, next_attempt_at)
values (:complaint_id, :disposal_no, :next_attempt_at);

-- name: complaints_feedback_claim(now, at_most)
-- Whom to call now, oldest first. A row that another dialer holds is skipped; one that it has just claimed is
-- looked at again with its new time, and is not due any more. Who is in a call with us is not rung in the midst of it:
-- the line would be busy, and that is an attempt of the few that they get.
select f.complaint_id, f.disposal_no, f.attempts_made, f.next_attempt_at, c.contact, c.number
from feedback_due f
join complaint c on c.id = f.complaint_id and c.state = 'awaiting_feedback' and c.disposals = f.disposal_no
where f.done_at is null and f.step = 'calls' and f.next_attempt_at <= :now
  and not exists (select from attempt a where a.complaint_id = f.complaint_id and a.settled_at is null)
  and not exists (select from callback_attempt b where b.number = c.contact and b.settled_at is null)
  and not exists (select from call o where o.citizen_number = c.contact and o.ended_at is null
                  and o.started_at > :now::timestamptz - interval '6 hours')  -- no call lasts so long
order by f.next_attempt_at
limit :at_most
for update of f skip locked;

-- name: complaints_feedback_lease(complaint_ids, disposal_nos, until)!
-- Claimed rows are not due for a while: a claim that comes to nothing is not lost, only late.
update feedback_due f set next_attempt_at = :until
from unnest(:complaint_ids::uuid[], :disposal_nos::smallint[]) as r (complaint_id, disposal_no)
where f.complaint_id = r.complaint_id and f.disposal_no = r.disposal_no;

-- name: complaints_feedback_postpone(complaint_id, disposal_no, until)!
update feedback_due set next_attempt_at = :until
where complaint_id = :complaint_id and disposal_no = :disposal_no and done_at is null and step = 'calls';

-- name: complaints_feedback_count(complaint_id, disposal_no)$
update feedback_due set attempts_made = attempts_made + 1
where complaint_id = :complaint_id and disposal_no = :disposal_no
returning attempts_made;

-- name: complaints_feedback_called(complaint_id, disposal_no)$
-- Whether the citizen is still asked by the dialer's calls.
select exists (select from feedback_due where complaint_id = :complaint_id and disposal_no = :disposal_no
               and done_at is null and step = 'calls');

-- name: complaints_feedback_done(complaint_id, disposal_no, at)!
-- The citizen has answered.
update feedback_due set done_at = :at, outcome = 'answered'
where complaint_id = :complaint_id and disposal_no = :disposal_no and done_at is null;

-- name: complaints_attempt(id)^
select complaint_id, disposal_no from attempt where id = :id;

-- name: complaints_feedback_result(call_id, complaint_id)^
-- What the first record of this call about this complaint did, from the history that it wrote.
select f.complaint_id, f.satisfied, c.number, h.event, h.level, h.due_at
from feedback f join complaint c on c.id = f.complaint_id
join complaint_history h on h.complaint_id = f.complaint_id and h.call_id = f.attempt_id
where f.attempt_id = :call_id and f.complaint_id = :complaint_id
  and h.event in ('closed_satisfied', 'returned_for_review', 'escalated_dissatisfied');

-- name: complaints_own_words(id, call_id)$
-- Whether the recording holds what was said in this call.
select exists (select from recording where id = :id and call_id = :call_id);

-- name: complaints_add_feedback(attempt_id, complaint_id, disposal_no, satisfied, reason_code, recording_id, told_to, at)!
insert into feedback (attempt_id, complaint_id, disposal_no, satisfied, reason_code, recording_id, told_to, at)
values (:attempt_id, :complaint_id, :disposal_no, :satisfied, :reason_code, :recording_id, :told_to, :at);

-- name: complaints_add_to_register(attempt_id, complaint_id, level, reason_code, recording_id, at)!
-- The register of dissatisfaction.
insert into dissatisfaction_register (attempt_id, complaint_id, level, reason_code, recording_id, at)
values (:attempt_id, :complaint_id, :level, :reason_code, :recording_id, :at);

-- name: complaints_add_reopening_to_register(complaint_id, reopened_entry, level, reason_code, words, at)!
-- The same register: what they said who had it opened again. The history's entry names the call.
insert into dissatisfaction_register (complaint_id, reopened_entry, level, reason_code, words, at)
values (:complaint_id, :reopened_entry, :level, :reason_code, :words, :at);

-- name: complaints_register(complaint_ids)
select complaint_id, entry_no, at, level, reason_code, recording_id, attempt_id, words
from dissatisfaction_register where complaint_id = any(:complaint_ids::uuid[]) order by entry_no;

-- name: complaints_recordings(complaint_ids)
-- Everything recorded in the calls that the complaints' citizens had about them, oldest first, also what is still being
-- written. `call_complaint`: an agent's own call is theirs too. An attempt to ask is theirs once who took it has said, by key,
-- that they are the complainant (`complaint_call`): what a stranger or a neighbour said to us is not handed on.
-- `confidential_as`: the categories of the confidential complaints that its call belongs to.
select cc.complaint_id, r.id, r.call_id, r.kind, r.state, r.started_at, r.closed_at, r.sha256, r.seconds, r.channels,
       r.location,
       array(select c.category from call_complaint l join complaint c on c.id = l.complaint_id
             where l.call_id = r.call_id and c.confidential) as confidential_as
from call_complaint cc join recording r on r.call_id = cc.call_id
where cc.complaint_id = any(:complaint_ids::uuid[])
  and (not exists (select from attempt a where a.id = cc.call_id)
       or exists (select from complaint_call k where k.complaint_id = cc.complaint_id and k.call_id = cc.call_id))
order by r.started_at, r.id;

-- name: complaints_recording_for(id, post)^
-- As confidential_as above, for one recording, and the level of the post that would hear it. No row: no post.
select o.level,
       array(select c.category from call_complaint l join complaint c on c.id = l.complaint_id
             where l.call_id = r.call_id and c.confidential) as confidential_as
from recording r join post o on o.id = :post
where r.id = :id;

-- name: complaints_notify(ids, dedupe_keys, complaint_ids, kinds, channels, languages, recipients, officers, subjects, bodies, variables, template_ids, headers, encodings, parts, recordings, links, created_at, next_attempt_at, held_at, last_errors)!
-- An e-mail is for an officer (`officers`), and is not written where that one has no address.
-- For each row `recordings` is an array's text, and `links` are parted by blanks: with a subquery for each row every call would
-- be planned anew, which takes as long as to write two rows.
insert into notification (id, dedupe_key, complaint_id, kind, channel, language, recipient, subject, body, variables,
                          template_id, header, encoding, parts, recordings, links, created_at, next_attempt_at,
                          held_at, last_error)
select r.id, r.dedupe_key, r.complaint_id, r.kind, r.channel, r.language,
       case r.channel when 'email' then email_of(r.officer) else r.recipient end, r.subject, r.body, r.variables::jsonb, r.template_id, r.header, r.encoding, r.parts,
       r.recordings::uuid[], string_to_array(r.links, ' '), :created_at, r.next_attempt_at, r.held_at, r.last_error
from unnest(:ids::uuid[], :dedupe_keys::text[], :complaint_ids::uuid[], :kinds::text[], :channels::text[],
            :languages::text[], :recipients::text[], :officers::text[], :subjects::text[], :bodies::text[],
            :variables::text[], :template_ids::text[], :headers::text[], :encodings::text[], :parts::smallint[], :recordings::text[],
            :links::text[], :next_attempt_at::timestamptz[], :held_at::timestamptz[], :last_errors::text[])
     as r (id, dedupe_key, complaint_id, kind, channel, language, recipient, officer, subject, body, variables, template_id,
           header, encoding, parts, recordings, links, next_attempt_at, held_at, last_error)
where r.channel <> 'email' or email_of(r.officer) is not null;

-- name: complaints_unsent(complaint_ids, kinds, changes)
-- Messages that have not left and say something else than `changes`, of the complaint whose row the caller holds, and of those in
-- it. Their rows are taken: a worker leaves them alone meanwhile, and who lets a held one go has done so or waits.
select id, complaint_id, kind, channel, language, recipient, variables
from notification
where complaint_id = any(:complaint_ids::uuid[]) and kind = any(:kinds::text[]) and sent_at is null
  and not variables @> :changes::jsonb
order by id
for no key update;

-- name: complaints_word_anew(ids, subjects, bodies, variables, template_ids, headers, encodings, parts, faults, at)!
-- What waits goes on waiting, and is held where it cannot be worded; what is held stays so.
update notification n
set subject = r.subject, body = r.body, variables = r.variables::jsonb, template_id = r.template_id, header = r.header,
    encoding = r.encoding, parts = r.parts, next_attempt_at = case when r.fault is null then n.next_attempt_at end,
    held_at = case when r.fault is null then n.held_at else coalesce(n.held_at, :at) end,
    last_error = coalesce(r.fault, n.last_error)
from unnest(:ids::uuid[], :subjects::text[], :bodies::text[], :variables::text[], :template_ids::text[], :headers::text[],
            :encodings::text[], :parts::smallint[], :faults::text[])
     as r (id, subject, body, variables, template_id, header, encoding, parts, fault)
where n.id = r.id and n.sent_at is null;

-- name: complaints_add_bundles(ids, complaint_ids, entries, posts, created_at)!
insert into bundle (id, complaint_id, entry, post, created_at)
select r.id, r.complaint_id, r.entry, r.post, :created_at
from unnest(:ids::uuid[], :complaint_ids::uuid[], :entries::integer[], :posts::text[]) as r (id, complaint_id, entry, post);

-- name: complaints_last_bundle(complaint_id, post)$
-- What this post was handed last with the complaint.
select id from bundle where complaint_id = :complaint_id and post = :post order by entry desc limit 1;

-- name: complaints_bundle(id)^
select b.id, b.complaint_id, b.post, o.title as post_title, o.title_en as post_title_en, o.level as post_level, c.number, c.text_hi,
       c.level, c.due_at, k.name_hi as category, k.name_en as category_en, c.kind, c.incident, p.name_hi as place, p.name_en as place_en,
       case when c.confidential then c.category end as confidential_as
from bundle b join complaint c on c.id = b.complaint_id join category k on k.code = c.category
join place p on p.code = c.place join post o on o.id = b.post
where b.id = :id;

-- name: complaints_titles(posts, mapped)
-- Posts as people read them, and all departments, for what a history names by its key; with the categories and places in `mapped`.
select id as code, title as name, title_en as name_en from post where id = any(:posts::text[])
union all
select 'to ' || code, name_hi, name_en from department
union all
select 'category ' || code, name_hi, name_en from category where code = any(:mapped::text[])
union all
select 'place ' || code, name_hi, name_en from place where code = any(:mapped::text[]);

-- name: complaints_bundle_opened(id, bundle_id, at, remote)!
insert into bundle_access (id, bundle_id, at, remote) values (:id, :bundle_id, :at, :remote);

-- name: complaints_of_number(number, at_most)
-- What an agent sees of a caller: open complaints first, then the latest.
select c.number, k.name_hi as category_name, k.name_en as category_name_en, c.state, c.level, c.registered_at
from complaint c join category k on k.code = c.category
where c.contact = :number
order by c.ended_at is null desc, c.registered_at desc
limit :at_most;

-- name: complaints_story(number)^
-- All that is told of a complaint, in one statement: of one moment without a transaction, and one answer to wait for. Its lists
-- are rows without names, in the order of the fields of `complaints.story`; the driver knows only plain types in them, and
-- lists of text. A call is there that belongs to the complaint, tried to reach its citizen, or was made to them by an agent's click.
select c.id, c.number, c.state, c.level, c.text_hi, c.contact, c.kind, c.incident, c.confidential, c.source, c.confirmed_by,
       c.weight, c.due_at, c.cm_office_since, c.registered_at, c.entries, c.head, k.name_hi as category, d.name_hi as department,
       p.name_hi as place, s.name as citizen, o.title as post_title, m.linked, m.linked_open, i.number as merged_into,
       array(select row(h.seq, h.at, h.event, h.level, h.actor, h.reason, h.call_id, h.post, h.due_at, h.basis, h.attached, h.brought,
                        h.previous, h.hash)
             from complaint_history h where h.complaint_id = c.id order by h.seq) as history,
       array(select row(l.id, l.direction, coalesce(cc.role, case when a.id is null then 'follow_up' else 'feedback' end), a.attempt_no, a.disposal_no, l.citizen_number::text,
                        l.service_number, l.started_at, l.answered_at, l.pop_at, l.agent_answered_at, l.ended_at,
                        l.outcome)
             from (select call_id from call_complaint where complaint_id = c.id) one
             join call l on l.id = one.call_id
             left join complaint_call cc on cc.call_id = l.id and cc.complaint_id = c.id
             left join attempt a on a.id = l.id and a.complaint_id = c.id
             order by l.started_at, l.id) as calls,
       array(select row(s.call_id, s.queue, s.entered_at, s.left_at, s.agent_id, s.moved_to)
             from (select call_id from call_complaint where complaint_id = c.id) one
             join queue_stay s using (call_id) order by s.entered_at, s.left_at nulls last) as stays,
       array(select row(t.call_id, t.agent_id, t.began_at, t.ended_at, t.queue, t.handed_to)
             from (select call_id from call_complaint where complaint_id = c.id) one
             join agent_talk t using (call_id) order by t.began_at, t.ended_at nulls last) as talks,
       array(select row(f.id, f.complaint_id, f.disposal_no, f.attachment_no, f.entry, f.name, f.media_type, f.bytes, f.sha256::text,
                        f.at, g.level, g.via, q.erased_at, (select count(*) from attachment_access o where o.attachment_id = f.id))
             from attachment f join disposal g using (complaint_id, disposal_no)
             left join attachment_erasure q on q.attachment_id = f.id
             where f.complaint_id = c.id order by f.disposal_no, f.attachment_no) as attachments,
       array(select row(r.id, r.call_id, r.kind, r.state, r.started_at, r.closed_at, r.sha256, r.seconds, r.channels, r.location)
             from call_complaint cc join recording r on r.call_id = cc.call_id
             where cc.complaint_id = c.id order by r.started_at, r.id) as recordings,
       array(select row(n.id, n.kind, n.channel, n.recipient, n.body, n.recordings::text[], n.links, n.encoding, n.parts, n.attempts,
                        n.created_at, n.next_attempt_at, n.sent_at, n.held_at, n.last_error, n.delivered_at, n.undelivered_at)
             from notification n where n.complaint_id = c.id order by n.created_at, n.dedupe_key) as notifications,
       array(select row(b.post, b.created_at, (select count(*) from bundle_access x where x.bundle_id = b.id),
                        (select min(x.at) from bundle_access x where x.bundle_id = b.id))
             from bundle b where b.complaint_id = c.id order by b.created_at, b.id) as bundles,
       array(select row(e.entry_no, e.at, e.level, e.reason_code, e.recording_id, e.attempt_id, e.words)
             from dissatisfaction_register e where e.complaint_id = c.id order by e.entry_no) as register
from complaint c join category k on k.code = c.category
join place p on p.code = c.place join citizen s on s.id = c.citizen_id
cross join lateral (
    select count(*) as linked, count(*) filter (where other.ended_at is null) as linked_open
    from complaint other where other.matter = c.matter and other.citizen_id <> c.citizen_id
) m
left join department d on d.code = coalesce(c.department, k.department)
left join post o on o.id = c.post
left join complaint_end e on e.complaint_id = c.id and e.entry = c.end_entry
left join complaint i on i.id = e.merged_into
where c.number = :number;

-- name: complaints_put_departments(codes, names_hi, names_en)!
insert into department (code, name_hi, name_en)
select * from unnest(:codes::text[], :names_hi::text[], :names_en::text[])
on conflict (code) do update set name_hi = excluded.name_hi, name_en = excluded.name_en;

-- name: complaints_put_places(codes, kinds, names_hi, names_en, parents)!
-- One statement, so that a place may come before its parent.
insert into place (code, kind, name_hi, name_en, parent)
select * from unnest(:codes::text[], :kinds::text[], :names_hi::text[], :names_en::text[], :parents::text[])
on conflict (code) do update
set kind = excluded.kind, name_hi = excluded.name_hi, name_en = excluded.name_en, parent = excluded.parent;

-- name: complaints_put_categories(codes, names_hi, names_en, departments, days_1, days_2, days_3, days_4, parents, scopes, advices, advices_en, keywords)!
-- One statement, so that a category may come before the one that it lies under. `keywords`: a JSON list for each.
insert into category (code, name_hi, name_en, department, level_days, parent, in_scope, advice_hi, advice_en, keywords)
select r.code, r.name_hi, r.name_en, r.department,
       case when r.d1 is not null then array[r.d1, r.d2, r.d3, r.d4] end, r.parent, r.in_scope, r.advice_hi, r.advice_en,
       array(select jsonb_array_elements_text(r.keywords::jsonb))
from unnest(:codes::text[], :names_hi::text[], :names_en::text[], :departments::text[], :days_1::smallint[],
            :days_2::smallint[], :days_3::smallint[], :days_4::smallint[], :parents::text[], :scopes::boolean[],
            :advices::text[], :advices_en::text[], :keywords::text[])
     as r (code, name_hi, name_en, department, d1, d2, d3, d4, parent, in_scope, advice_hi, advice_en, keywords)
on conflict (code) do update
set name_hi = excluded.name_hi, name_en = excluded.name_en, department = excluded.department,
    level_days = excluded.level_days, parent = excluded.parent, in_scope = excluded.in_scope,
    advice_hi = excluded.advice_hi, advice_en = excluded.advice_en, keywords = excluded.keywords;

-- name: complaints_clear_post_categories(posts)!
-- Before the posts are written: nothing may say of a post that it is limited while its duty changes.
delete from post_category where post = any(:posts::text[]);

-- name: complaints_put_posts(ids, titles, departments, places, levels, numbers, vacancies, titles_en, limited)!
insert into post (id, title, department, place, level, number, vacant_from, title_en, limited)
select * from unnest(:ids::text[], :titles::text[], :departments::text[], :places::text[], :levels::smallint[],
                     :numbers::text[], :vacancies::date[], :titles_en::text[], :limited::boolean[])
on conflict (id) do update
set title = excluded.title, title_en = excluded.title_en, department = excluded.department, place = excluded.place, level = excluded.level,
    number = excluded.number, vacant_from = excluded.vacant_from, limited = excluded.limited;

-- name: complaints_put_post_categories(posts, categories)!
-- After the posts: each row repeats its post's duty.
insert into post_category (post, category, department, place, level)
select p.id, r.category, p.department, p.place, p.level
from unnest(:posts::text[], :categories::text[]) as r (post, category) left join post p on p.id = r.post;

-- name: complaints_holding_call(call_id)
-- The complaints that a call belongs to, as they stand; they do not change before our transaction ends.
select c.number, c.category, c.ended_at from call_complaint cc join complaint c on c.id = cc.complaint_id
where cc.call_id = :call_id order by c.id for share of c;

-- name: complaints_holding_calls(call_ids)
-- The complaints that many calls belong to, as they stand; nothing is locked.
select cc.call_id, c.category, c.ended_at from call_complaint cc join complaint c on c.id = cc.complaint_id
where cc.call_id = any(:call_ids::uuid[]);

-- name: complaints_calls_of_number(number)
-- A complaint's calls; one row without a call for a complaint that has none. As in listening_complaints, not through the view.
select l.call_id
from complaint c left join lateral (
    select call_id from complaint_call where complaint_id = c.id
    union select id from attempt where complaint_id = c.id
    union select call_id from desk_call where complaint_id = c.id) l on true
where c.number = :number;

-- name: complaints_language_of_call(id)$
-- In which we speak to the citizen whom we call about a complaint, to ask or by an agent's click: theirs when they registered.
select z.language from call_complaint l join complaint c on c.id = l.complaint_id join citizen z on z.id = c.citizen_id
where l.call_id = :id order by c.registered_at limit 1;

-- name: complaints_status(number)^
-- What a citizen may hear who keyed the number itself: with whom and until when, but no name and no words of anybody.
select c.number, k.name_hi as subject, k.name_en as subject_en, c.state, c.level, p.title as post_title,
       coalesce(p.title_en, '') as post_title_en, c.due_at, c.overdue_at is not null as overdue
from complaint c join category k on k.code = c.category left join post p on p.id = c.post
where c.number = :number;

-- name: complaints_status_of_contact(contact, at_most)
-- Open complaints of a telephone number: a number is not a person, so no more than number, subject and state, and of a
-- confidential one nothing: others of the house use the same telephone. Who keyed its number knows it already.
select c.number, k.name_hi as subject, k.name_en as subject_en, c.state
from complaint c join category k on k.code = c.category
where c.contact = :contact and c.ended_at is null and not c.confidential
order by c.registered_at desc limit :at_most;

-- name: complaints_last_agent(number, cell, since)$
-- Who of this cell talked with the number last, in a call about a complaint that is still open.
select c.agent_id from call c
where c.citizen_number = :number and c.cell = :cell and c.agent_answered_at >= :since
  and exists (select from complaint_call l join complaint o on o.id = l.complaint_id
              where l.call_id = c.id and o.ended_at is null)
order by c.agent_answered_at desc limit 1;

-- name: complaints_english_words()
-- What a status may name in English: as complaints_words_to_speak, as far as it has an English name.
select name_en as text from category where name_en <> ''
union
select p.title_en from post p
where p.title_en <> '' and exists (select from complaint c where c.post = p.id and c.ended_at is null);

-- name: complaints_asked_about(attempt_id)^
-- What the dialer's call says first, to whoever answers: a number may have several complaints. Nothing of a confidential one:
-- others of the house use the same telephone, and its number would open the rest.
select c.number, k.name_hi as subject, coalesce(k.name_en, '') as subject_en
from attempt a join complaint c on c.id = a.complaint_id join category k on k.code = c.category
where a.id = :attempt_id and not c.confidential;

-- name: complaints_words_to_speak()
-- What a status may name: all subjects, and the posts that have an open complaint.
select name_hi as text from category
union
select p.title from post p where exists (select from complaint c where c.post = p.id and c.ended_at is null);
