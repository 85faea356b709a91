-- depends: 0044.mail_and_events
-- A call is found by each agent who had the citizen and by each queue that they stayed in, is theirs who have one of these
-- queues, and is judged for each of these agents (ADR 45).

-- The order in which lists show them: of an agent by when they had the citizen, of a queue by when these came to it.
create index agent_talk_by_agent on agent_talk (agent_id, began_at, call_id);
create index queue_stay_by_queue on queue_stay (queue, entered_at, call_id);
drop index call_by_agent;

drop view recording_found;
drop view call_listed;
drop function call_within(uuid, text, boolean, jsonb);
drop function complaint_within(uuid, text, jsonb);

-- Calls as they are looked up. `agents`, `queues`: all of them, in the order of the first time. `confidential`: who called is
-- told only to who may know.
create view call_listed as
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

create view recording_found as
select r.id, r.call_id, r.kind, r.state, r.started_at, r.seconds, r.copied_at, c.citizen_number as number, c.agents,
       c.direction, c.cell
from recording r join call_listed c on c.id = r.call_id;

-- As in 0027, for a call of many queues: whoever has one of them has the call.
create function complaint_within(complaint_id uuid, call_queues text[], scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from complaint c join category k on k.code = c.category,
             jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where c.id = complaint_id
          and (s.queue is null or s.queue = any(call_queues))
          and (s.department is null or s.department = coalesce(c.department, k.department))
          and (s.place is null or s.place in (
                  with recursive around as (
                      select p.code, p.parent from place p where p.code = c.place
                      union all
                      select p.code, p.parent from place p join around a on p.code = a.parent
                  ) select code from around))
          and (s.post is null or (s.post = c.post and c.state <> 'triage')
               or exists (select from bundle b where b.complaint_id = c.id and b.post = s.post)))
$$;
create function call_within(of_call uuid, call_queues text[], confidential boolean, scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where s.department is null and s.place is null and s.post is null
          and (s.queue is null or s.queue = any(call_queues))
    ) or (not confidential and exists (
        select from call_complaint l where l.call_id = of_call and complaint_within(l.complaint_id, call_queues, scopes)))
$$;

-- Each agent's part of a call is judged once by a form; a correction is of the same agent. (Not of reviews of before, which
-- took whoever had the call last: a word that came late could change that.)
drop index a_call_is_judged_once_by_a_form;
alter table quality_review
    drop constraint quality_review_supersedes_call_id_form_fkey,
    drop constraint quality_review_id_call_id_form_key,
    add unique (id, call_id, form, agent_id),
    add constraint a_correction_is_of_the_same_agent foreign key (supersedes, call_id, form, agent_id)
        references quality_review (id, call_id, form, agent_id) not valid;
create unique index an_agents_part_is_judged_once_by_a_form on quality_review (call_id, form, agent_id)
    where supersedes is null;
