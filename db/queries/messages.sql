-- name: messages_template(kind, channel, language, otherwise)^
-- The wording in this language where there is one.
select kind, channel, language, template_id, header, subject, text, variables
from message_template
where kind = :kind and channel = :channel and language in (:language, :otherwise)
order by language = :language desc
limit 1;

-- name: messages_templates_of(kinds, channels, languages, otherwise)
-- As messages_template, for the n-th kind, channel and language.
select distinct on (w.n) w.n, t.kind, t.channel, t.language, t.template_id, t.header, t.subject, t.text, t.variables
from unnest(:kinds::text[], :channels::text[], :languages::text[]) with ordinality as w (kind, channel, language, n)
join message_template t on t.kind = w.kind and t.channel = w.channel and t.language in (w.language, :otherwise)
order by w.n, t.language = w.language desc;

-- name: messages_templates()
select kind, channel, language, template_id, header, subject, text, variables
from message_template order by kind, channel, language;

-- name: messages_put_template(kind, channel, language, template_id, header, subject, text, variables)!
-- What may be filled in is the code's to say, so it stays.
insert into message_template (kind, channel, language, template_id, header, subject, text, variables)
values (:kind, :channel, :language, :template_id, :header, :subject, :text, :variables)
on conflict (kind, channel, language) do update
set template_id = excluded.template_id, header = excluded.header, subject = excluded.subject, text = excluded.text;

-- name: messages_one_claims(channel)$
-- One claim at a time in a channel, over all processes: the cap on messages per second holds over all of them.
select pg_advisory_xact_lock(hashtextextended('messages:' || :channel, 1076));

-- name: messages_begun_since(channel, since, until)$
-- Not what a clock that was put back has in its future: it would stop the channel until then.
select count(*) from notification_attempt where channel = :channel and began_at > :since and began_at <= :until;

-- name: messages_hold_exhausted(channel, now, attempts, at_most)!
-- Begun as often as allowed, and the last time nobody lived to write how it ended: not once more by itself. Among those whose turn
-- it is: the others' comes, and all who claim wait while this reads.
with due as (
    select id, failures from notification
    where channel = :channel and next_attempt_at <= :now
    order by next_attempt_at limit :at_most
    for no key update skip locked
)
update notification n
set held_at = :now, next_attempt_at = null, last_error = coalesce(n.last_error, 'no attempt has a known end')
from due where n.id = due.id and due.failures >= :attempts;

-- name: messages_claim(channel, now, until, attempts, at_most)
-- Longest due first. The attempt is written before anything leaves; an earlier one without an end is of unknown end.
with due as (
    select id from notification
    where channel = :channel and next_attempt_at <= :now and failures < :attempts
    order by next_attempt_at limit :at_most
    for no key update skip locked
), claimed as (
    update notification n
    set attempts = attempts + 1, failures = failures + 1, next_attempt_at = :until
    from due where n.id = due.id
    returning n.*
), unknown as (
    update notification_attempt a set ended_at = :now, outcome = 'unknown'
    from due where a.notification_id = due.id and a.ended_at is null
), begun as (
    insert into notification_attempt (notification_id, attempt_no, channel, began_at)
    select id, attempts, channel, :now from claimed
)
select id, attempts as attempt_no, failures, kind, channel, recipient, subject, body, template_id, header,
       coalesce(encoding, '') as encoding, coalesce(parts, 1) as parts, created_at
from claimed order by id;

-- name: messages_bring_forward(channel, now, furthest, at_most)
-- As messages_claim, those that no clock that is right would have due so late.
with late as (
    select id from notification
    where channel = :channel and next_attempt_at > :furthest
    order by next_attempt_at limit :at_most
    for no key update skip locked
)
update notification n set next_attempt_at = :now
from late where n.id = late.id
returning n.id;

-- name: messages_sent(id, attempt_no, at, reference)!
-- Sent is sent, also when another worker has it by now because this one was slow to say so. A receipt that was quicker and says
-- that it did not arrive stands: a gateway that knows keys did not take it a second time.
with ended as (
    update notification_attempt set ended_at = :at, outcome = 'sent', error = null
    where notification_id = :id and attempt_no = :attempt_no
)
update notification
set sent_at = :at, next_attempt_at = null, held_at = null, reference = nullif(:reference, ''),
    last_error = case when undelivered_at is not null then last_error end
