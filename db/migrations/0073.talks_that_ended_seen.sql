-- depends: 0072.counted_from_the_answer
-- As in 0072, but for talks whose end nobody saw: over with a call that was found lost, hours later it may be, or of no length,
-- since nothing was heard of them before their end. How long they were is unknown, and so no mean has them.
create or replace view counted_talk as
select t.call_id, t.agent_id, coalesce(t.queue, '') as queue,
       case when c.direction = 'outbound' then greatest(t.began_at, c.answered_at) else t.began_at end as began_at,
       t.ended_at, t.handed_to, c.direction = 'outbound' as placed, t.began_at as took_at
from agent_talk t join call c on c.id = t.call_id
where case when c.direction = 'outbound'
           then (c.answered_at is not null or c.outcome = 'agent_answered') and (t.ended_at > c.answered_at) is not false
           else t.queue is not null end
  and (t.ended_at > t.began_at) is not false and (c.outcome = 'lost' and t.ended_at >= c.ended_at) is not true;

-- Few of all, to be left out of weeks of talks.
create index call_lost on call (ended_at) include (id) where outcome = 'lost';
drop index agent_talk_by_queue;
create index agent_talk_by_queue on agent_talk (queue, began_at) include (ended_at, call_id) where queue is not null;

update report_day set summed_at = null;
