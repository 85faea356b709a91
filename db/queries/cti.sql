-- name: cti_agent(id, cell)^
-- Who is behind a token, if they work in this cell or have worked there.
select id, name, queues, gone_at is not null as gone from agent where id = :id and cell = :cell;

-- name: cti_sign_in(id, agent_id, at)!
-- A second page of the same agent takes the session over, it does not begin one. Nobody who is gone comes back by it.
insert into agent_session (id, agent_id, signed_in_at)
select :id, id, :at from agent where id = :agent_id and gone_at is null
on conflict (agent_id) where signed_out_at is null do nothing;

-- name: cti_sign_out(agent_id, at)!
update agent_session set signed_out_at = :at where agent_id = :agent_id and signed_out_at is null;

-- name: cti_signed_in(cell)
-- The truth about queue membership: who is signed in, where they belong, and whether they take calls.
select a.id, a.name, coalesce(s.queues, a.queues) as queues,
       (s.pause_reason is not null or s.wrap_up_call is not null) as pausing
from agent a join agent_session s on s.agent_id = a.id and s.signed_out_at is null
where a.cell = :cell and a.gone_at is null;

-- name: cti_open_calls(cell, before)
-- Calls of this cell without an end, begun long enough ago to have a channel if they live; and of any cell when no call
-- lasts so long (a cell that died and came back under another name), or they would hold trunk channels for ever.
select id, channel_id from call
where ended_at is null and started_at < :before
  and (cell = :cell or started_at < :before::timestamptz - interval '25 hours');

-- name: cti_calls_of_before(cell, began)
-- Calls of this cell without an end which came to a server that is no more: nobody is about to write theirs.
select id, channel_id from call
where ended_at is null and started_at < :began and cell = :cell and direction = 'inbound' and channel_id is not null;

-- name: cti_put_agent(id, name, cell, queues)!
-- An agent of this cell's settings, new or changed.
insert into agent (id, name, cell, queues) values (:id, :name, :cell, :queues::text[])
on conflict (id) do update set name = excluded.name, cell = excluded.cell, queues = excluded.queues, gone_at = null;

-- name: cti_let_go(cell, ids, at)
-- Whom this cell's settings do not have any more. The row stays for what it did.
update agent set gone_at = :at
where cell = :cell and gone_at is null and id <> all(:ids::text[])
returning id;

-- name: cti_sign_out_gone(cell, at)!
-- With their session ends their place in the queues; a call does not.
update agent_session s set signed_out_at = greatest(s.signed_in_at, :at)
from agent a
where a.id = s.agent_id and a.cell = :cell and a.gone_at is not null and s.signed_out_at is null;

-- name: cti_desk_of(id)^
-- Of which cell this agent is, and where its pages are; a browser is not told why a socket is refused, so the page asks.
select a.cell, a.gone_at is not null as gone, coalesce(c.url, '') as url
from agent a left join cell c on c.name = a.cell where a.id = :id;
