do $$ begin
    if exists (select from quality_review where supersedes is null group by call_id, form having count(*) > 1) then
        raise exception 'more than one agent of a call was judged: before, one could be';
    end if;
end $$;
drop index an_agents_part_is_judged_once_by_a_form;
alter table quality_review
    drop constraint a_correction_is_of_the_same_agent,
    drop constraint quality_review_id_call_id_form_agent_id_key,
    add unique (id, call_id, form),
    add foreign key (supersedes, call_id, form) references quality_review (id, call_id, form);
create unique index a_call_is_judged_once_by_a_form on quality_review (call_id, form) where supersedes is null;

drop function call_within(uuid, text[], boolean, jsonb);
drop function complaint_within(uuid, text[], jsonb);
drop view recording_found;
drop view call_listed;
create view call_listed as
select c.id, c.started_at, c.direction, c.citizen_number, c.queue, c.queued_at, c.agent_id, c.agent_answered_at,
       c.answered_at, c.ended_at, c.outcome, c.cell,
       (select a.name from agent a where a.id = c.agent_id) as agent_name,
       (select count(*) from recording r where r.call_id = c.id and r.state = 'stored') as recordings,
       exists (select from complaint_call l join complaint o on o.id = l.complaint_id
               where l.call_id = c.id and o.confidential)
       or exists (select from attempt t join complaint o on o.id = t.complaint_id
                  where t.id = c.id and o.confidential)
       or exists (select from desk_call d join complaint o on o.id = d.complaint_id
                  where d.call_id = c.id and o.confidential) as confidential
from call c;
create view recording_found as
select r.id, r.call_id, r.kind, r.state, r.started_at, r.seconds, r.copied_at, c.citizen_number as number, c.agent_id,
       c.direction, c.cell, c.started_at as call_started_at
from recording r join call c on c.id = r.call_id;
create function complaint_within(complaint_id uuid, call_queue text, scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from complaint c join category k on k.code = c.category,
             jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where c.id = complaint_id
          and (s.queue is null or s.queue = call_queue)
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
create function call_within(of_call uuid, call_queue text, confidential boolean, scopes jsonb) returns boolean
language sql stable as $$
    select exists (
        select from jsonb_to_recordset(scopes) as s (department text, place text, post text, queue text)
        where s.department is null and s.place is null and s.post is null and (s.queue is null or s.queue = call_queue)
    ) or (not confidential and exists (
        select from call_complaint l where l.call_id = of_call and complaint_within(l.complaint_id, call_queue, scopes)))
$$;
create index call_by_agent on call (agent_id, started_at desc) where agent_id is not null;
drop index queue_stay_by_queue;
drop index agent_talk_by_agent;
