-- name: staffing_offered(queue, first, until)
-- Callers who began to wait in the queue, by Indian day and hour; with those that hung up: they wanted an agent too.
select (entered_at at time zone 'Asia/Kolkata')::date as day,
       extract(hour from entered_at at time zone 'Asia/Kolkata')::int as hour, count(*) as calls
from queue_stay
where queue = :queue and entered_at >= :first and entered_at < :until
group by 1, 2;

-- name: staffing_talked(queue, first, until)
-- Seconds of agents' talks, by the Indian hour of the day: the evening's calls are not the morning's.
select extract(hour from began_at at time zone 'Asia/Kolkata')::int as hour, count(*) as calls,
       sum(extract(epoch from ended_at - began_at))::double precision as seconds
from agent_talk
where queue = :queue and began_at >= :first and began_at < :until and ended_at > began_at
group by 1;
