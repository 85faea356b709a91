-- The parameters stand in the order of their first use: some are run with a longer time limit, by position.

-- name: reports_room()!
-- Until the end of the transaction: a year of intervals is sorted, which spills to disk with the default.
set local work_mem = '64MB';

-- name: reports_groups(by, per_cell, short, within, own, since, until, queues)
-- Stays, grouped by their line and by all that decides their fate: which of the fates it is, Python says, in one place.
-- In time: within the seconds of its queue as they were when it came (own), else within those that are asked.
select report_key(:by, queue, agent_id, entered_at) as key, case when :per_cell then cell else '' end as cell,
       answered, moved_on, ended, outcome, owes_callback, count(*)::int as calls,
       (count(*) filter (where waited < :short::interval))::int as short,
       (count(*) filter (where waited <= answer_within(cell, queue, entered_at, :within::interval, :own::bool)))::int as in_time,
       (count(*) filter (where waited is null))::int as unseen, coalesce(sum(waited), '0') as waited
from offered_stay
where entered_at >= :since and entered_at < :until and (:queues::text[] is null or queue = any(:queues))
group by 1, 2, answered, moved_on, ended, outcome, owes_callback;

-- name: reports_unaccounted(since, until, queues)
-- Calls that came to a queue and have no stay in any: counted from calls, where the figures are counted from stays.
select count(*)::int as calls from call c
where direction = 'inbound' and queued_at >= :since and queued_at < :until
  and (:queues::text[] is null or queue = any(:queues)) and not exists (select from queue_stay s where s.call_id = c.id);

-- name: reports_total_unaccounted(days, queues)
select coalesce(sum(calls), 0)::int as calls from report_unaccounted
where day = any(:days::date[]) and (:queues::text[] is null or queue = any(:queues));

-- name: reports_talks(by, since, until, queues)
-- Agents' talks, in calls that came in and in those that we placed; a transfer is of who handed on. What is of no queue, as a
-- click is, is of its agent's queues. `took_at`: sought by its index, where the citizen answered later than the agent.
select report_key(:by, queue, agent_id, began_at) as key, placed, count(handed_to)::int as transfers,
       count(ended_at)::int as talks, coalesce(sum(ended_at - began_at), '0') as talked
from counted_talk
where began_at >= :since and began_at < :until and took_at >= :since::timestamptz - interval '2 hours' and took_at < :until
  and (:queues::text[] is null or queue = any(:queues)
       or queue = '' and agent_id in (select id from agent where queues && :queues::text[]))
group by 1, 2;

-- name: reports_wrap_ups(by, since, until, queues)
select report_key(:by, queue, agent_id, began_at) as key, placed, sum(wrap_up) as wrapped_up
from wrap_ups(:since, :until)
where (:queues::text[] is null or queue = any(:queues)
       or queue = '' and agent_id in (select id from agent where queues && :queues::text[]))
group by 1, 2;

-- name: reports_times(by, step, since, until, unit, queues)
-- Time on duty, without pauses and without a telephone that was away, and on calls, cut where an hour or a day of India's ends; of the agents of these
-- queues, and on days on which they were signed in and had been moved into one of them.
select case :by when 'agent' then agent_id when 'hour' then to_char(piece, 'YYYY-MM-DD HH24:00')
                when 'day' then to_char(piece, 'YYYY-MM-DD') else '' end as key,
       sum(least(until_at, piece + :step::interval) - greatest(from_at, piece)) as on_duty,
       coalesce(sum(least(until_at, piece + :step::interval) - greatest(from_at, piece))
                filter (where state in ('in_call', 'wrap_up')), '0') as busy
from duty(:since, :until), lateral generate_series(date_trunc(:unit, from_at), until_at, :step::interval) as piece
where from_at < until_at and piece < until_at
  and (:queues::text[] is null or agent_id in (select id from agent where queues && :queues::text[])
       or (agent_id, piece::date) in (
           select s.agent_id, day::date
           from agent_session s, generate_series(date_trunc('day', s.signed_in_at at time zone 'Asia/Kolkata'),
                                                 coalesce(s.signed_out_at, :until) at time zone 'Asia/Kolkata', interval '1 day') day
           where s.queues && :queues::text[]))
group by 1;

-- name: reports_offered(since, until, after_at, after_id, after_queue, queues, key, by, answered, moved, ended, outcomes, owing, at_most)
-- The stays behind a figure, page by page, oldest first. The five arrays: combinations that are the fate asked for; null: any.
select id, queue, entered_at as queued_at, agent_id, case when answered then left_at end as agent_answered_at, moved_to,
       case when moved_on then left_at else ended_at end as ended_at, outcome, owes_callback,
       (select count(*) from agent_talk t
        where t.call_id = o.id and t.queue = o.queue and t.handed_to is not null)::int as transfers
