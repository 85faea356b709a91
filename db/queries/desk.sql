-- name: desk_pause_reasons()
-- All that have a name; an agent may choose from those that are not ours.
select code, name_hi, name_en, ours from pause_reason where not retired order by position, code;

-- name: desk_set_wish(agent_id, pause_reason, wrap_up_call, wrap_up_until, wrap_up_seconds, wrap_up_extended)!
-- What the agent wants, kept with the open session.
update agent_session
set pause_reason = :pause_reason, wrap_up_call = :wrap_up_call, wrap_up_until = :wrap_up_until,
    wrap_up_seconds = :wrap_up_seconds, wrap_up_extended = :wrap_up_extended
where agent_id = :agent_id and signed_out_at is null;

-- name: desk_wishes(cell)
-- What those who are signed in wanted when we stopped.
select s.agent_id, s.pause_reason, s.wrap_up_call, s.wrap_up_until, s.wrap_up_seconds, s.wrap_up_extended
from agent_session s join agent a on a.id = s.agent_id
where a.cell = :cell and s.signed_out_at is null;

-- name: desk_forced(cell, reason, since, before)
-- Who has signed out in a supervisor's pause since then, and had not come back before we were there.
select agent_id from (
    select distinct on (s.agent_id) s.agent_id, s.pause_reason, s.signed_out_at
    from agent_session s join agent a on a.id = s.agent_id
    where a.cell = :cell and s.signed_in_at < :before and (s.signed_out_at is null or s.signed_out_at >= :since)
    order by s.agent_id, s.signed_in_at desc
) last
where signed_out_at is not null and pause_reason = :reason;

-- name: desk_open_states(cell)
-- What each agent is doing, as far as was written.
select s.agent_id, s.state, s.reason, s.call_id, s.from_at
from agent_state s join agent a on a.id = s.agent_id
where a.cell = :cell and s.until_at is null;

-- name: desk_end_state(agent_id, at, next)!
-- A clock that was put back makes an interval empty, not negative. Not the one that follows: the job may be repeated.
update agent_state set until_at = greatest(from_at, :at)
where agent_id = :agent_id and until_at is null and id is distinct from :next::uuid;

-- name: desk_begin_state(id, agent_id, state, reason, call_id, at)!
-- The interval before it was ended in the same transaction. Repeated with what followed it, it changes nothing: the repeat of one
-- before it has ended this one, and what follows ends it again.
insert into agent_state (id, agent_id, state, reason, call_id, from_at)
values (:id, :agent_id, :state, :reason, :call_id, :at)
on conflict (id) do update set until_at = null;

-- name: desk_note_action(id, call_id, actor, action, target, reason, at)!
insert into desk_action (id, call_id, actor, action, target, reason, at)
values (:id, :call_id, :actor, :action, :target, :reason, :at)
on conflict (id) do nothing;

-- name: desk_called(key)^
-- What a click has led to already.
select call_id, agent_id from desk_call where key = :key;

-- name: desk_put_call(key, call_id, agent_id, complaint_id, at)!
-- A click that was seen before is refused by its key, and the transaction with it.
insert into desk_call (key, call_id, agent_id, complaint_id, at)
values (:key, :call_id, :agent_id, :complaint_id, :at);

-- name: desk_complaint(number)^
-- Whom to call about a complaint.
select id, contact from complaint where number = :number;

-- name: desk_hidden_numbers(call_ids, agent_id)
-- Those of these calls whose number this agent may not see: an agent's click about a confidential complaint, and whatever we
-- called because that one came to a queue in vain; whose citizen this agent has never spoken with by a call of the citizen's own.
with recursive came_of (call_id, click) as (
    select id, id from unnest(:call_ids::uuid[]) as id
    union
    select o.call_id, a.left_call from came_of o join callback_attempt a on a.id = o.click
)
select distinct o.call_id
from came_of o join desk_call d on d.call_id = o.click join complaint c on c.id = d.complaint_id join call l on l.id = d.call_id
where c.confidential and not has_spoken_with(:agent_id, l.citizen_number);

-- name: desk_queues_held(agent_id, cell)$
-- In which queues a signed-in agent is, held until the end of the transaction: of two moves the second sees the first.
select coalesce(s.queues, a.queues) from agent_session s join agent a on a.id = s.agent_id
where s.agent_id = :agent_id and s.signed_out_at is null and a.cell = :cell for update of s;

-- name: desk_move_agent(agent_id, queues, cell)!
-- Until they sign out.
update agent_session s set queues = :queues::text[]
from agent a
where s.agent_id = :agent_id and s.signed_out_at is null and a.id = s.agent_id and a.cell = :cell;

-- name: desk_put_draft(call_id, agent_id, version, form, at)^
-- The highest version stands; the same again changes nothing and is no failure.
insert into call_draft (call_id, agent_id, version, form, at)
values (:call_id, :agent_id, :version, :form::jsonb, :at)
on conflict (call_id, agent_id) do update
set version = excluded.version, form = excluded.form, at = excluded.at
where call_draft.version <= excluded.version
returning version;

-- name: desk_unheard(call_id, agent_id)$
-- Whether nothing is on record of this agent in this call.
select exists (select from agent where id = :agent_id)
   and exists (select from call where id = :call_id)
   and not exists (select from agent_talk where call_id = :call_id and agent_id = :agent_id);

-- name: desk_draft(call_id, agent_id)^
select version, form::text as form from call_draft where call_id = :call_id and agent_id = :agent_id;

