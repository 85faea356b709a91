create or replace view call_listed as
select c.id, c.started_at, c.direction, c.citizen_number, c.ended_at, c.outcome, c.cell,
       array(select t.agent_id from agent_talk t where t.call_id = c.id
             group by t.agent_id order by min(t.began_at), t.agent_id) as agents,
       array(select coalesce(a.name, t.agent_id) from agent_talk t left join agent a on a.id = t.agent_id where t.call_id = c.id
             group by t.agent_id, a.name order by min(t.began_at), t.agent_id) as agent_names,
       array(select s.queue from queue_stay s where s.call_id = c.id
             group by s.queue order by min(s.entered_at), s.queue) as queues,
       (select count(*) from recording r where r.call_id = c.id and r.state = 'stored') as recordings,
       exists (select from complaint_call l join complaint o on o.id = l.complaint_id
               where l.call_id = c.id and o.confidential)
       or exists (select from attempt t join complaint o on o.id = t.complaint_id
                  where t.id = c.id and o.confidential)
       or exists (select from desk_call d join complaint o on o.id = d.complaint_id
                  where d.call_id = c.id and o.confidential) as confidential
from call c;
drop index complaint_field_by_master;
create index complaint_field_by_master on complaint_field (master_id) where master_id is not null;
drop index recording_object_by_master;
create index recording_object_by_master on recording_object (master_id) where master_id is not null;
drop index recording_object_originals;
create index recording_object_originals on recording_object (made_at) where role = 'original' and removed_at is null;