where id = :id and sent_at is null;

-- name: messages_not_sent(id, attempt_no, at, outcome, error, again_at)!
-- Only the last attempt decides what is next.
with ended as (
    update notification_attempt set ended_at = :at, outcome = :outcome, error = :error
    where notification_id = :id and attempt_no = :attempt_no and ended_at is null
)
update notification
set last_error = :error, next_attempt_at = :again_at::timestamptz,
    held_at = case when :again_at::timestamptz is null then :at::timestamptz end
where id = :id and attempts = :attempt_no and sent_at is null and held_at is null;

-- name: messages_delivered(key, reference, at)$
-- A receipt proves that it was sent, even where nobody lived to write that.
update notification
set delivered_at = coalesce(delivered_at, :at), undelivered_at = null, sent_at = coalesce(sent_at, :at),
    next_attempt_at = null, held_at = null, last_error = null
where channel = 'sms' and (id = :key or reference = :reference)
returning id;

-- name: messages_undelivered(key, reference, at, why)$
-- A receipt that says "delivered" stands, in whatever order the two come. What is still to be tried is tried all the same.
update notification
set undelivered_at = case when delivered_at is null then coalesce(undelivered_at, :at) end,
    last_error = case when delivered_at is null then :why end,
    sent_at = case when next_attempt_at is null then coalesce(sent_at, :at) end, held_at = null
where channel = 'sms' and (id = :key or reference = :reference)
returning id;

-- name: messages_under_way(began_after)$
-- Whether a gateway may have named one whose name is not written yet.
select exists (select from notification_attempt where channel = 'sms' and began_at > :began_after and ended_at is null);

-- name: messages_backlog(undelivered_since)
-- `undelivered`: as messages_undelivered_list has them, of late: those of years are never fewer. Each arm by the index of its own.
select channel, sum(waiting)::bigint as waiting, sum(held)::bigint as held, sum(undelivered)::bigint as undelivered
from (
    select channel, count(*) as waiting, 0 as held, 0 as undelivered
    from notification where next_attempt_at is not null group by channel
    union all
    select channel, 0, count(*), 0 from notification where held_at is not null group by channel
    union all
    select channel, 0, 0, count(*)
    from notification n
    where undelivered_at > :undelivered_since and delivered_at is null and sent_at is not null
      and not exists (select from notification a where a.dedupe_key = n.dedupe_key || ':again')
    group by channel
) counted
group by channel;

-- name: messages_undelivered_list(at_most)
-- A gateway took them, and then said that they did not arrive; not those that were sent again since. The latest first: an old
-- one has been seen, or does not matter any more.
select n.id, n.kind, n.channel, n.recipient, n.undelivered_at, n.last_error, coalesce(c.number, '') as number
from notification n left join complaint c on c.id = n.complaint_id
where n.undelivered_at is not null and n.delivered_at is null and n.sent_at is not null
  and not exists (select from notification a where a.dedupe_key = n.dedupe_key || ':again')
order by n.undelivered_at desc, n.id limit :at_most;

-- name: messages_undelivered_until()$
select max(undelivered_at) from notification where undelivered_at is not null and delivered_at is null;

-- name: messages_undelivered_portion(since, until, after_at, after, at_most)
-- As messages_undelivered_list, the next after these that were not delivered since `since`.
select n.undelivered_at as at, n.id
from notification n
where n.undelivered_at is not null and n.delivered_at is null and n.sent_at is not null
  and n.undelivered_at >= :since and n.undelivered_at <= :until and (n.undelivered_at, n.id) > (:after_at, :after)
  and not exists (select from notification a where a.dedupe_key = n.dedupe_key || ':again')
order by n.undelivered_at, n.id limit :at_most;

-- name: messages_hold_complaints(ids)
-- Those of what messages_undelivered_ids finds, in the order in which others hold several: whoever makes one confidential is done
-- with it, or waits and then finds the new message. With the files that they were merged into: whoever makes one of those
-- confidential looks at theirs too.
with recursive file as (
    select n.complaint_id as id from notification n
    where n.id = any(:ids::uuid[]) and n.undelivered_at is not null and n.delivered_at is null and n.sent_at is not null
    union
    select e.merged_into from file f join complaint_end e on e.complaint_id = f.id where e.merged_into is not null
)
select c.id from complaint c
where c.id in (select id from file)
order by c.number
for share;