-- name: desk_drafts(agent_id, since, at_most)
-- What an agent typed and did not register, latest first: of calls that they had. What was typed while a call only rang is
-- nobody's. By their talks, which have an index.
select d.call_id, d.at, c.citizen_number, d.form::text as form
from (select distinct call_id from agent_talk where agent_id = :agent_id and began_at >= :since) t
join call_draft d on d.call_id = t.call_id and d.agent_id = :agent_id
join call c on c.id = d.call_id
where not exists (
    select from registration_key k
    where k.key = case when d.form ->> 'key' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (d.form ->> 'key')::uuid end)
order by d.at desc limit :at_most;

-- name: desk_sweep_drafts(before)!
-- A citizen's words that nobody registered are not kept for ever.
delete from call_draft where at < :before;

-- name: desk_delete_draft(call_id, agent_id)!
delete from call_draft where call_id = :call_id and agent_id = :agent_id;

-- name: desk_hold_help(agent_id)^
-- Whose conversation it is, and nobody else writes in it meanwhile.
select a.id, coalesce(s.queues, a.queues) as queues
from agent a left join agent_session s on s.agent_id = a.id and s.signed_out_at is null
where a.id = :agent_id for no key update of a;

-- name: desk_put_help(id, agent_id, kind, author, actor, text, at)!
insert into help_message (id, agent_id, kind, author, actor, text, at)
values (:id, :agent_id, :kind, :author, :actor, :text, :at);

-- name: desk_help(agent_id, at_most)
-- Newest first.
select kind, author, actor, text, at from help_message where agent_id = :agent_id order by n desc limit :at_most;

-- name: desk_open_help(agent_id, at_most)
-- What agents have asked since their conversation was last closed, and who has it; of one agent, or of all cells. Those
-- whom nobody has taken up come first, longest waiting first. Each agent is looked up by indexes: the log is long.
select a.id as agent, a.name, a.cell, coalesce(s.queues, a.queues) as queues, m.text, m.at, q.since,
       t.author, t.actor, coalesce(t.n < m.n, true) as unanswered
from agent a
left join agent_session s on s.agent_id = a.id and s.signed_out_at is null
left join lateral (select n from help_message where agent_id = a.id and kind = 'closed' order by n desc limit 1) c on true
cross join lateral (select min(at) as since, max(n) as last from help_message
                    where agent_id = a.id and n > coalesce(c.n, 0) and kind = 'said' and author like 'agent:%') q
join help_message m on m.agent_id = a.id and m.n = q.last
left join lateral (select n, author, actor from help_message
                   where agent_id = a.id and n > coalesce(c.n, 0) and author not like 'agent:%' order by n desc limit 1) t
    on true
where :agent_id::text is null or a.id = :agent_id
order by t.n is not null, q.since, a.id limit :at_most;

-- name: desk_notices(agent_id, now, at_most)
-- What this agent has not read yet, of the queues where they are now.
select n.id, n.queue, n.text, n.author, n.at, n.until
from agent a
left join agent_session s on s.agent_id = a.id and s.signed_out_at is null
join notice n on n.queue = any(coalesce(s.queues, a.queues)) and n.until > :now
where a.id = :agent_id and not exists (select from notice_read r where r.notice_id = n.id and r.agent_id = a.id)
order by n.at, n.id limit :at_most;

-- name: desk_read_notice(notice_id, agent_id, at)!
-- The first time counts.
insert into notice_read (notice_id, agent_id, at) values (:notice_id, :agent_id, :at)
on conflict do nothing;

-- name: desk_places(words, first, at_most)
-- For the place picker: every word is in a place's name, or in that of the place around it. Larger places first.
select p.code, p.kind, p.name_hi, p.name_en, a.name_hi as around_hi, a.name_en as around_en
from place p left join place a on a.code = p.parent
where (select coalesce(bool_and(concat_ws(' ', p.name_hi, p.name_en, a.name_hi, a.name_en) ilike '%' || w || '%'), true)
       from unnest(:words::text[]) w)
order by (p.name_hi ilike :first || '%' or p.name_en ilike :first || '%') desc,
         array_position(array['state', 'district', 'tehsil', 'block', 'urban_body', 'thana'], p.kind), p.name_hi, p.code
limit :at_most;

-- name: desk_day(agent_id, since, now)^
-- What one agent has done since then, cut to it; seconds. Of what began before, only the last can reach in, as in `duty`:
-- every open desk asks each minute, and an agent's years are not read for it. Of a call that we place, from the citizen's
-- answer on, as in `counted_talk`.
select count(distinct call_id) filter (where state = 'in_call')::int as calls,
       coalesce(sum(length) filter (where state = 'in_call'), 0)::float as talked,
       coalesce(sum(length) filter (where state = 'wrap_up'), 0)::float as wrapped_up,
       coalesce(sum(length) filter (where state = 'paused'), 0)::float as paused,
       coalesce(sum(length) filter (where state = 'ready'), 0)::float as ready
from (select i.state, i.call_id,
             extract(epoch from least(coalesce(i.until_at, :now), :now) - greatest(i.from_at, :since, c.answered_at)) as length
      from (select state, call_id, from_at, until_at from agent_state
            where agent_id = :agent_id and from_at >= :since and from_at < :now
            union all
            (select state, call_id, from_at, until_at from agent_state
             where agent_id = :agent_id and from_at < :since order by from_at desc, until_at desc limit 1)) i
      left join call c on c.id = i.call_id and c.direction = 'outbound' and i.state = 'in_call'
      where (i.until_at is null or i.until_at > greatest(:since, c.answered_at))
        and (c.id is null or c.answered_at is not null or c.outcome = 'agent_answered')) s;
