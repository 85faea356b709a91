-- name: staffing_offered(queue, first, until)
-- Calls that began to wait in the queue, by Indian day and hour; with those that hung up: they wanted an agent too.
select (queued_at at time zone 'Asia/Kolkata')::date as day,
       extract(hour from queued_at at time zone 'Asia/Kolkata')::int as hour, count(*) as calls
from call
where queue = :queue and queued_at >= :first and queued_at < :until
group by 1, 2;

-- name: staffing_talked(queue, first, until)
-- Seconds from answer to end, by the Indian hour of the day: the evening's calls are not the morning's.
select extract(hour from queued_at at time zone 'Asia/Kolkata')::int as hour, count(*) as calls,
       sum(extract(epoch from ended_at - agent_answered_at))::double precision as seconds
from call
where queue = :queue and queued_at >= :first and queued_at < :until
  and agent_answered_at is not null and ended_at > agent_answered_at
group by 1;
