-- name: reports_offered(since, until)
-- Every inbound call that was sent to a queue, with what became of it. A wrap-up belongs to the call before it.
select c.id, c.queue, c.queued_at, c.agent_id, c.agent_answered_at, c.ended_at, c.outcome,
       exists (select from callback b where b.call_id = c.id) as owes_callback,
       (select count(*) from desk_action d
        where d.call_id = c.id and d.action in ('transfer', 'transfer_consulted'))::int as transfers,
       (select sum(w.until_at - w.from_at)
        from agent_state i
        join lateral (select w.from_at, w.until_at, w.state from agent_state w
                      where w.agent_id = i.agent_id and w.from_at >= i.until_at and w.id <> i.id
                      order by w.from_at limit 1) w on w.state = 'wrap_up' and w.until_at is not null
        where i.call_id = c.id and i.state = 'in_call') as wrap_up
from call c
where c.direction = 'inbound' and c.queued_at >= :since and c.queued_at < :until and c.queue is not null
order by c.queued_at, c.id;

-- name: reports_intervals(since, until)
-- What agents did in that time, cut to it.
select agent_id, state, greatest(from_at, :since) as from_at, least(coalesce(until_at, :until), :until) as until_at
from agent_state
where from_at < :until and (until_at is null or until_at > :since);
