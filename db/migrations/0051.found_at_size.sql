-- depends: 0050.withdrawn_recordings
-- Indexes in the order in which their statements read, so that a page costs the same after years.

-- Originals that are old enough, oldest first: the removed ones before them are not walked over.
drop index recording_object_originals;
create index recording_object_originals on recording_object (made_at, id) where role = 'original' and removed_at is null;
-- What another master key wraps, page by page; also where most was wrapped anew before the process ended.
drop index recording_object_by_master;
create index recording_object_by_master on recording_object (master_id, id) where master_id is not null;
drop index complaint_field_by_master;
create index complaint_field_by_master on complaint_field (master_id, id) where master_id is not null;

-- As in 0045. `offset 0`: asked for each call that is shown. For many days, PostgreSQL would otherwise read all complaints, to
-- remember the confidential ones, before the first call.
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
               where l.call_id = c.id and o.confidential offset 0)
       or exists (select from attempt t join complaint o on o.id = t.complaint_id
                  where t.id = c.id and o.confidential offset 0)
       or exists (select from desk_call d join complaint o on o.id = d.complaint_id
                  where d.call_id = c.id and o.confidential offset 0) as confidential
from call c;
