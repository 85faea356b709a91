-- name: listening_call(id)^
-- Whose call a recording is of: who had the citizen in it, and where they waited.
select l.agents, l.queues from recording r join call_listed l on l.id = r.call_id where r.id = :id;

-- name: listening_complaints(id)
-- The complaints that the call belongs to, that it was to ask about, or about which an agent called: where they are, who has them, and who was handed them.
-- `call_complaint`, asked for the one call: joined by a column, the view would be built of all calls first.
with of_call as (
    select l.complaint_id
    from recording r cross join lateral (
        select complaint_id from complaint_call where call_id = r.call_id
        union select complaint_id from attempt where id = r.call_id
        union select complaint_id from desk_call where call_id = r.call_id) l
    where r.id = :id
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
-- with what the agent wants (agent_session). Whose telephone only rings, since the agent has clicked, is not there to be
-- spoken with. What an officer reported by telephone is no citizen's call.
select exists (
    select from recording r
    join call l on l.id = r.call_id
    join agent_state s on s.agent_id = :agent_id and s.until_at is null and s.state in ('in_call', 'wrap_up')
    left join agent_session w on w.agent_id = s.agent_id and w.signed_out_at is null and s.state = 'wrap_up'
    join call n on n.id = coalesce(w.wrap_up_call, s.call_id) and n.id <> l.id and n.citizen_number = l.citizen_number
         and n.answered_at is not null
    where r.id = :recording_id and r.kind = 'call' and l.started_at >= :began_after and l.ended_at is not null
      and l.outcome is distinct from 'disposal_told' and l.outcome is distinct from 'officer_refused'
      and l.outcome is distinct from 'officer_left'
      -- Nor where our server died in it, and nobody knows how it ended.
      and not exists (select from recording w where w.call_id = l.id and w.kind = 'officer_remark'));

-- name: listening_stored(call_ids, began_after)
-- Which of these calls have a recording that can be heard.
select distinct r.call_id from recording r
where r.call_id = any(:call_ids::uuid[]) and r.kind = 'call' and r.state = 'stored' and r.started_at >= :began_after;

-- name: listening_of_call(call_id)
-- What of a call was recorded, in its order, and what became of it: what is stored can be heard.
select id, coalesce(seconds, 0)::float as seconds, state from recording
where call_id = :call_id and kind = 'call' order by started_at, id;

-- name: listening_call_of_agent(agent_id)$
-- In which call an agent speaks, or of which they write up: see above.
select coalesce(w.wrap_up_call, s.call_id) from agent_state s
left join agent_session w on w.agent_id = s.agent_id and w.signed_out_at is null and s.state = 'wrap_up'
where s.agent_id = :agent_id and s.until_at is null and s.state in ('in_call', 'wrap_up');