-- name: messages_undelivered_ids(ids, links_since)
-- As messages_undelivered_list, these. `over`: what it says is true no more:
-- its links were written before `links_since` and open nothing, or the citizen is asked to call and not awaited any more; or it
-- has a number that was told in confidence since, be it in a file that this one was merged into, by way of others too.
select n.id,
       n.links <> '{}' and n.created_at < :links_since
       or n.kind = 'citizen_asked' and c.state is distinct from 'awaiting_feedback'
       or coalesce(n.variables ->> 'contact' = c.contact, false) and (
           exists (select from complaint_history h
                   where h.complaint_id = c.id and h.event = 'made_confidential' and h.at >= n.created_at)
           or exists (with recursive file as (
                          select merged_into from complaint_end where complaint_id = c.id
                          union all
                          select e.merged_into from file f join complaint_end e on e.complaint_id = f.merged_into)
                      select from file f join complaint o on o.id = f.merged_into where o.confidential)) as over
from notification n left join complaint c on c.id = n.complaint_id
where n.id = any(:ids::uuid[]) and n.undelivered_at is not null and n.delivered_at is null and n.sent_at is not null
  and not exists (select from notification a where a.dedupe_key = n.dedupe_key || ':again')
order by n.undelivered_at, n.id;

-- name: messages_undelivered_before(since, at_most)$
-- How many of the latest `at_most` before then: those of the years are not read.
select count(*)
from (select dedupe_key from notification
      where undelivered_at < :since and delivered_at is null and sent_at is not null
      order by undelivered_at desc limit :at_most) n
where not exists (select from notification a where a.dedupe_key = n.dedupe_key || ':again');

-- name: messages_send_again(ids, new_ids, now)
-- As messages of their own: a gateway that knows keys would not take the old key twice, and a late receipt is for the old one.
-- `dedupe_key`: each once, whoever asks for it at the same time.
insert into notification (id, dedupe_key, complaint_id, kind, channel, language, recipient, subject, body, variables,
                          template_id, header, encoding, parts, recordings, links, created_at, next_attempt_at)
select w.new_id, n.dedupe_key || ':again', n.complaint_id, n.kind, n.channel, n.language, n.recipient, n.subject, n.body,
       n.variables, n.template_id, n.header, n.encoding, n.parts, n.recordings, n.links, :now, :now
from unnest(:ids::uuid[], :new_ids::uuid[]) as w (id, new_id) join notification n on n.id = w.id
on conflict (dedupe_key) do nothing
returning id;

-- name: messages_held(at_most)
select id, kind, channel, recipient, attempts, created_at, held_at, last_error
from notification where held_at is not null order by held_at, id limit :at_most;

-- name: messages_held_until()$
select max(held_at) from notification where held_at is not null;

-- name: messages_held_portion(until, after_at, after, at_most)
-- The next after these.
select held_at as at, id from notification
where held_at is not null and held_at <= :until and (held_at, id) > (:after_at, :after)
order by held_at, id limit :at_most;

-- name: messages_take_held(ids)
-- In the order in which others take several (complaints_unsent): nobody waits for somebody who waits.
select id, kind, channel, language, body, variables
from notification where id = any(:ids::uuid[]) and held_at is not null
order by id
for no key update;

-- name: messages_word(ids, subjects, bodies, template_ids, headers, encodings, parts)!
-- Their rows are held by the caller.
update notification n
set subject = r.subject, body = r.body, template_id = r.template_id, header = r.header, encoding = r.encoding, parts = r.parts
from unnest(:ids::uuid[], :subjects::text[], :bodies::text[], :template_ids::text[], :headers::text[], :encodings::text[],
            :parts::smallint[]) as r (id, subject, body, template_id, header, encoding, parts)
where n.id = r.id;

-- name: messages_release(ids, now)
-- Tried again from now on, as often as a new one. Their rows are held by the caller.
update notification
set held_at = null, next_attempt_at = :now, failures = 0
where id = any(:ids::uuid[]) and held_at is not null and body <> ''
returning id;

-- name: messages_tell_outside(name, at)!
-- From now on it is told by webhook what happens to complaints.
insert into webhook_audience (name, since) values (:name, :at) on conflict (name) do nothing;

-- name: messages_tell_nobody_outside(name)!
delete from webhook_audience where name = :name;
