update report_day set summed_at = null;
alter table report_calls drop column unseen;
create or replace view offered_stay as
select c.id, c.cell, s.queue, s.entered_at, s.left_at, s.agent_id, s.moved_to, c.ended_at,
       s.agent_id is not null as answered, s.moved_to is not null as moved_on, s.left_at is not null as ended,
       case when s.left_at is null then null
            when c.outcome = 'agent_answered' and s.agent_id is null and exists (
                select from agent_talk t where t.call_id = c.id and t.began_at < s.entered_at) then 'queue_abandoned'
            -- Not ended, and not on another queue: an emergency service has them, or rings for them.
            else coalesce(c.outcome, case when s.agent_id is null and s.moved_to is null then 'emergency' end) end as outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       coalesce(s.left_at - s.entered_at, '0') as waited
from queue_stay s join call c on c.id = s.call_id
where c.direction = 'inbound';
