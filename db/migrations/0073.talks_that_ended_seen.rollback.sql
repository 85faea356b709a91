update report_day set summed_at = null;
drop index call_lost;
drop index agent_talk_by_queue;
create index agent_talk_by_queue on agent_talk (queue, began_at) include (ended_at) where queue is not null;
create or replace view counted_talk as
select t.call_id, t.agent_id, coalesce(t.queue, '') as queue,
       case when c.direction = 'outbound' then greatest(t.began_at, c.answered_at) else t.began_at end as began_at,
       t.ended_at, t.handed_to, c.direction = 'outbound' as placed, t.began_at as took_at
from agent_talk t join call c on c.id = t.call_id
where case when c.direction = 'outbound'
           then (c.answered_at is not null or c.outcome = 'agent_answered') and (t.ended_at > c.answered_at) is not false
           else t.queue is not null end;
