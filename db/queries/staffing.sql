-- name: staffing_offered(queue, first, until)
-- Callers who began to wait in the queue, by Indian day and hour; with those that hung up: they wanted an agent too. Who kept
-- their place is counted when we call them back.
select (entered_at at time zone 'Asia/Kolkata')::date as day,
       extract(hour from entered_at at time zone 'Asia/Kolkata')::int as hour, count(*) as calls
from queue_stay s
where queue = :queue and entered_at >= :first and entered_at < :until
  and not exists (select from call c where c.id = s.call_id and c.outcome = 'callback_kept')
group by 1, 2;

-- name: staffing_talked(queue, first, until)
-- Seconds of agents' talks and the stays that were answered, by the Indian hour of the day: the evening's calls are not the
-- morning's. A citizen who is handed from agent to agent is one stay and several talks. Without calls that were found lost: when
-- their last talk ended, nobody saw.
select hour, sum(talks)::int as talks, sum(seconds)::double precision as seconds, sum(stays)::int as stays
from (
    select extract(hour from began_at at time zone 'Asia/Kolkata')::int as hour, 1 as talks,
           extract(epoch from ended_at - began_at) as seconds, 0 as stays
    from agent_talk
    where queue = :queue and began_at >= :first and began_at < :until and ended_at > began_at
      and call_id not in (select c.id from call c where c.outcome = 'lost' and c.ended_at >= :first)
    union all
    select extract(hour from left_at at time zone 'Asia/Kolkata')::int, 0, 0, 1
    from queue_stay
    where queue = :queue and entered_at >= :first and entered_at < :until and agent_id is not null
      and call_id not in (select c.id from call c where c.outcome = 'lost' and c.ended_at >= :first)
) work
group by 1;
