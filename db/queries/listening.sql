-- name: listening_call(id)^
-- Whose call a recording is of.
select l.agent_id, l.queue from recording r join call l on l.id = r.call_id where r.id = :id;

-- name: listening_complaints(id)
-- The complaints that the call belongs to, that it was to ask about, or about which an agent called: where they are, who has them, and who was handed them.
with of_call as (
    select l.complaint_id from recording r join call_complaint l on l.call_id = r.call_id where r.id = :id
)
select c.confidential, coalesce(c.department, k.department) as department,
       array(with recursive around as (
                 select p.code, p.parent from place p where p.code = c.place
                 union all
                 select p.code, p.parent from place p join around a on p.code = a.parent
             ) select code from around) as places,
       array(select b.post from bundle b where b.complaint_id = c.id
             union select c.post where c.post is not null and c.state <> 'triage') as posts
from of_call o join complaint c on c.id = o.complaint_id join category k on k.code = c.category;
