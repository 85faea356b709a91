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

-- name: listening_speaks_now(recording_id, agent_id, began_after)$
-- Whether the agent speaks now, or writes up after speaking, with the number whose earlier call was recorded. What the
-- agent does is what Asterisk said (agent_state), which knows a wrap-up as a pause and not its call: that one stands
-- with what the agent wants (agent_session). What an officer reported by telephone is no citizen's call.
select exists (
    select from recording r
    join call l on l.id = r.call_id
    join agent_state s on s.agent_id = :agent_id and s.until_at is null and s.state in ('in_call', 'wrap_up')
    left join agent_session w on w.agent_id = s.agent_id and w.signed_out_at is null and s.state = 'wrap_up'
    join call n on n.id = coalesce(w.wrap_up_call, s.call_id) and n.id <> l.id and n.citizen_number = l.citizen_number
    where r.id = :recording_id and r.kind = 'call' and l.started_at >= :began_after and l.ended_at is not null
      and l.outcome is distinct from 'disposal_told' and l.outcome is distinct from 'officer_refused'
      and l.outcome is distinct from 'officer_left');

-- name: listening_stored(call_ids, began_after)
-- Which of these calls have a recording that can be heard.
select distinct r.call_id from recording r
where r.call_id = any(:call_ids::uuid[]) and r.kind = 'call' and r.state = 'stored' and r.started_at >= :began_after;

-- name: listening_of_call(call_id)
-- What of a call can be heard, in its order.
select id, seconds::float as seconds from recording where call_id = :call_id and kind = 'call' and state = 'stored' order by started_at, id;

-- name: listening_call_of_agent(agent_id)$
-- In which call an agent speaks, or of which they write up: see above.
select coalesce(w.wrap_up_call, s.call_id) from agent_state s
left join agent_session w on w.agent_id = s.agent_id and w.signed_out_at is null and s.state = 'wrap_up'
where s.agent_id = :agent_id and s.until_at is null and s.state in ('in_call', 'wrap_up');