from offered_stay o
where entered_at >= :since and entered_at < :until and (entered_at, id, queue) > (:after_at, :after_id, :after_queue)
  and (:queues::text[] is null or queue = any(:queues))
  and (:key::text is null or report_key(:by, queue, agent_id, entered_at) = :key)
  and (:answered::bool[] is null
       or (answered, moved_on, ended, coalesce(outcome, ''), owes_callback) in (
           select * from unnest(:answered::bool[], :moved::bool[], :ended::bool[], :outcomes::text[], :owing::bool[])))
order by entered_at, id, queue limit :at_most;

-- name: reports_days_alone()$
-- Until the end of the transaction: one process of all cells makes days ready, or sums one.
select pg_try_advisory_xact_lock(10760033);

-- name: reports_days_wanted(last, most, within, short)$
-- Whether a day that is over is not noted yet, or is not what its rows say now.
select exists (select from report_days_due(:last::date, :most::int) day where day not in (select d.day from report_day d))
    or exists (select from report_change)
    or exists (select from report_day where (answer_within, short_wait) <> (:within::interval, :short::interval));

-- name: reports_days_patience()!
-- Whoever writes calls waits behind the lock below: for no longer than this.
set local lock_timeout = '300ms';

-- name: reports_days_lock()!
-- Waits until all who hold a change of a day's rows that is not committed are done, and holds up others for this transaction:
-- each of them then finds the day noted, or has been seen by the sum that is made after it.
select pg_advisory_xact_lock(10760032);

-- name: reports_days_note(within, short, last, most)!
insert into report_day (day, answer_within, short_wait)
select day, :within, :short from report_days_due(:last, :most) day
on conflict do nothing;

-- name: reports_days_anew(within, short)!
update report_day d set summed_at = null, answer_within = :within, short_wait = :short
where exists (select from report_change c where c.day = d.day) or (answer_within, short_wait) <> (:within, :short);

-- name: reports_days_noted()!
delete from report_change;

-- name: reports_day_to_sum(within, short)$
-- The latest first: it is asked for most. What has changed meanwhile is noted first.
select day from report_day d
where summed_at is null and (answer_within, short_wait) = (:within, :short)
  and not exists (select from report_change c where c.day = d.day)
order by day desc limit 1;

-- name: reports_day_forget_calls(day)!
delete from report_calls where day = :day;

-- name: reports_day_forget_work(day)!
delete from report_work where day = :day;

-- name: reports_day_forget_placed(day)!
delete from report_placed where day = :day;

-- name: reports_day_forget_duty(day)!
delete from report_duty where day = :day;

-- name: reports_day_calls(day, short, within, since, until)!
insert into report_calls (day, grain, key, queue, answered, moved_on, ended, outcome, owes_callback, calls, short, in_time, unseen, waited)
select :day::date, case when grouping(hour) = 0 then 'hour' when grouping(agent) = 0 then 'agent' else 'queue' end,
       case when grouping(hour) = 0 then hour when grouping(agent) = 0 then agent else queue end,
       queue, answered, moved_on, ended, outcome, owes_callback, count(*),
       count(*) filter (where waited < :short::interval), count(*) filter (where waited <= answer_within(cell, queue, entered_at, :within::interval, true)),
       count(*) filter (where waited is null), coalesce(sum(waited), '0')
from (
    select *, report_key('hour', queue, agent_id, entered_at) as hour, report_key('agent', queue, agent_id, entered_at) as agent
    from offered_stay where entered_at >= :since and entered_at < :until
) offered
group by queue, answered, moved_on, ended, outcome, owes_callback, grouping sets ((), (hour), (agent));

-- name: reports_day_work(day, since, until)!
insert into report_work (day, grain, key, queue, transfers, talks, talked, wrapped_up)
select :day::date, grain, report_key(grain, queue, agent_id, began_at), queue, sum(transfers), sum(talks), sum(talked), sum(wrapped_up)
from (
    select queue, agent_id, began_at, (handed_to is not null)::int as transfers, (ended_at is not null)::int as talks,
           coalesce(ended_at - began_at, '0') as talked, interval '0' as wrapped_up
    from counted_talk where not placed and took_at >= :since and took_at < :until
    union all
    select queue, agent_id, began_at, 0, 0, '0', wrap_up from wrap_ups(:since, :until) where not placed
) work, unnest(array['queue', 'agent', 'hour']) as grain
group by 2, 3, 4;

-- name: reports_day_placed(day, since, until)!
insert into report_placed (day, grain, key, queue, agent_id, talks, talked, wrapped_up)
select :day::date, grain, report_key(grain, queue, agent_id, began_at), queue, agent_id, sum(talks), sum(talked), sum(wrapped_up)
from (
    select queue, agent_id, began_at, (ended_at is not null)::int as talks, coalesce(ended_at - began_at, '0') as talked,
           interval '0' as wrapped_up
    from counted_talk where placed and began_at >= :since and began_at < :until
      and took_at >= :since::timestamptz - interval '2 hours' and took_at < :until
    union all
    select queue, agent_id, began_at, 0, '0', wrap_up from wrap_ups(:since, :until) where placed
) work, unnest(array['agent', 'hour']) as grain
group by 2, 3, 4, 5;

