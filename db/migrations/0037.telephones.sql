-- depends: 0031.posts_in_english
-- What is known of agents' telephones; pauses that are not theirs to choose; agents who are not in the settings any more.

-- Signed in and not paused, but no call can ring at their telephone: neither ready nor at work.
alter table agent_state drop constraint agent_state_state_check;
alter table agent_state add constraint agent_state_state_check
    check (state in ('ready', 'unreachable', 'paused', 'ringing', 'in_call', 'wrap_up'));

-- Reasons that the system or a supervisor gives: named, not offered to agents.
alter table pause_reason add column ours boolean not null default false;
insert into pause_reason (code, name_hi, name_en, position) values ('no_answer', 'कॉल नहीं उठाई', 'Calls not answered', 8)
on conflict (code) do nothing;
update pause_reason set ours = true, retired = false where code in ('forced', 'no_answer');

-- Not in their cell's settings any more. The row stays: calls, intervals and listening name it.
alter table agent add column gone_at timestamptz;

-- Who can be given a call of these queues, now or after the one that they are in: signed in, in the settings, not paused,
-- and with a telephone that is there.
create view agent_serving as
select a.id, a.cell, coalesce(s.queues, a.queues) as queues
from agent a join agent_session s on s.agent_id = a.id and s.signed_out_at is null
where a.gone_at is null and s.pause_reason is null
  and not exists (select from agent_state t
                  where t.agent_id = a.id and t.until_at is null and t.state = 'unreachable');

-- Channels of the trunk that no call's row stands for: a number outside that was asked or given a citizen, an emergency
-- service. Each cell tells its own with its word.
alter table cell_board add column beside integer not null default 0 check (beside >= 0);
create function trunk_beside(now timestamptz, but_of text default '') returns bigint
language sql stable as $$
    select coalesce(sum(beside), 0) from cell_board where at > now - interval '30 seconds' and cell <> but_of
$$;