-- name: reports_day_duty(day, since, until)!
insert into report_duty
select :day::date, case when grouping(piece) = 0 then 'hour' else 'agent' end,
       case when grouping(piece) = 0 then to_char(piece, 'YYYY-MM-DD HH24:00') else agent_id end, agent_id,
       sum(least(until_at, piece + interval '1 hour') - greatest(from_at, piece)),
       coalesce(sum(least(until_at, piece + interval '1 hour') - greatest(from_at, piece))
                filter (where state in ('in_call', 'wrap_up')), '0')
from duty(:since, :until),
     lateral generate_series(date_trunc('hour', from_at), until_at, interval '1 hour') as piece
where from_at < until_at and piece < until_at
group by agent_id, grouping sets ((), (piece));

-- name: reports_day_forget_unaccounted(day)!
delete from report_unaccounted where day = :day;

-- name: reports_day_unaccounted(day, since, until)!
insert into report_unaccounted (day, queue, calls)
select :day::date, queue, count(*) from call c
where direction = 'inbound' and queued_at >= :since and queued_at < :until
  and not exists (select from queue_stay s where s.call_id = c.id)
group by queue;

-- name: reports_day_summed(day, at)!
-- Unless something has changed since it was noted: then it is noted and summed again.
update report_day d set summed_at = :at
where d.day = :day and d.summed_at is null and not exists (select from report_change c where c.day = d.day);

-- name: reports_days(first, last, within, short)
-- Whose totals say what their rows say.
select day from report_day d
where day between :first and :last and summed_at is not null and (answer_within, short_wait) = (:within, :short)
  and not exists (select from report_change c where c.day = d.day)
order by day;

-- name: reports_total_calls(by, grain, days, queues)
select case :by when 'day' then to_char(day, 'YYYY-MM-DD') else key end as key, answered, moved_on, ended, outcome,
       owes_callback, sum(calls)::int as calls, sum(short)::int as short, sum(in_time)::int as in_time, sum(unseen)::int as unseen, sum(waited) as waited
from report_calls
where grain = :grain and day = any(:days::date[]) and (:queues::text[] is null or queue = any(:queues))
group by 1, 2, 3, 4, 5, 6;

-- name: reports_total_work(by, grain, days, queues)
select case :by when 'day' then to_char(day, 'YYYY-MM-DD') else key end as key, sum(transfers)::int as transfers,
       sum(talks)::int as talks, sum(talked) as talked, sum(wrapped_up) as wrapped_up, false as placed
from report_work
where grain = :grain and day = any(:days::date[]) and (:queues::text[] is null or queue = any(:queues))
group by 1;

-- name: reports_total_placed(by, grain, days, queues)
select case :by when 'day' then to_char(day, 'YYYY-MM-DD') when 'queue' then queue else key end as key, 0 as transfers,
       sum(talks)::int as talks, sum(talked) as talked, sum(wrapped_up) as wrapped_up, true as placed
from report_placed
where grain = :grain and day = any(:days::date[]) and (:queues::text[] is null or queue = any(:queues)
       or queue = '' and agent_id in (select id from agent where queues && :queues::text[]))
group by 1;

-- name: reports_total_duty(by, grain, days, queues)
select case :by when 'day' then to_char(day, 'YYYY-MM-DD') when 'queue' then '' else key end as key,
       sum(on_duty) as on_duty, sum(busy) as busy
from report_duty
where grain = :grain and day = any(:days::date[])
  and (:queues::text[] is null or agent_id in (select id from agent where queues && :queues::text[])
       or (agent_id, day) in (
           select s.agent_id, moved::date
           from agent_session s, generate_series(date_trunc('day', s.signed_in_at at time zone 'Asia/Kolkata'),
                                                 coalesce(s.signed_out_at at time zone 'Asia/Kolkata',
                                                          (select max(d) from unnest(:days::date[]) d)), interval '1 day') moved
           where s.queues && :queues::text[]))
group by 1;

-- name: reports_put_service_level(cell, queue, within, now)!
-- Where it is not what holds already. A clock that was put back must not put it before what it replaces.
insert into queue_service_level (cell, queue, since, answer_within)
select :cell, :queue, greatest(:now::timestamptz, max(since) + interval '1 microsecond'), :within::interval
from queue_service_level where cell = :cell and queue = :queue
having :within::interval is distinct from (
    select answer_within from queue_service_level where cell = :cell and queue = :queue order by since desc limit 1);

-- name: reports_service_levels(since, until, queues)
-- What held in these queues for calls of this time: what was set in it, and what it began with.
select distinct queue, answer_within from queue_service_level l
where since < :until and (:queues::text[] is null or queue = any(:queues))
  and not exists (select from queue_service_level later
                  where later.cell = l.cell and later.queue = l.queue and later.since > l.since and later.since <= :since)
order by queue, answer_within;
